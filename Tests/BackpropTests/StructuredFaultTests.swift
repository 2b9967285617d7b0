import Backprop
import Testing

/// Operands and fields of convolutions, pooling, normalisation, recurrence and attention that do not fit.
struct StructuredFault: Sendable, CustomTestStringConvertible {
    let single: Single
    let faults: [String]

    var testDescription: String { single.type + ": " + faults.joined(separator: "; ") }

    init(
        _ type: String,
        _ inputs: [Shape],
        _ parameters: [String: Shape] = [:],
        _ fields: [String: FieldValue] = [:],
        _ faults: String...
    ) {
        single = Single(type: type, inputs: inputs, parameters: parameters, fields: fields)
        self.faults = faults
    }

    /// Each as `place: detail`.
    static let all = convolutions + pooling + normalization + recurrence + attention

    static let convolutions = [
        StructuredFault(
            "conv2d",
            [[1, 2, 4, 4]],
            ["weight": [4, 3, 3, 3]],
            [:],
            "weight: weight is (4, 3, 3, 3), so the input must have 3 channels; it has 2"
        ),
        StructuredFault(
            "conv2d",
            [[4, 4]],
            ["weight": [4, 3, 3, 3]],
            [:],
            "weight: weight is (4, 3, 3, 3), so the input must be (N, 3, L1, L2) or (3, L1, L2); it is (4, 4)"
        ),
        StructuredFault(
            "conv1d",
            [[1, 1, 3]],
            ["weight": [1, 1, 5]],
            [:],
            "weight: weight is (1, 1, 5), so the padded input must span at least 5 along dimension 2; it spans 3"
        ),
        StructuredFault(
            "conv1d",
            [[1, 1, 3]],
            ["weight": [1, 1, 2]],
            ["dilation": .integers([7]), "padding": .integers([2])],
            "weight: weight is (1, 1, 2) and dilation is 7, so the padded input must span at least 8 along dimension 2; "
                + "it spans 7"
        ),
        StructuredFault(
            "conv1d",
            [[1, 4, 3]],
            ["weight": [3, 1, 2], "bias": [4]],
            ["groups": .integers([2])],
            "groups: groups is 2, so weight's first dimension must be a multiple of that; weight is (3, 1, 2)"
        ),
        StructuredFault(
            "conv1d",
            [[1, 3, 3]],
            ["weight": [4, 2, 2], "bias": [3]],
            ["groups": .integers([2]), "padding": .choice("same"), "stride": .integers([2])],
            "bias: weight is (4, 2, 2) and groups is 2, so bias must be (4); it is (3)",
            "weight: weight is (4, 2, 2) and groups is 2, so the input must have 4 channels; it has 3",
            "padding: padding \"same\" needs a stride of 1; it is 2"
        ),
        StructuredFault(
            "conv3d",
            [[1, 2]],
            ["weight": [4, 3]],
            [:],
            "weight: weight must be (out, in/groups, k1, k2, k3); it is (4, 3)"
        ),
        StructuredFault(
            "conv_transpose1d",
            [[1, 3, 3]],
            ["weight": [2, 4, 2], "bias": [2]],
            [:],
            "bias: weight is (2, 4, 2), so bias must be (4); it is (2)",
            "weight: weight is (2, 4, 2), so the input must have 2 channels; it has 3"
        ),
        StructuredFault(
            "conv_transpose1d",
            [[2, 3]],
            ["weight": [2, 4, 2]],
            ["stride": .integers([2]), "output_padding": .integers([2])],
            "output_padding: output_padding must be below stride 2 or dilation 1; it is 2"
        ),
        StructuredFault(
            "conv_transpose1d",
            [[2, 3]],
            ["weight": [2, 4, 2]],
            ["padding": .integers([2])],
            "padding: padding takes 4 of the output's 4 along dimension 1, so nothing is left"
        ),
    ]

    static let pooling = [
        StructuredFault(
            "max_pool1d",
            [[2, 3]],
            [:],
            ["kernel_size": .integers([5])],
            "kernel_size: the window spans 5, so the padded input must be at least that long; it is 3"
        ),
        StructuredFault(
            "avg_pool2d",
            [[2, 5, 5]],
            [:],
            ["kernel_size": .integers([3]), "padding": .integers([2])],
            "padding: padding must be at most half of what the window spans, 3; it is 2"
        ),
        StructuredFault(
            "max_pool2d",
            [[5, 5]],
            [:],
            ["kernel_size": .integers([3])],
            "inputs: the input must be (N, C, H, W) or (C, H, W); it is (5, 5)"
        ),
        StructuredFault(
            "avg_pool2d",
            [[2, 5, 5]],
            [:],
            ["kernel_size": .integers([3]), "divisor_override": .integers([0])],
            "divisor_override: divisor_override must not be 0"
        ),
        StructuredFault(
            "adaptive_avg_pool2d",
            [[5, 5]],
            [:],
            ["output_size": .integers([3])],
            "inputs: the input must be (N, C, H, W) or (C, H, W); it is (5, 5)"
        ),
    ]

    static let normalization = [
        StructuredFault(
            "batch_norm",
            [[2, 3]],
            [:],
            ["training": .flag(false), "running_var": .constant(Tensor(shape: [2], elements: [1, 1]))],
            "running_mean: batch_norm needs running_mean where training is false",
            "running_var: the input is (2, 3), so running_var must be (3); it is (2)"
        ),
        StructuredFault(
            "batch_norm",
            [[1, 3, 1]],
            ["bias": [2]],
            [:],
            "bias: the input is (1, 3, 1), so bias must be (3); it is (2)",
            "training: in training a channel must have more than one value; the input is (1, 3, 1)"
        ),
        StructuredFault("batch_norm", [[3]], [:], [:], "inputs: the input must be (N, C, …); it is (3)"),
        StructuredFault(
            "layer_norm",
            [[2, 3]],
            ["weight": [3]],
            ["normalized_shape": .integers([4])],
            "weight: normalized_shape is (4), so weight must be (4); it is (3)",
            "normalized_shape: the input must end in normalized_shape (4); it is (2, 3)"
        ),
        StructuredFault(
            "rms_norm",
            [[3]],
            [:],
            ["normalized_shape": .integers([2, 3])],
            "normalized_shape: the input must end in normalized_shape (2, 3); it is (3)"
        ),
        StructuredFault(
            "group_norm",
            [[1, 3, 2]],
            [:],
            ["num_groups": .integers([2])],
            "num_groups: num_groups must divide the 3 channels; it is 2"
        ),
        StructuredFault(
            "group_norm",
            [[1, 3]],
            [:],
            ["num_groups": .integers([3])],
            "num_groups: a group must have more than one value; the input is (1, 3)"
        ),
        StructuredFault(
            "instance_norm",
            [[4, 3]],
            [:],
            [:],
            "inputs: a channel must have more than one value; the input is (4, 3)"
        ),
    ]

    static let recurrence = [
        StructuredFault(
            "lstm",
            [[1, 2, 3]],
            ["weight_ih": [8, 3], "weight_hh": [8, 3], "bias_ih": [2]],
            [:],
            "weight_hh: weight_ih is (8, 3), so weight_hh must be (8, 2); it is (8, 3)",
            "bias_ih: weight_ih is (8, 3), so bias_ih must be (8); it is (2)"
        ),
        StructuredFault(
            "gru",
            [[2, 3]],
            ["weight_ih": [8, 3], "weight_hh": [8, 2]],
            [:],
            "weight_ih: weight_ih must be (3 · H, in); it is (8, 3)"
        ),
        StructuredFault(
            "rnn",
            [[2, 4]],
            ["weight_ih": [5, 3], "weight_hh": [5, 5]],
            [:],
            "weight_ih: weight_ih is (5, 3), so the input must be (N, T, 3) or (T, 3); it is (2, 4)"
        ),
        StructuredFault(
            "lstm",
            [[1, 2, 3]],
            ["weight_hh": [8, 3]],
            [:],
            "weight_ih: lstm needs weight_ih",
            "weight_hh: weight_hh must be (4 · H, H); it is (8, 3)"
        ),
    ]

    static let attention = [
        StructuredFault(
            "scaled_dot_product_attention",
            [[2, 3, 4], [2, 5, 3], [2, 5, 6]],
            [:],
            [:],
            "inputs: inputs must be (…, L, E), (…, S, E) and (…, S, W); they are (2, 3, 4), (2, 5, 3), (2, 5, 6)"
        ),
        StructuredFault(
            "scaled_dot_product_attention",
            [[2, 3, 4], [3, 5, 4], [5, 6]],
            [:],
            [:],
            "inputs: the inputs' leading dimensions must broadcast; they are (2, 3, 4), (3, 5, 4), (5, 6)"
        ),
        StructuredFault(
            "multi_head_attention",
            [[1, 2, 4]],
            ["in_proj_weight": [12, 4], "out_proj_weight": [3, 4], "in_proj_bias": [4]],
            ["num_heads": .integers([3])],
            "out_proj_weight: in_proj_weight is (12, 4), so out_proj_weight must be (4, 4); it is (3, 4)",
            "in_proj_bias: in_proj_weight is (12, 4), so in_proj_bias must be (12); it is (4)",
            "num_heads: num_heads must divide the 4 columns; it is 3"
        ),
        StructuredFault(
            "multi_head_attention",
            [[2, 4]],
            ["in_proj_weight": [12, 3], "out_proj_weight": [3, 3]],
            ["num_heads": .integers([3])],
            "in_proj_weight: in_proj_weight must be (3E, E); it is (12, 3)"
        ),
        StructuredFault(
            "multi_head_attention",
            [[1, 2, 3]],
            ["in_proj_weight": [12, 4], "out_proj_weight": [4, 4]],
            ["num_heads": .integers([2])],
            "in_proj_weight: in_proj_weight is (12, 4), so inputs must be (N, L, 4) or (L, 4); one is (1, 2, 3)"
        ),
        StructuredFault(
            "multi_head_attention",
            [[1, 2, 4], [1, 3, 4], [1, 5, 4]],
            ["in_proj_weight": [12, 4], "out_proj_weight": [4, 4]],
            ["num_heads": .integers([2])],
            "inputs: query must be (N, L, E) and key and value both (N, S, E), or all without N; "
                + "they are (1, 2, 4), (1, 3, 4), (1, 5, 4)"
        ),
        StructuredFault(
            "multi_head_attention",
            [[1, 2, 4], [1, 3, 4]],
            ["in_proj_weight": [12, 4], "out_proj_weight": [4, 4]],
            ["num_heads": .integers([2])],
            "inputs: multi_head_attention takes 1 input or 3; it has 2"
        ),
    ]
}

@Suite struct StructuredFaultTests {
    @Test(arguments: StructuredFault.all)
    func `every fault is found at its place`(_ row: StructuredFault) {
        let faults = row.single.check.faults.map { fault in
            switch fault.place {
            case .layerInputs: "inputs: \(fault.detail)"
            case .field(_, let field): "\(field): \(fault.detail)"
            default: "\(fault.place): \(fault.detail)"
            }
        }
        #expect(faults == row.faults)
    }
}
