import Backprop
import GradientService
import HTTPServer
import Testing

@Suite struct SpareCoresTests {
    @Test(
        arguments: [
            [40_000], [3, 20_000], [20_000, 3], [7, 11, 13, 50], [1, 1, 50_000], [5, 1, 2, 5_000], [50_000, 1],
        ]
    )
    func `several cores write what one writes`(_ lengths: [Int]) {
        let shape = Shape(lengths)
        let tensor = Tensor(shape: shape, elements: (0..<shape.count).map { Double($0 % 977) / 7 - 60 })
        #expect(text(tensor, on: 1) == text(tensor, on: 3))
    }

    private func text(_ tensor: Tensor<Double>, on cores: Int) -> [UInt8] {
        var writer = JSONWriter(spare: SpareCores(cores: cores))
        writer.beginArray()
        writer.tensor(tensor, as: .nested)
        writer.tensor(tensor, as: .nested)
        writer.endArray()
        return writer.take()
    }

    @Test func `cores are spare as long as no other request is on its way`() throws {
        let memory = MemoryBudget()
        let spare = SpareCores(cores: 2, memory: memory)
        let own = try #require(memory.reserve(1 << 20, isBody: true))
        #expect(spare.isAlone)
        var other = memory.reserve(1 << 20, isBody: true)
        #expect(other != nil && memory.bodies == 2 && !spare.isAlone)
        other = nil
        // What is only computed with is nobody's body.
        let room = try #require(memory.reserve(1 << 20))
        #expect(memory.bodies == 1 && spare.isAlone)
        spare.running {
            #expect(spare.isAlone)
            spare.running { #expect(!spare.isAlone) }
        }
        withExtendedLifetime((own, room)) {}
    }

    // MARK: Reading

    /// What a text is read as: a tensor's shape, its elements' bits and what stands behind it, or what is wrong and where.
    private enum Outcome: Equatable {
        case read(Shape, [UInt32], next: Int)
        case fault(String)
        case syntax(JSONSyntaxError)
    }

    private func outcome(_ text: [UInt8], _ limits: TensorLimits, on cores: Int) -> Outcome {
        var reader = JSONReader(text, spare: SpareCores(cores: cores))
        do throws(JSONSyntaxError) {
            guard try reader.beginArray(), try reader.nextElement() else { return .fault("no tensor") }
            switch try reader.tensor(of: Float.self, limits: limits) {
            case .success(let written):
                let next = try reader.nextElement() ? try reader.number()?.integer : nil
                return .read(written.tensor.shape, written.tensor.elements.map(\.bitPattern), next: next ?? 0)
            case .failure(let fault): return .fault("\(fault)")
            }
        } catch {
            return .syntax(error)
        }
    }

    private func expectSame(_ text: String, _ limits: TensorLimits = TensorLimits()) -> Outcome {
        let text = Array(text.utf8)
        let alone = outcome(text, limits, on: 1)
        let isSame = outcome(text, limits, on: 3) == alone
        #expect(isSame)
        return alone
    }

    private func rows(_ count: Int, of length: Int, separator: String = ",") -> [String] {
        (0..<count).map { row in
            "[" + (0..<length).map { "\(Float(row * length + $0) / 7 - 300)" }.joined(separator: separator) + "]"
        }
    }

    @Test(
        arguments: [[90_000, 1], [9_000, 11], [600, 170], [2, 50_000], [100, 3, 340], [30, 50, 70]],
        [",", ", "]
    )
    func `several cores read what one reads`(_ lengths: [Int], _ separator: String) {
        var arrays = rows(lengths.dropLast().reduce(1, *), of: lengths[lengths.count - 1], separator: separator)
        if lengths.count == 3 {
            arrays = stride(from: 0, to: arrays.count, by: lengths[1]).map {
                "[" + arrays[$0..<$0 + lengths[1]].joined(separator: separator) + "]"
            }
        }
        let text = "[[" + arrays.joined(separator: separator) + "],7]"
        guard case .read(let shape, let elements, 7) = expectSame(text) else {
            Issue.record("\(lengths) can't be read")
            return
        }
        #expect(shape.dimensions == lengths)
        let isRead = elements == (0..<shape.count).map { (Float($0) / 7 - 300).bitPattern }
        #expect(isRead)
    }

    @Test func `several cores read flat data as one does`() {
        let data = (0..<120_000).map { "\(Float($0) / 3)" }
        let nested = "[[\(data.joined(separator: ","))],7]"
        let object = "[{\"shape\":[300,400],\"data\":[\(data.joined(separator: ", "))]},7]"
        for text in [nested, object] {
            guard case .read(_, let elements, 7) = expectSame(text) else {
                Issue.record("flat data can't be read")
                return
            }
            let isRead = elements == (0..<120_000).map { (Float($0) / 3).bitPattern }
            #expect(isRead)
        }
    }

    /// Where something is wrong it is found at the same place, whatever block it is in.
    @Test(arguments: [
        "[1,2]", "[]", "[[1]]", "7", "\"NaN\"", "[1,\"NaN\",3,4,5,6,7,8]", "[1,2,3,4,5,6,7,8,9]",
        "[1,2,3,4,5,6,7,1e999]",
        "[1,2,3,4,5,6,7,01]", "[1,2,3,4,5,6,7 8]", "[1,2,3,4,5,6,7,\"8\"]", "null", "[1,2,3,4,[5],6,7,8]",
        "[1 ,2,3,4,5,6,7, 8 ]",
    ])
    func `several cores find wrong what one finds wrong`(_ odd: String) {
        let row = "[0.125,-0.25,1e-7,123456.79,0.0,5,0.33333334,-7.5]"
        for place in [1, 2_000, 4_999, 8_321, 9_999] {
            var rows = [String](repeating: row, count: 10_000)
            rows[place] = odd
            let outcome = expectSame("[[\(rows.joined(separator: ","))],7]")
            if case .read = outcome { #expect(odd.contains("NaN") || odd.contains(" ,")) }
        }
    }

    @Test func `a limit holds on several cores as on one`() {
        let rows = rows(10_000, of: 10)
        for elements in [10, 50_000, 50_005, 99_990, 99_999, 100_000] {
            let limits = TensorLimits(elements: elements)
            let outcome = expectSame("[[\(rows.joined(separator: ","))],7]", limits)
            if case .read = outcome { #expect(elements == 100_000) }
        }
        // The second matrix has more rows than the first.
        let (few, many) = (rows[..<6_000].joined(separator: ","), rows[..<6_001].joined(separator: ","))
        if case .read = expectSame("[[[\(few)],[\(many)]],7]") {
            Issue.record("matrices of different lengths are read")
        }
        guard case .read = expectSame("[[[\(few)],[\(few)]],7]") else {
            Issue.record("two matrices can't be read")
            return
        }
    }
}
