/// A transposed convolution: what its layers have in common.
///
/// x is (N, in, size…) or (in, size…), W (in, out/groups, taps…), b (out) and y (N, out, places…). It is the gradient
/// of a convolution with respect to its input, taken as a layer: each element of x adds its window of weights to y,
/// y = fold(Wᵀ x) + b, and of that `padding` places are cut off at either end while `output_padding` are added at the
/// far one (Dumoulin and Visin, 2016, arXiv:1603.07285, ch. 4).
///
/// With g = ∂C/∂y: ∂C/∂x = W · unfold(g), which is a convolution, ∂C/∂W = Σ x · unfold(g)ᵀ, and ∂C/∂b sums g over
/// samples and places.
protocol TransposedConvolution: Layer {
    /// The dimensions that windows slide over.
    static var dimensions: Int { get }
    var settings: ConvolutionSettings { get }
}

extension TransposedConvolution {
    static var summary: String {
        "The transpose of a convolution over \(["the last dimension", "images"][dimensions - 1])."
    }
    static var fields: [Field] {
        [
            .required("weight", .parameter, "The kernels W; (in, out/groups, \(tapNames))."),
            .bias(),
            ConvolutionSettings.stride(dimensions),
            .optional(
                "padding",
                .integers(count: dimensions, minimum: 0),
                standard: .integers([0]),
                "How many places of the output are cut off at either end."
            ),
            .optional(
                "output_padding",
                .integers(count: dimensions, minimum: 0),
                standard: .integers([0]),
                "How many places the output has beyond those at its end; fewer than the stride or the dilation."
            ),
            ConvolutionSettings.groups,
            ConvolutionSettings.dilation(dimensions),
        ]
    }
    static var shapeRule: String {
        "(N, in, L…) or (in, L…) to (N, out, M…) or (out, M…), where M = (L − 1) stride − 2 padding + dilation (k − 1) + "
            + "output_padding + 1"
    }
    static var formula: String { ConvolutionFormulas(dimensions: dimensions).wide }
    static var gradients: [GradientFormula] { ConvolutionFormulas(dimensions: dimensions).wideGradients }

    private static var tapNames: String { ["k", "k1, k2"][dimensions - 1] }

    func shape(of operands: inout OperandShapes) -> Shape? {
        let form = "(in, out/groups, \(Self.tapNames))"
        guard let (weight, x, channels) = settings.check(&operands, form: form, isTransposed: true) else { return nil }
        let windows = operands.noting { () throws(Misfit) in
            try settings.transposedWindows(weight: weight, input: x)
        }
        guard let windows else { return nil }
        return x[0..<x.rank - Self.dimensions - 1] + Shape([channels] + windows.map(\.input))
    }

    /// Without a batch the first dimension is the channels.
    func couplesSamples(operands: [Shape]) -> Bool { operands[0].rank == Self.dimensions + 1 }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(input: operands[0], weight: operands[1])
        return Work(operations: core.operations, scratch: core.scratch)
    }

    /// The products of operands that fit.
    private func core(input: Shape, weight: Shape) -> ConvolutionCore {
        guard let windows = try? settings.transposedWindows(weight: weight, input: input) else {
            preconditionFailure("a validated convolution has its windows")
        }
        return ConvolutionCore(
            samples: input.rank > Self.dimensions + 1 ? input[0] : 1,
            filters: weight[0] / settings.groups,
            patches: Patches(channels: weight[1], groups: settings.groups, windows: windows)
        )
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (x, weight) = (operands.input(), operands.parameter(0))
        var shapes = OperandShapes(inputs: [x.shape], parameters: ["weight": weight.shape])
        guard let shape = shape(of: &shapes) else { preconditionFailure("a validated layer has its output's shape") }
        return convolveTransposed(
            operands,
            by: core(input: x.shape, weight: weight.shape),
            to: shape,
            channels: shape.rank - Self.dimensions - 1
        )
    }
}

/// Evaluates a transposed convolution whose output has its channels at dimension `channels`.
private func convolveTransposed<S: Scalar>(
    _ operands: Operands<S>,
    by core: ConvolutionCore,
    to shape: Shape,
    channels: Int
) -> Evaluation<S> {
    let (x, weight, bias) = (operands.input(), operands.parameter(0), operands.optionalParameter(1))
    let lanes = Lanes(shape, along: channels)
    var y = core.wide(weight, narrow: x)
    if let bias { lanes.add(bias.elements, to: &y) }
    return Evaluation(Tensor(shape: shape, elements: y)) { g, wanted in
        [
            wanted[0] ? Tensor(shape: x.shape, elements: core.narrow(weight, wide: g)) : nil,
            wanted[1] ? Tensor(shape: weight.shape, elements: core.weight(wide: g, narrow: x)) : nil,
            bias.flatMap { wanted[2] ? Tensor(shape: $0.shape, elements: lanes.sums(g.elements)) : nil },
        ]
    }
}

/// A transposed convolution over the last dimension (PyTorch's `conv_transpose1d`); see ``TransposedConvolution``.
struct ConvTranspose1d: TransposedConvolution {
    static let type = "conv_transpose1d"
    static let dimensions = 1
    static let examples = [
        LayerExample(
            [.sample(2, 3, 5)],
            parameters: ["weight": .sample(3, 4, 2, seed: 1), "bias": .sample(4, seed: 2)]
        ),
        LayerExample(
            [.sample(4, 3)],
            parameters: ["weight": .sample(4, 1, 5, seed: 1), "bias": .sample(2, seed: 2)],
            fields: [
                "stride": .integers([3]), "padding": .integers([2]), "output_padding": .integers([1]),
                "groups": .integers([2]), "dilation": .integers([2]),
            ]
        ),
        LayerExample(
            [.sample(1, 2, 4)],
            parameters: ["weight": .sample(2, 3, 1, seed: 1)],
            fields: ["stride": .integers([2]), "output_padding": .integers([2]), "dilation": .integers([3])]
        ),
    ]
    let settings: ConvolutionSettings
    init(_ fields: FieldValues) { settings = ConvolutionSettings(fields, dimensions: Self.dimensions) }
}

/// A transposed convolution over height and width (PyTorch's `conv_transpose2d`); see ``TransposedConvolution``.
struct ConvTranspose2d: TransposedConvolution {
    static let type = "conv_transpose2d"
    static let dimensions = 2
    static let examples = [
        LayerExample(
            [.sample(1, 2, 3, 4)],
            parameters: ["weight": .sample(2, 3, 2, 3, seed: 1), "bias": .sample(3, seed: 2)]
        ),
        LayerExample(
            [.sample(4, 2, 3)],
            parameters: ["weight": .sample(4, 3, 3, 2, seed: 1), "bias": .sample(6, seed: 2)],
            fields: [
                "stride": .integers([2, 3]), "padding": .integers([2, 1]), "output_padding": .integers([1, 2]),
                "groups": .integers([2]), "dilation": .integers([1, 2]),
            ]
        ),
    ]
    let settings: ConvolutionSettings
    init(_ fields: FieldValues) { settings = ConvolutionSettings(fields, dimensions: Self.dimensions) }
}
