import Backprop
import Testing

/// What a batch means to layers: whether samples stay apart in it, and that it may be left out.
@Suite struct BatchTests {
    /// Moving the first sample leaves the others' outputs as they were, unless the layer says that it mixes samples.
    @Test(arguments: LayerPoint.all.filter { !$0.type.takesIndices && $0.batch != nil })
    func `samples stay apart where they are not coupled`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let shapes = layer.inputs.map(\.shape) + layer.parameters.map(\.shape)
        guard !layer.network.steps[0].layer.couplesSamples(operands: shapes) else { return }
        let single = Single(point)
        let before = try single.output(point.example.inputs, point.example.parameters)
        guard before.shape.rank > 0, before.shape[0] == point.batch else { return }
        let moved = point.example.inputs.map { x in
            let size = x.count / x.shape[0]
            return Tensor(shape: x.shape, elements: x.elements.indices.map { x.elements[$0] + ($0 < size ? 0.25 : 0) })
        }
        let after = try single.output(moved, point.example.parameters)
        let size = before.count / before.shape[0]
        #expect(Array(before.elements[size...]) == Array(after.elements[size...]))
    }

    @Test(
        arguments: [
            ("conv1d", [[2, 3, 4], [5, 3, 2]], [:], false), ("conv1d", [[3, 4], [5, 3, 2]], [:], true),
            ("conv_transpose2d", [[2, 3, 4, 4], [3, 5, 2, 2]], [:], false),
            ("conv_transpose2d", [[3, 4, 4], [3, 5, 2, 2]], [:], true),
            ("max_pool1d", [[3, 4]], ["kernel_size": [2]], false), ("batch_norm", [[2, 3]], [:], true),
            ("layer_norm", [[2, 3]], ["normalized_shape": [3]], false),
            ("layer_norm", [[2, 3]], ["normalized_shape": [2, 3]], true),
            ("rms_norm", [[3]], ["normalized_shape": [3]], true), ("group_norm", [[2, 4]], ["num_groups": [2]], false),
            ("instance_norm", [[2, 3, 4]], [:], false), ("lstm", [[2, 3, 4], [8, 4], [8, 2]], [:], false),
            ("gru", [[3, 4], [6, 4], [6, 2]], [:], true),
            ("scaled_dot_product_attention", [[2, 3, 4], [2, 5, 4], [2, 5, 6]], [:], false),
            ("scaled_dot_product_attention", [[2, 3, 4], [1, 5, 4], [2, 5, 6]], [:], true),
            ("scaled_dot_product_attention", [[3, 4], [5, 4], [5, 6]], [:], true),
            ("multi_head_attention", [[2, 3, 4], [12, 4], [4, 4]], ["num_heads": [2]], false),
            ("multi_head_attention", [[3, 4], [12, 4], [4, 4]], ["num_heads": [2]], true),
        ] as [(String, [[Int]], [String: [Int]], Bool)]
    )
    func `mixed samples are known`(_ type: String, _ shapes: [[Int]], _ fields: [String: [Int]], _ mixes: Bool) throws {
        let type = try #require(Catalogue.layer(type))
        var values = FieldValues(defaultsOf: type.fields)
        for (name, integers) in fields { values.set(name, .integers(integers)) }
        #expect(type.init(values).couplesSamples(operands: shapes.map(Shape.init)) == mixes)
    }

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

extension LayerPoint {
    /// The length of dimension 0, if it is the same for all inputs and more than 1.
    fileprivate var batch: Int? {
        let lengths = Set(example.inputs.map { $0.shape.dimensions.first ?? 1 })
        return lengths.count == 1 && lengths != [1] ? lengths.first : nil
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
