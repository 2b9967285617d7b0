import Backprop
import Glibc
import Testing

/// Operands so large that layers work through them in several blocks, against plain loops, and forward against reverse
/// mode: ⟨g, J v⟩ = ⟨Jᵀ g, v⟩.
@Suite struct BlockTests {
    @Test func `a convolution of several blocks is the sum of its definition`() throws {
        // 15 rows of patches leave room for some 4,000 columns, so blocks end within samples and begin in others.
        let x = Tensor<Double>.probe([2, 3, 9_000], seed: 1)
        let weight = Tensor<Double>.probe([4, 3, 5], seed: 2)
        let single = Single(type: "conv1d", inputs: [x.shape], parameters: ["weight": weight.shape])
        let y = try single.output([x], ["weight": weight])
        for n in 0..<2 {
            for o in 0..<4 {
                for u in 0..<8_996 {
                    var sum = 0.0
                    for c in 0..<3 {
                        for k in 0..<5 {
                            sum += weight.elements[(o * 3 + c) * 5 + k] * x.elements[(n * 3 + c) * 9_000 + u + k]
                        }
                    }
                    let given = y.elements[(n * 4 + o) * 8_996 + u]
                    // One message for a wrong block, not thousands.
                    try #require(agree(given, sum, absolute: 1e-12, relative: 1e-12), "sample \(n), \(o), \(u)")
                }
            }
        }
    }

    @Test func `attention of several blocks is that of its definition`() throws {
        let (q, k) = (Tensor<Double>.probe([300, 4], seed: 1), Tensor<Double>.probe([400, 4], seed: 2))
        let v = Tensor<Double>.probe([400, 3], seed: 3)
        for isCausal in [false, true] {
            let single = Single(
                type: "scaled_dot_product_attention",
                inputs: [q.shape, k.shape, v.shape],
                fields: ["is_causal": .flag(isCausal)]
            )
            let y = try single.output([q, k, v])
            for i in 0..<300 {
                let weights = (0..<(isCausal ? i + 1 : 400)).map { j in
                    exp((0..<4).reduce(0.0) { $0 + q.elements[i * 4 + $1] * k.elements[j * 4 + $1] } / 2)
                }
                for column in 0..<3 {
                    let sum = weights.enumerated().reduce(0.0) { $0 + $1.1 * v.elements[$1.0 * 3 + column] }
                    let expected = sum / weights.reduce(0, +)
                    #expect(agree(y.elements[i * 3 + column], expected, absolute: 1e-12, relative: 1e-11))
                }
            }
        }
    }

    static let large = [
        Single(type: "conv1d", inputs: [[2, 3, 9_000]], parameters: ["weight": [4, 3, 5], "bias": [4]]),
        Single(
            type: "conv2d",
            inputs: [[3, 8, 40, 30]],
            parameters: ["weight": [6, 4, 3, 3], "bias": [6]],
            fields: ["padding": .integers([1]), "groups": .integers([2])]
        ),
        Single(
            type: "conv3d",
            inputs: [[2, 2, 12, 13, 14]],
            parameters: ["weight": [3, 2, 3, 3, 3], "bias": [3]],
            fields: ["padding": .choice("same")]
        ),
        Single(
            type: "conv_transpose2d",
            inputs: [[3, 6, 30, 20]],
            parameters: ["weight": [6, 4, 4, 4], "bias": [4]],
            fields: ["stride": .integers([2]), "padding": .integers([1])]
        ),
        Single(type: "layer_norm", inputs: [[3, 5_000]], fields: ["normalized_shape": .integers([5_000])]),
        Single(type: "batch_norm", inputs: [[700, 3, 2]], parameters: ["weight": [3], "bias": [3]]),
        Single(
            type: "lstm",
            inputs: [[3, 17, 20]],
            parameters: ["weight_ih": [128, 20], "weight_hh": [128, 32], "bias_ih": [128], "bias_hh": [128]]
        ),
        Single(
            type: "gru",
            inputs: [[3, 17, 20]],
            parameters: ["weight_ih": [96, 20], "weight_hh": [96, 32], "bias_ih": [96], "bias_hh": [96]]
        ),
        Single(
            type: "scaled_dot_product_attention",
            inputs: [[300, 4], [400, 4], [400, 3]],
            fields: ["is_causal": .flag(true)]
        ),
        Single(
            type: "multi_head_attention",
            inputs: [[2, 300, 12]],
            parameters: [
                "in_proj_weight": [36, 12], "in_proj_bias": [36], "out_proj_weight": [12, 12], "out_proj_bias": [12],
            ],
            fields: ["num_heads": .integers([3])]
        ),
    ]

    @Test(arguments: large)
    func `forward mode agrees with reverse mode`(_ single: Single) throws {
        let inputs = single.inputs.enumerated().map { Tensor<Double>.probe($1, seed: $0) }
        let names = single.parameters.keys.sorted()
        let values = names.enumerated().map { index, name in
            Tensor<Double>.probe(single.parameters[name] ?? [], seed: 50 + index).map { 0.3 * $0 }
        }
        let parameters = Dictionary(uniqueKeysWithValues: zip(names, values))
        let direction = { (tensor: Tensor<Double>, seed: Int) in Tensor<Double>.probe(tensor.shape, seed: 90 + seed) }
        let moved = try single.pass(
            inputs.enumerated().map { $1.lifted(along: direction($1, $0)) },
            Dictionary(
                uniqueKeysWithValues: zip(names, values).enumerated().map {
                    ($1.0, $1.1.lifted(along: direction($1.1, 10 + $0)))
                }
            )
        )
        let pass = try single.pass(inputs, parameters)
        let cotangent = Tensor<Double>.probe(pass.output.shape, seed: 7)
        let along = Tensor.dot(cotangent, moved.output.map(\.tangent))
        let gradients = try pass.backward(from: cotangent)
        var back = gradients.inputs.enumerated().reduce(0.0) { sum, pair in
            sum + (pair.1.map { Tensor.dot($0, direction($0, pair.0)) } ?? 0)
        }
        for (field, gradient) in zip(pass.network.steps[0].parameterFields, gradients.layers[0]?.parameters ?? []) {
            guard let gradient, let index = names.firstIndex(of: field) else { continue }
            back += Tensor.dot(gradient, direction(gradient, 10 + index))
        }
        #expect(agree(along, back, absolute: 1e-9, relative: 1e-9), "\(along) and \(back)")
    }
}

extension Single: CustomTestStringConvertible {
    var testDescription: String { type }
}
