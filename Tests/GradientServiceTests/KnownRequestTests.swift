import Backprop
import GradientService
import TestSupport
import Testing

/// What is answered by a known outline is what is answered if nothing is known.
@Suite struct KnownRequestTests {
    private static let lecture = """
        {"network": {"layers": [{"name": "y", "weight": [[1, 0, 2], [-1, 3, 1]], "type": "linear", "bias": [0.5, 1]},
        {"type": "linear", "weight": {"parameter": "w"}}], "parameters": {"w": [[1, 2]]}},
        "inputs": {"input": [[1, -2, 3]]}, "loss": {"type": "mse", "target": [[4]], "reduction": "sum"}, "dtype": "DTYPE"}
        """

    private static let classes = """
        {"network": {"layers": [{"type": "embedding", "weight": [[1, 2], [3, 4], [5, 6]]}, {"type": "tanh"}]},
        "input": [2, 0], "loss": {"type": "cross_entropy", "target": [1, 0]}}
        """

    /// The answer of an operation, or its rejection as text.
    private func outcome<O: GradientService.Operation>(
        _ operation: O.Type,
        _ body: [UInt8],
        _ known: KnownRequests?
    ) -> [UInt8] {
        do throws(Rejection) {
            var prepared = known.flatMap { operation.prepare(body, by: $0) }
            if prepared == nil { prepared = try operation.prepare(body, limits: RequestLimits(), known: known) }
            guard let answer = try? prepared?.compute({ false }) else { return [] }
            return try answer.get().printed()
        } catch {
            return Array("\(error.status)".utf8) + error.json(instance: "")
        }
    }

    private func outline(_ body: String) throws -> (AnySubmission, RequestOutline) {
        let submission = try AnySubmission.decode(Array(body.utf8), .cotangent, limits: RequestLimits(), outlined: true)
        switch submission {
        case .float64(let read): return (submission, try #require(read.outline))
        case .float32(let read): return (submission, try #require(read.outline))
        }
    }

    @Test(arguments: ["float64", "float32"])
    func `of a request with other numbers only these are read`(_ dtype: String) throws {
        let body = Self.lecture.replacing("DTYPE", with: dtype)
        let (first, outline) = try outline(body)
        let other = body.replacing("[[1, -2, 3]]", with: "[ [1e-3,-2.25 ,\n33] ]").replacing("0.5, 1", with: "-7, 0.1")
            .replacing("[[4]]", with: "[[-0]]")
        let (second, _) = try self.outline(other)
        func expect<S: Scalar & TextScalar>(_ first: Submission<S>, _ second: Submission<S>) throws {
            let found = try #require(outline.request(of: Array(other.utf8), like: first))
            #expect(found.inputs == second.inputs)
            #expect(found.parameters == second.parameters)
            let output = Tensor<S>(shape: [1, 1], elements: [0.5])
            #expect(S.entries.loss(try #require(found.loss), output).value == 0.25)
        }
        switch (first, second) {
        case (.float64(let first), .float64(let second)): try expect(first, second)
        case (.float32(let first), .float32(let second)): try expect(first, second)
        default: Issue.record("the two have one type of number")
        }
    }

    @Test(
        arguments: [
            // Other text, another shape, what is no number, a number beyond float64, more text after the end.
            ("\"y\"", "\"z\""), ("[0.5, 1]", "[0.5]"), ("[0.5, 1]", "[0.5, true]"), ("[0.5, 1]", "[0.5, 1e999]"),
            ("[0.5, 1]", "[0.5, 01]"), ("[[4]]", "[4]"), ("[[4]]", "[[4]"), ("[[4]]", "[[4]]]"),
            ("[[4]]", "[[\"NaN\"]]"),
            ("\"float64\"}", "\"float64\"}x"), ("\"float64\"}", "\"float64\""),
        ]
    )
    func `what an outline does not fit it does not read`(_ given: String, _ other: String) throws {
        let body = Self.lecture.replacing("DTYPE", with: "float64")
        let (first, outline) = try outline(body)
        guard case .float64(let request) = first else { preconditionFailure("the request asks for float64") }
        #expect(outline.request(of: Array(body.utf8), like: request) != nil)
        let changed = body.replacing(given, with: other)
        #expect(changed != body)
        #expect(outline.request(of: Array(changed.utf8), like: request) == nil)
    }

    @Test func `indices and classes are checked each time`() throws {
        let (first, outline) = try outline(Self.classes)
        guard case .float64(let request) = first else { preconditionFailure("the standard is float64") }
        #expect(outline.request(of: Array(Self.classes.replacing("[2, 0]", with: "[0, 1]").utf8), like: request) != nil)
        for (given, other) in [
            ("[2, 0]", "[3, 0]"), ("[2, 0]", "[1, 0.5]"), ("[1, 0]", "[1, 2]"), ("[1, 0]", "[1, -1]"),
        ] {
            #expect(outline.request(of: Array(Self.classes.replacing(given, with: other).utf8), like: request) == nil)
        }
    }

    @Test(arguments: operations.map { $0.name })
    func `every reference case is answered alike`(_ name: String) throws {
        let operation = try #require(operations.first { $0.name == name })
        let known = KnownRequests()
        for reference in ReferenceCase.all where reference.endpoint == "/v1/\(name)" {
            let plain = outcome(operation, reference.request, nil)
            for _ in 0..<3 { #expect(outcome(operation, reference.request, known) == plain, "\(reference.name)") }
        }
    }

    /// Digits are exchanged wherever they stand, now and then other bytes too: what comes of it fits an outline, or
    /// nearly.
    @Test func `requests that are nearly alike are answered alike`() throws {
        let known = KnownRequests()
        var generator = Seeded(state: 11)
        let cases = ReferenceCase.all.filter { $0.endpoint == "/v1/gradients" && $0.request.count < 1_500 }
        let bodies =
            cases.map(\.request)
            + [Self.lecture.replacing("DTYPE", with: "float32"), Self.classes].map { Array($0.utf8) }
        for body in bodies {
            let digits = body.indices.filter { UInt8(ascii: "1")...UInt8(ascii: "9") ~= body[$0] }
            for turn in 0..<12 {
                var changed = body
                for _ in 0..<(turn == 0 ? 0 : 4) {
                    guard let place = digits.randomElement(using: &generator) else { continue }
                    changed[place] = UInt8.random(in: UInt8(ascii: "1")...UInt8(ascii: "9"), using: &generator)
                }
                if turn > 8 {
                    let place = Int.random(in: body.indices, using: &generator)
                    changed[place] = Array("[],. {}\":e-0".utf8).randomElement(using: &generator) ?? 0
                }
                let expected = outcome(GradientsOperation.self, changed, nil)
                if outcome(GradientsOperation.self, changed, known) != expected {
                    Issue.record("\(String(decoding: changed, as: UTF8.self))")
                }
            }
        }
    }
}

/// Reading a known shape is compared with reading any shape.
@Suite struct KnownShapeTests {
    @Test func `texts of all shapes are read as the reader does, and no others`() throws {
        var generator = Seeded(state: 5)
        func text(_ lengths: ArraySlice<Int>) -> String {
            func space() -> String { ["", "", "", " ", "\n\t"].randomElement(using: &generator) ?? "" }
            guard let length = lengths.first else {
                let number = Double(Int.random(in: -99_999...99_999, using: &generator)) / 1_000
                return space() + "\(number)" + space()
            }
            return space() + "[" + (0..<length).map { _ in text(lengths.dropFirst()) }.joined(separator: ",") + "]"
                + space()
        }
        for _ in 0..<3_000 {
            let lengths = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                Int.random(in: 1...4, using: &generator)
            }
            let shape = Shape(lengths)
            var bytes = Array(text(lengths[...]).utf8)
            if Bool.random(using: &generator) {
                let place = Int.random(in: bytes.indices, using: &generator)
                bytes[place] = Array("[],. 1".utf8).randomElement(using: &generator) ?? 0
            }
            bytes.removeFirst(bytes.prefix { $0 <= UInt8(ascii: " ") }.count)
            var reader = JSONReader(bytes)
            let read = try? reader.tensor(of: Double.self).get().tensor
            let expected = read.flatMap { $0.shape == shape ? $0 : nil }
            let known = try #require(KnownShape(shape))
            var position = 0
            let found = known.tensor(of: Double.self, in: bytes, at: &position)
            #expect(found == expected, "\(String(decoding: bytes, as: UTF8.self))")
            if found != nil { #expect(position == reader.position) }
        }
    }

    @Test func `a shape without elements has no text`() { #expect(KnownShape([2, 0]) == nil) }
}
