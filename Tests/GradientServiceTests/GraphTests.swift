import Foundation
import GradientService
import TestSupport
import Testing

@Suite struct GraphTests {
    static let cases = ReferenceCase.all.filter { $0.isCovered && $0.isGood && $0.endpoint == "/v1/gradients" }

    @Test(arguments: cases)
    func `a graph joins every operand to its layer and changes nothing else`(_ reference: ReferenceCase) throws {
        var request = try JSONTree(parsing: reference.request)
        request["graph"] = true
        var writer = JSONWriter()
        writer.tree(request)
        var answer = try JSONTree(parsing: GradientsOperation.outcome(of: writer.take()).1)
        let graph = try #require(answer["graph"])
        let ids = graph["nodes"]?.elements.compactMap { $0["id"]?.text } ?? []
        #expect(Set(ids).count == ids.count)
        for edge in graph["edges"]?.elements ?? [] {
            let ends = try [#require(edge["from"]?.text), #require(edge["to"]?.text)]
            let places = try ends.map { try #require(ids.firstIndex(of: $0)) }
            #expect(places[0] < places[1] || ends[1] == "loss")
        }
        let layers = request["network"]?["layers"]?.elements.count ?? 0
        #expect(graph["nodes"]?.elements.count { $0["kind"]?.text == "layer" } == layers)
        #expect((graph["nodes"]?.elements.contains { $0["kind"]?.text == "loss" }) == (request["loss"] != nil))
        answer["graph"] = nil
        #expect(try answer == JSONTree(parsing: GradientsOperation.outcome(of: reference.request).1))
    }

    @Test func `summaries are of the values and gradients`() throws {
        let request =
            #"{"network": {"layers": [{"type": "square"}]}, "input": [3, -4], "output_gradient": [1, 1], "#
            + #""graph": true}"#
        let answer = try JSONTree(parsing: GradientsOperation.outcome(of: Array(request.utf8)).1)
        let nodes = answer["graph"]?["nodes"]?.elements ?? []
        #expect(nodes.count == 2)
        #expect(nodes[0]["value"] == ["min": -4.0, "max": 3.0, "mean": -0.5, "norm": 5.0])
        #expect(nodes[0]["gradient"] == ["min": -8.0, "max": 6.0, "mean": -1.0, "norm": 10.0])
        #expect(nodes[1]["type"]?.text == "square" && nodes[1]["name"]?.text == "square_0")
    }
}
