import Backprop
import Testing

/// Which layers mix the samples of a batch, dimension 0 being the batch.
@Suite struct CouplingTests {
    @Test(
        arguments: [
            ("softmax", [[4, 3]], ["dim": [1]], false), ("softmax", [[4, 3]], ["dim": [-2]], true),
            ("log_softmax", [[4, 3]], ["dim": [-1]], false), ("log_softmax", [[4, 3]], ["dim": [0]], true),
            ("sum", [[4, 3]], [:], true), ("sum", [[4, 3]], ["dim": [1]], false),
            ("sum", [[4, 3]], ["dim": [1, -2]], true),
            ("mean", [[4, 3]], ["dim": [0]], true), ("mean", [[4, 3]], ["dim": [-1]], false), ("sum", [[]], [:], false),
            ("max", [[4, 3]], ["dim": [0]], true), ("max", [[4, 3]], ["dim": [1]], false),
            ("concat", [[4, 3], [4, 3]], [:], true), ("concat", [[4, 3], [4, 3]], ["dim": [1]], false),
            ("transpose", [[4, 3]], ["dim0": [0], "dim1": [1]], true),
            ("transpose", [[4, 3, 2]], ["dim0": [2], "dim1": [1]], false),
            ("permute", [[4, 3, 2]], ["dims": [0, 2, 1]], false), ("permute", [[4, 3, 2]], ["dims": [1, 0, 2]], true),
            ("reshape", [[4, 6]], ["shape": [4, 2, 3]], false), ("reshape", [[4, 6]], ["shape": [2, 12]], true),
            ("flatten", [[4, 3, 2]], [:], false), ("flatten", [[4, 3, 2]], ["start_dim": [0]], true),
            ("squeeze", [[4, 1, 2]], [:], false), ("unsqueeze", [[4, 3]], ["dim": [0]], true),
            ("unsqueeze", [[4, 3]], ["dim": [1]], false), ("add", [[4, 3], [4, 3]], [:], false),
            ("matmul", [[4, 3, 2], [4, 2, 3]], [:], false), ("matmul", [[4, 3], [3, 5]], [:], true),
            ("matmul", [[1, 3, 2], [4, 2, 3]], [:], true), ("tanh", [[4, 3]], [:], false),
        ] as [(String, [[Int]], [String: [Int]], Bool)]
    )
    func `mixed samples are known`(_ type: String, _ shapes: [[Int]], _ fields: [String: [Int]], _ mixes: Bool) throws {
        let type = try #require(Catalogue.layer(type))
        var values = FieldValues(defaultsOf: type.fields)
        for (name, integers) in fields { values.set(name, .integers(integers)) }
        #expect(type.init(values).couplesSamples(operands: shapes.map(Shape.init)) == mixes)
    }
}
