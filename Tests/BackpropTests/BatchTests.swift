import Backprop
import Testing

/// That the batch may be left out where PyTorch allows it.
@Suite struct BatchTests {
    /// The ranks of inputs with a batch, for layers that can do without.
    private static let batchedRanks = [
        "conv1d": 3, "conv2d": 4, "conv3d": 5, "conv_transpose1d": 3, "conv_transpose2d": 4, "max_pool1d": 3,
        "max_pool2d": 4, "avg_pool1d": 3, "avg_pool2d": 4, "adaptive_avg_pool2d": 4, "rnn": 3, "lstm": 3, "gru": 3,
        "multi_head_attention": 3,
    ]

    @Test(arguments: LayerPoint.all.filter { batchedRanks[$0.type.type] == $0.example.inputs[0].shape.rank })
    func `a sample by itself gives what it gives in a batch`(at point: LayerPoint) throws {
        let batched = try Single(point).output(point.example.inputs, point.example.parameters)
        for sample in 0..<batched.shape[0] {
            var single = Single(point)
            let inputs = point.example.inputs.map { $0.slice(sample) }
            single.inputs = inputs.map(\.shape)
            let output = try single.output(inputs, point.example.parameters)
            let expected = batched.slice(sample)
            #expect(output.shape == expected.shape)
            for (a, b) in zip(output.elements, expected.elements) {
                #expect(agree(a, b, absolute: 1e-13, relative: 1e-12))
            }
        }
    }
}

extension Single {
    /// The layer of an example.
    init(_ point: LayerPoint) {
        self.init(
            type: point.type.type,
            inputs: point.example.inputs.map(\.shape),
            parameters: point.example.parameters.mapValues(\.shape),
            fields: point.example.fields
        )
    }
}

extension Tensor {
    /// The part at one index of dimension 0.
    fileprivate func slice(_ index: Int) -> Tensor {
        let size = count / shape[0]
        let part = Array(elements[index * size..<(index + 1) * size])
        return Tensor(shape: shape[1..<shape.rank], elements: part)
    }
}
