import Backprop

/// The sizes that a layer is measured at, beside its own example's fields.
struct LayerSize {
    var inputs: [Shape]
    var parameters: [String: Shape] = [:]
    var fields: [String: FieldValue] = [:]

    private init(_ inputs: Shape..., parameters: [String: Shape] = [:], fields: [String: FieldValue] = [:]) {
        (self.inputs, self.parameters, self.fields) = (inputs, parameters, fields)
    }

    /// The size of a layer such as networks have; `nil` for one that is not known here.
    init?(of type: any Layer.Type) {
        if type is any Entrywise.Type {
            self.init([64, 1024])
        } else if let size = LayerSize.known[type.type] {
            self = size
        } else {
            return nil
        }
    }

    /// The layer's first example at this size.
    func example(of type: any Layer.Type) -> LayerExample {
        let example = type.examples[0]
        var generator = Seeded(5)
        let inputs = inputs.enumerated().map { index, shape in
            let own = example.inputs.indices.contains(index) ? example.inputs[index] : nil
            return LayerSize.like(own, shape, type, &generator)
        }
        let parameters = parameters.sorted { $0.key < $1.key }.map { name, shape in
            // Weights about as small as those that networks begin with.
            let tensor: Tensor<Double> = generator.normals(
                shape,
                scale: 1 / Double(max(shape.last ?? 1, 1)).squareRoot()
            )
            return (name, tensor)
        }
        return LayerExample(
            inputs,
            parameters: Dictionary(uniqueKeysWithValues: parameters),
            fields: example.fields.merging(fields) { $1 }
        )
    }

    /// The layer's first example with so many times as many of whatever its first input's first dimension counts.
    static func example(of type: any Layer.Type, firstDimensionTimes factor: Int) -> LayerExample {
        let example = type.examples[0]
        var generator = Seeded(5)
        let inputs = example.inputs.enumerated().map { index, input in
            guard index == 0, input.shape.rank > 0 else { return input }
            return like(input, input.shape.replacing(0, with: factor * input.shape[0]), type, &generator)
        }
        return LayerExample(inputs, parameters: example.parameters, fields: example.fields)
    }

    /// Random numbers where the example's are, or indices where it has some.
    private static func like(
        _ own: Tensor<Double>?,
        _ shape: Shape,
        _ type: any Layer.Type,
        _ generator: inout Seeded
    ) -> Tensor<Double> {
        if type.takesIndices {
            let most = Int(own?.elements.max() ?? 0)
            return Tensor(
                shape: shape,
                elements: (0..<shape.count).map { _ in Double(Int.random(in: 0...most, using: &generator)) }
            )
        }
        let isPositive = own?.elements.allSatisfy { $0 > 0 } ?? false
        let normals: Tensor<Double> = generator.normals(shape)
        return isPositive ? normals.map { abs($0) + 0.01 } : normals
    }

    private static let images = LayerSize([16, 8, 26, 26])
    private static let rows = LayerSize([64, 1024], fields: ["dim": .integers([1])])
    private static let pairs = LayerSize([64, 1024], [64, 1024])

    private static func recurrent(gates: Int) -> LayerSize {
        LayerSize(
            [16, 32, 64],
            parameters: [
                "weight_ih": [64 * gates, 64], "weight_hh": [64 * gates, 64], "bias_ih": [64 * gates],
                "bias_hh": [64 * gates],
            ]
        )
    }

    private static func normalization(_ shape: Shape, channels: Int, bias: Bool = true) -> LayerSize {
        LayerSize(shape, parameters: bias ? ["weight": [channels], "bias": [channels]] : ["weight": [channels]])
    }

    private static let known: [String: LayerSize] = [
        "linear": LayerSize([64, 784], parameters: ["weight": [512, 784], "bias": [512]]),
        "prelu": LayerSize([64, 1024], parameters: ["weight": [1024]]),
        "softmax": rows, "log_softmax": rows, "sum": rows, "mean": rows, "max": rows,
        "add": pairs, "sub": pairs, "mul": pairs, "div": pairs,
        "matmul": LayerSize([128, 256], [256, 128]),
        "concat": LayerSize([64, 512], [64, 256], fields: ["dim": .integers([1])]),
        "flatten": images,
        "reshape": LayerSize([64, 1024], fields: ["shape": .integers([256, -1])]),
        "transpose": LayerSize([512, 256]),
        "permute": LayerSize([32, 64, 48]),
        "squeeze": LayerSize([64, 1, 1024, 1]), "unsqueeze": LayerSize([64, 1024]),
        "dropout": LayerSize([64, 1024], fields: ["mask": .constant(mask([64, 1024]))]),
        "embedding": LayerSize([32, 64], parameters: ["weight": [1000, 64]]),
        "conv1d": LayerSize([16, 8, 256], parameters: ["weight": [16, 8, 3], "bias": [16]], fields: plain(1)),
        "conv2d": LayerSize([16, 8, 13, 13], parameters: ["weight": [16, 8, 3, 3], "bias": [16]], fields: plain(2)),
        "conv3d": LayerSize(
            [2, 4, 12, 12, 12],
            parameters: ["weight": [8, 4, 3, 3, 3], "bias": [8]],
            fields: plain(3)
        ),
        "conv_transpose1d": LayerSize(
            [16, 16, 128],
            parameters: ["weight": [16, 8, 3], "bias": [8]],
            fields: plain(1, transposed: true)
        ),
        "conv_transpose2d": LayerSize(
            [16, 16, 11, 11],
            parameters: ["weight": [16, 8, 3, 3], "bias": [8]],
            fields: plain(2, transposed: true)
        ),
        "max_pool1d": LayerSize([16, 8, 256]), "avg_pool1d": LayerSize([16, 8, 256]),
        "max_pool2d": images, "avg_pool2d": images, "adaptive_avg_pool2d": images,
        "batch_norm": normalization([64, 256], channels: 256),
        "group_norm": LayerSize(
            [16, 32, 14, 14],
            parameters: ["weight": [32], "bias": [32]],
            fields: ["num_groups": .integers([4])]
        ),
        "instance_norm": normalization([16, 32, 14, 14], channels: 32),
        "layer_norm": LayerSize(
            [64, 512],
            parameters: ["weight": [512], "bias": [512]],
            fields: ["normalized_shape": .integers([512])]
        ),
        "rms_norm": LayerSize(
            [64, 512],
            parameters: ["weight": [512]],
            fields: ["normalized_shape": .integers([512])]
        ),
        "rnn": recurrent(gates: 1), "lstm": recurrent(gates: 4), "gru": recurrent(gates: 3),
        "scaled_dot_product_attention": LayerSize([8, 64, 32], [8, 64, 32], [8, 64, 32]),
        "multi_head_attention": LayerSize(
            [8, 32, 64],
            parameters: [
                "in_proj_weight": [192, 64], "in_proj_bias": [192], "out_proj_weight": [64, 64],
                "out_proj_bias": [64],
            ],
            fields: ["num_heads": .integers([4])]
        ),
    ]

    /// The settings of a convolution that moves on by one and has neither padding nor gaps nor groups.
    private static func plain(_ dimensions: Int, transposed: Bool = false) -> [String: FieldValue] {
        var fields: [String: FieldValue] = [
            "stride": .integers([Int](repeating: 1, count: dimensions)),
            "padding": .integers([Int](repeating: 0, count: dimensions)),
            "dilation": .integers([Int](repeating: 1, count: dimensions)), "groups": .integers([1]),
        ]
        if transposed { fields["output_padding"] = .integers([Int](repeating: 0, count: dimensions)) }
        return fields
    }

    private static func mask(_ shape: Shape) -> Tensor<Double> {
        var generator = Seeded(3)
        return Tensor(
            shape: shape,
            elements: (0..<shape.count).map { _ in Bool.random(using: &generator) ? 1 : 0 }
        )
    }
}
