import GradientService
import TestSupport
import Testing

@Suite struct BatchAnswerTests {
    private func stated(_ layers: JSONTree, _ input: JSONTree, _ loss: JSONTree = .null) throws -> [JSONTree?] {
        let request: JSONTree = ["network": ["layers": layers], "input": input, "loss": loss]
        let body = try answer(GradientsOperation.self, request).body
        return [body["batch"], body["reduction"], body["couples_samples"]]
    }

    @Test func `an answer says whether its batch may be split`() throws {
        let linear: JSONTree = ["type": "linear", "weight": [[1, 2], [3, 4]]]
        let mse: JSONTree = ["type": "mse", "target": [[0, 0], [0, 0], [0, 0]], "reduction": "sum"]
        let three: JSONTree = [[1, 2], [3, 4], [5, 7]]
        #expect(try stated([linear], three, mse) == [3, "sum", []])
        #expect(try stated([linear, ["type": "batch_norm"]], three, mse) == [3, "sum", ["batch_norm_1"]])
        #expect(try stated([linear, ["type": "sum"]], three) == [3, .null, ["sum_1"]])
        #expect(try stated([linear, ["type": "sum"]], [1, 2]) == [.null, .null, []])
        #expect(try stated([linear], [1, 2], ["type": "cross_entropy", "target": 1]) == [.null, "mean", []])
    }

    @Test func `a loss over classes takes an output of one dimension for one sample`() throws {
        let layers: JSONTree = [["type": "sum", "dim": 1]]
        #expect(
            try stated(layers, [[1, 2], [3, 4]], ["type": "cross_entropy", "target": 1]) == [.null, "mean", []]
        )
        #expect(try stated(layers, [[1, 2], [3, 4]], ["type": "mse", "target": [1, 2]]) == [2, "mean", []])
    }
}
