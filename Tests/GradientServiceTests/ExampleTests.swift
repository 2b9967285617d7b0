import GradientService
import TestSupport
import Testing

@Suite struct ExampleTests {
    @Test(arguments: Example.all.map(\.name))
    func `a shipped example runs at its endpoint`(_ name: String) throws {
        let example = try #require(Example.all.first { $0.name == name })
        let operation = try #require(operations.first { "/v1/\($0.name)" == example.endpoint })
        let body = try Resources.ofThisProgram.read("Examples/\(name).json")
        #expect(operation.outcome(of: body).0 == 200)
    }

    /// Every entry of every tensor of the examples is tried, and none lies at a kink, where it could not fail.
    @Test(arguments: ["lecture", "mlp", "cnn", "transformer", "rnn"])
    func `the gradients of an example agree with central differences`(_ name: String) throws {
        let body = try Resources.ofThisProgram.read("Examples/\(name).json")
        let request = try JSONTree(parsing: body).with("samples", 1000)
        let (status, report) = try answer(CheckOperation.self, request)
        #expect(status == 200 && report["passed"] == .bool(true), "\(report)")
        let tensors = report["tensors"]?.elements ?? []
        #expect(!tensors.isEmpty)
        for tensor in tensors { #expect(tensor["near_kink"] == .bool(false), "\(tensor)") }
    }

    @Test func `a weight shared over time has the sum of its uses' gradients`() throws {
        let body = try Resources.ofThisProgram.read("Examples/rnn.json")
        let (_, report) = try answer(GradientsOperation.self, JSONTree(parsing: body))
        let uses = (report["layers"]?.elements ?? []).compactMap { $0["gradients"]?["parameters"]?["weight"]?.entries }
        let recurrent = uses.filter { $0.count == 25 }
        #expect(recurrent.count == 4)
        let total = try #require(report["parameter_gradients"]?["U"]?.entries)
        for entry in total.indices {
            let sum = recurrent.reduce(0) { $0 + $1[entry] }
            #expect(abs(sum - total[entry]) < 1e-14)
        }
    }
}

extension JSONTree {
    /// The numbers of a nested array, in order.
    fileprivate var entries: [Double] { double.map { [$0] } ?? elements.flatMap(\.entries) }
}
