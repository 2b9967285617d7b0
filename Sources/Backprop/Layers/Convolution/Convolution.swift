/// A convolution over one or more dimensions: what its layers have in common.
///
/// x is (N, in, size…) or, without a batch, (in, size…), W (out, in/groups, taps…), b (out) and y (N, out, positions…).
/// Windows slide over x, which is padded with zeros; with their contents as the columns of unfold(x) (im2col) the
/// layer is the matrix product Y = W · unfold(x) + b, for each group of channels (Dumoulin and Visin, 2016,
/// arXiv:1603.07285; Goodfellow et al., ch. 9).
///
/// With g = ∂C/∂y the gradients are correlations too: ∂C/∂W = Σ g · unfold(x)ᵀ and ∂C/∂x = fold(Wᵀ g), where fold, the
/// transpose of unfold, adds each entry to the place it came from; ∂C/∂b sums g over samples and positions.
protocol Convolution: Layer {
    /// The dimensions that windows slide over.
    static var dimensions: Int { get }
    var settings: ConvolutionSettings { get }
}

extension Convolution {
    static var summary: String { "A convolution over \(["the last dimension", "images", "volumes"][dimensions - 1])." }
    static var fields: [Field] {
        [
            .required("weight", .parameter, "The kernels W; (out, in/groups, \(tapNames))."),
            .bias(),
            ConvolutionSettings.stride(dimensions),
            .optional(
                "padding",
                .integersOrChoice(count: dimensions, minimum: 0, choices: ["same", "valid"]),
                standard: .integers([0]),
                "How many zeros stand on either side; \"same\" keeps the length, \"valid\" is 0."
            ),
            ConvolutionSettings.dilation(dimensions),
            ConvolutionSettings.groups,
        ]
    }
    static var shapeRule: String {
        "(N, in, L…) or (in, L…) to (N, out, M…) or (out, M…), where M = ⌊(L + 2 padding − dilation (k − 1) − 1) / stride⌋ "
            + "+ 1, or L for padding \"same\""
    }
    static var formula: String { ConvolutionFormulas(dimensions: dimensions).narrow }
    static var gradients: [GradientFormula] { ConvolutionFormulas(dimensions: dimensions).narrowGradients }

    private static var tapNames: String { ["k", "k1, k2", "k1, k2, k3"][dimensions - 1] }

    func shape(of operands: inout OperandShapes) -> Shape? {
        let form = "(out, in/groups, \(Self.tapNames))"
        guard let (weight, x, channels) = settings.check(&operands, form: form, isTransposed: false) else { return nil }
        let windows = operands.noting { () throws(Misfit) in try settings.windows(weight: weight, input: x) }
        guard let windows else { return nil }
        return x[0..<x.rank - Self.dimensions - 1] + Shape([channels] + windows.map(\.output))
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim >= input.rank - Self.dimensions ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(input: operands[0], weight: operands[1])
        return Work(operations: core.operations, scratch: core.scratch)
    }

    /// The products of operands that fit.
    private func core(input: Shape, weight: Shape) -> ConvolutionCore {
        guard let windows = try? settings.windows(weight: weight, input: input) else {
            preconditionFailure("a validated convolution has its windows")
        }
        return ConvolutionCore(
            samples: input.rank > Self.dimensions + 1 ? input[0] : 1,
            filters: weight[0] / settings.groups,
            patches: Patches(channels: weight[1], groups: settings.groups, windows: windows)
        )
    }

    private func shape(input: Shape, weight: Shape) -> Shape? {
        var shapes = OperandShapes(inputs: [input], parameters: ["weight": weight])
        return shape(of: &shapes)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (x, weight) = (operands.input().shape, operands.parameter(0).shape)
        guard let shape = operands.outputShape ?? shape(input: x, weight: weight) else {
            preconditionFailure("a validated layer has its output's shape")
        }
        return convolve(
            operands,
            by: core(input: x, weight: weight),
            to: shape,
            channels: shape.rank - Self.dimensions - 1
        )
    }
}

/// Evaluates a convolution whose output has its channels at dimension `channels`.
private func convolve<S: Scalar>(
    _ operands: Operands<S>,
    by core: ConvolutionCore,
    to shape: Shape,
    channels: Int
) -> Evaluation<S> {
    let (x, weight, bias) = (operands.input(), operands.parameter(0), operands.optionalParameter(1))
    let lanes = Lanes(shape, along: channels)
    let y = core.narrow(weight, wide: x, bias: bias)
    return Evaluation(Tensor(shape: shape, elements: y)) { g, wanted in
        [
            wanted[0] ? Tensor(shape: x.shape, elements: core.wide(weight, narrow: g)) : nil,
            wanted[1] ? Tensor(shape: weight.shape, elements: core.weight(wide: x, narrow: g)) : nil,
            bias.flatMap { wanted[2] ? Tensor(shape: $0.shape, elements: lanes.sums(g.elements)) : nil },
        ]
    }
}

/// A convolution over the last dimension (PyTorch's `conv1d`); see ``Convolution``.
struct Conv1d: Convolution {
    static let type = "conv1d"
    static let dimensions = 1
    static let examples = [
        LayerExample(
            [.sample(2, 3, 5)],
            parameters: ["weight": .sample(4, 3, 2, seed: 1), "bias": .sample(4, seed: 2)]
        ),
        LayerExample(
            [.sample(2, 7)],
            parameters: ["weight": .sample(3, 2, 4, seed: 1)],
            fields: ["padding": .choice("same")]
        ),
        LayerExample(
            [.sample(1, 4, 9)],
            parameters: ["weight": .sample(6, 2, 3, seed: 1), "bias": .sample(6, seed: 2)],
            fields: [
                "stride": .integers([3]), "padding": .integers([1]), "dilation": .integers([2]),
                "groups": .integers([2]),
            ]
        ),
        LayerExample(
            [.sample(3, 2, 4)],
            parameters: ["weight": .sample(2, 2, 3, seed: 1)],
            fields: ["padding": .choice("valid"), "stride": .integers([2])]
        ),
    ]
    let settings: ConvolutionSettings
    init(_ fields: FieldValues) { settings = ConvolutionSettings(fields, dimensions: Self.dimensions) }
}

/// A convolution over height and width (PyTorch's `conv2d`); see ``Convolution``.
struct Conv2d: Convolution {
    static let type = "conv2d"
    static let dimensions = 2
    static let examples = [
        LayerExample(
            [.sample(2, 3, 4, 5)],
            parameters: ["weight": .sample(2, 3, 2, 3, seed: 1), "bias": .sample(2, seed: 2)]
        ),
        LayerExample(
            [.sample(4, 5, 6)],
            parameters: ["weight": .sample(2, 2, 3, 2, seed: 1)],
            fields: [
                "stride": .integers([2, 1]), "padding": .integers([1, 2]), "dilation": .integers([1, 3]),
                "groups": .integers([2]),
            ]
        ),
        LayerExample(
            [.sample(1, 2, 3, 5)],
            parameters: ["weight": .sample(3, 2, 2, 3, seed: 1)],
            fields: ["padding": .choice("same"), "dilation": .integers([1, 2])]
        ),
    ]
    let settings: ConvolutionSettings
    init(_ fields: FieldValues) { settings = ConvolutionSettings(fields, dimensions: Self.dimensions) }
}

/// A convolution over depth, height and width (PyTorch's `conv3d`); see ``Convolution``.
struct Conv3d: Convolution {
    static let type = "conv3d"
    static let dimensions = 3
    static let examples = [
        LayerExample(
            [.sample(1, 2, 3, 4, 5)],
            parameters: ["weight": .sample(3, 2, 2, 3, 4, seed: 1), "bias": .sample(3, seed: 2)]
        ),
        LayerExample(
            [.sample(2, 4, 3, 5)],
            parameters: ["weight": .sample(2, 1, 2, 1, 3, seed: 1)],
            fields: [
                "stride": .integers([2, 1, 3]), "padding": .integers([1, 0, 2]), "dilation": .integers([3, 1, 2]),
                "groups": .integers([2]),
            ]
        ),
        LayerExample(
            [.sample(2, 2, 3, 2)],
            parameters: ["weight": .sample(1, 2, 3, 2, 1, seed: 1)],
            fields: ["padding": .choice("same")]
        ),
    ]
    let settings: ConvolutionSettings
    init(_ fields: FieldValues) { settings = ConvolutionSettings(fields, dimensions: Self.dimensions) }
}
