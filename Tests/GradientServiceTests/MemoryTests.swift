import Backprop
import CAllocationMeter
import GradientService
import HTTPServer
import Logging
import Testing

/// What answering takes from the allocator, by its own figures, against what was reckoned before.
@Suite struct MemoryTests {
    /// Requests of some hundred kilobytes to megabytes.
    static let requests: [(name: String, body: [UInt8])] = [
        (
            "mlp",
            request { writer in
                writer.linear([120, 100])
                writer.layer("tanh")
                writer.linear([90, 120])
                writer.layer("gelu")
                writer.linear([80, 90])
            } inputs: {
                $0.sample([60, 100])
            } loss: {
                $0.sample([60, 80])
            }
        ),
        (
            "entry-wise, single precision",
            request(#""dtype": "float32","#) { writer in
                for type in ["tanh", "square", "relu"] { writer.layer(type) }
            } inputs: {
                $0.sample([100, 120])
            } loss: {
                $0.sample([100, 120])
            }
        ),
        (
            "base64",
            request(#""encoding": "base64","#) { writer in
                writer.linear([100, 100])
                writer.layer("softplus")
            } inputs: {
                $0.sample([80, 100])
            } loss: {
                $0.sample([80, 100])
            }
        ),
        (
            "thinned out",
            request(#""return": [],"#) { writer in
                for _ in 0..<12 { writer.layer("sin") }
            } inputs: {
                $0.sample([100, 100])
            } loss: {
                $0.sample([100, 100])
            }
        ),
        (
            "convolution",
            request { writer in
                writer.convolution([8, 3, 3, 3])
                writer.layer("relu")
            } inputs: {
                $0.sample([4, 3, 24, 24])
            } loss: {
                $0.sample([4, 8, 22, 22])
            }
        ),
        (
            "many layers",
            request(#""layers": [],"#) { writer in
                for _ in 0..<2000 { writer.layer("tanh") }
            } inputs: {
                $0.sample([5])
            } loss: {
                $0.sample([5])
            }
        ),
    ]

    /// How much more may be reckoned than is taken.
    private static let slack = 4.0

    @Test(arguments: requests.map(\.name), operations.map { $0.name })
    func `answering takes what was reckoned`(_ name: String, _ operation: String) throws {
        let operation = try #require(operations.first { $0.name == operation })
        let body = try #require(Self.requests.first { $0.name == name }).body
        try expect(operation, body, name)
    }

    private func expect<O: GradientService.Operation>(_ operation: O.Type, _ body: [UInt8], _ name: String) throws {
        var limits = RequestLimits()
        limits.memory = 1 << 34
        // What is made once in a program's life is made before.
        _ = operation.outcome(of: Array(#"{"network":{"layers":[{"type":"tanh"}]},"input":1,"tangents":{}}"#.utf8))

        allocation_meter_start()
        let prepared: PreparedAnswer
        do throws(Rejection) {
            prepared = try operation.prepare(body, limits: limits)
        } catch {
            // Jacobians have limits of their own, which some of these pass.
            #expect(operation == JacobiansOperation.self && error.detail.contains("Jacobian"), "\(error.detail)")
            return
        }
        let reading = Double(allocation_meter_peak())
        let answer = try prepared.compute { false }.get().printed()
        let measured = Double(allocation_meter_peak())
        #expect(!answer.isEmpty)
        let room = Double(readingNeed(of: body, limits: RequestLimits()))
        let what = "\(operation.name) of \(name)"
        #expect(reading <= room, "\(what): \(reading) bytes taken to read \(body.count), \(room) reckoned")
        let estimate = prepared.memory.total
        #expect(measured <= max(estimate, room), "\(what): \(measured) bytes taken, \(estimate) reckoned")
        // An answer of pattern and derivation is mostly words, whose number is bounded and not reckoned.
        let isOfWords = operation == ExplainOperation.self
        #expect(
            isOfWords || estimate <= Self.slack * measured,
            "\(what): \(estimate) bytes reckoned, \(measured) taken"
        )
    }

    /// Megabytes of text, of which no more than some pieces are there at a time.
    @Test(arguments: TensorForm.allCases)
    func `a large answer is never held whole`(_ form: TensorForm) throws {
        let body = Self.request(#""encoding": "\#(form.rawValue)","return": ["gradients"],"#) { writer in
            writer.linear([700, 800])
            writer.layer("tanh")
            writer.linear([10, 700])
        } inputs: {
            $0.sample([4, 800])
        } loss: {
            $0.sample([4, 10])
        }
        let memory = MemoryBudget()
        let service = try Service(memory: memory, resources: .ofThisProgram, logger: Logger(label: "test"))
        let head = RequestHead(.post, "/v1/gradients")
        let expected = try GradientsOperation.run(on: body, limits: service.limits)
        let need = try GradientsOperation.prepare(body, limits: service.limits).memory
        allocation_meter_start()
        guard case .work(let work) = API(service).respond(to: Request(head: head, body: body)) else {
            Issue.record("a large request is not answered in place")
            return
        }
        let response = work(Cancellation())
        guard case .pieces(let content) = response.body else {
            Issue.record("a large answer comes in pieces")
            return
        }
        let tensors = 8 * 700 * 800
        #expect(memory.reserved >= tensors && memory.reserved < tensors + 6 << 20, "\(memory.reserved) bytes")
        var (piece, offset, isMore) = ([UInt8](), 0, true)
        while isMore {
            piece.removeAll(keepingCapacity: true)
            isMore = content.rest.appendPiece(to: &piece)
            #expect(piece.elementsEqual(expected[offset..<min(offset + piece.count, expected.count)]))
            offset += piece.count
        }
        let measured = Double(allocation_meter_peak())
        #expect(offset == expected.count && offset <= content.rest.mostBytes)
        let reckoned = max(need.total, Double(readingNeed(of: body, limits: service.limits)))
        #expect(measured <= reckoned, "\(measured) bytes taken, \(reckoned) reckoned")
        #expect(need.reply < need.text)
    }

    @Test func `a body of the smallest numbers and of the smallest layers is read within what was reckoned`() throws {
        let numbers =
            Array(#"{"network":{"layers":[{"type":"tanh"}]},"input":["#.utf8)
            + Array(repeatElement(Array("0,".utf8), count: 300_000).joined()) + Array("0]}".utf8)
        let layers =
            Array(#"{"input":1,"network":{"layers":["#.utf8)
            + Array(repeatElement(Array(#"{"type":"tanh"},"#.utf8), count: 9_999).joined())
            + Array(#"{"type":"tanh"}]}}"#.utf8)
        for body in [numbers, layers] {
            allocation_meter_start()
            _ = ForwardOperation.outcome(of: body, limits: .reading)
            #expect(
                allocation_meter_peak() <= readingNeed(of: body, limits: RequestLimits()),
                "\(body.count) bytes take \(allocation_meter_peak())"
            )
        }
    }

    @Test func `a computation that could never fit is refused with the figure and the limit`() throws {
        var limits = RequestLimits()
        limits.memory = 1 << 20
        let body = try #require(Self.requests.first { $0.name == "mlp" }).body
        allocation_meter_start()
        let (status, text) = GradientsOperation.outcome(of: body, limits: limits)
        #expect(status == 422 && allocation_meter_peak() <= readingNeed(of: body, limits: RequestLimits()))
        let detail = String(decoding: text, as: UTF8.self)
        #expect(detail.contains("MiB of memory; one request may take 1.0 MiB") && detail.contains(##""#/network""##))
    }

    @Test func `a request that there is no room for now is answered with 503`() throws {
        let memory = MemoryBudget(limit: 1 << 22)
        let service = try Service(memory: memory, resources: .ofThisProgram, logger: Logger(label: "test"))
        let api = API(service)
        let small = Array(#"{"network":{"layers":[{"type":"tanh"}]},"input":1}"#.utf8)
        let large = try #require(Self.requests.first { $0.name == "entry-wise, single precision" }).body
        func status(_ body: [UInt8]) -> Status {
            let head = RequestHead(.post, "/v1/gradients")
            switch api.respond(to: Request(head: head, body: body)) {
            case .ready(let response): return response.status
            case .work(let work):
                let response = work(Cancellation())
                if response.status == 503 { #expect(response.fields["Retry-After"] == "1") }
                return response.status
            }
        }
        #expect(status(small) == 200 && status(large) == 200)
        let others = try #require(memory.reserve(memory.limit - (1 << 20)))
        #expect(status(small) == 200 && status(large) == 503)
        #expect(others.resize(to: memory.limit) && status(small) == 503)
        #expect(others.resize(to: 0) && status(large) == 200)
        #expect(memory.reserved == 0, "\(others.bytes) bytes are still reserved")
    }

    @Test(arguments: [
        ("0::/\n", ["/sys/fs/cgroup/memory.max"]),
        (
            "0::/system.slice/nabla.service\n",
            [
                "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/system.slice/nabla.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
            ]
        ),
        (
            "5:memory:/docker/a\n4:cpu:/docker/a\n",
            [
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
            ]
        ),
    ])
    func `a control group's limit is looked for where it may stand`(_ groups: String, _ files: [String]) {
        #expect(MachineMemory.limitFiles(groups) == files)
    }

    @Test func `a control group without a limit states none`() {
        #expect(MachineMemory.limit("max\n") == nil)
        #expect(MachineMemory.limit("2147483648\n") == 1 << 31)
        #expect(MachineMemory.limit("") == nil)
        #expect(MachineMemory.available > 1 << 20 && MachineMemory.standardBudget == MachineMemory.available / 2)
    }

    // MARK: Requests

    private static func request(
        _ members: String = "",
        _ layers: (inout JSONWriter) -> Void,
        inputs: (inout JSONWriter) -> Void,
        loss: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("input")
        inputs(&writer)
        writer.name("loss")
        writer.beginObject()
        writer.name("type")
        writer.string("mse")
        writer.name("target")
        loss(&writer)
        writer.endObject()
        writer.name("tangents")
        writer.beginObject()
        writer.name("inputs")
        writer.beginObject()
        writer.name("input")
        inputs(&writer)
        writer.endObject()
        writer.endObject()
        writer.name("samples")
        writer.integer(2)
        writer.name("network")
        writer.beginObject()
        writer.name("layers")
        writer.beginArray()
        layers(&writer)
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return [UInt8(ascii: "{")] + Array(members.utf8) + writer.take().dropFirst()
    }
}

extension RequestLimits {
    /// Limits that no computation keeps, so that a body is read and no more.
    fileprivate static var reading: RequestLimits {
        var limits = RequestLimits()
        limits.memory = 0
        return limits
    }
}

extension JSONWriter {
    fileprivate mutating func layer(_ type: String) {
        beginObject()
        name("type")
        string(type)
        endObject()
    }

    fileprivate mutating func linear(_ shape: Shape) {
        beginObject()
        name("type")
        string("linear")
        name("weight")
        sample(shape)
        endObject()
    }

    fileprivate mutating func convolution(_ shape: Shape) {
        beginObject()
        name("type")
        string("conv2d")
        name("weight")
        sample(shape)
        endObject()
    }

    fileprivate mutating func sample(_ shape: Shape) {
        let elements = (0..<shape.count).map { index in
            let turn = Double(index + 1) * 0.618_033_988_749_894_9
            return turn - turn.rounded(.down) - 0.5
        }
        tensor(Tensor(shape: shape, elements: elements), as: .nested)
    }
}
