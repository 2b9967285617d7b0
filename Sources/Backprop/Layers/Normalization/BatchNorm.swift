/// Normalises each channel over the batch (PyTorch's `batch_norm`).
///
/// x is (N, C, …), weight w and bias b are (C), y has x's shape: x̂ = (x − μ_c) / √(σ_c² + ε) and y = w_c x̂ + b_c. In
/// training μ and the biased variance σ² are those of the channel over the batch and all places, and gradients flow
/// through them; in inference they are the running statistics, which are constants. Gradients: ``NormalizationCore``
/// (Ioffe and Szegedy, 2015, arXiv:1502.03167).
struct BatchNorm: Layer {
    static let type = "batch_norm"
    static let summary = "Mean 0 and variance 1 for each channel over the batch, then a learnable scale and shift."
    static let fields: [Field] = [
        .scale("(C)"),
        .shift("(C)"),
        .optional("running_mean", .constant, "The mean of each channel in inference; (C)."),
        .optional("running_var", .constant, "The variance of each channel in inference; (C)."),
        .optional(
            "training",
            .flag,
            standard: .flag(true),
            "Whether the batch's own mean and variance are taken, rather than the running ones."
        ),
        .epsilon,
    ]
    static let shapeRule = "the input's shape (N, C, …)"
    static let formula =
        "y_{n,c,i} = w_c\\, \\hat x_{n,c,i} + b_c,\\quad "
        + "\\hat x_{n,c,i} = r_c (x_{n,c,i} - \\mu_c),\\quad r_c = (\\sigma_c^2 + \\epsilon)^{-1/2}"
    static let gradients =
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{n,c,i} = r_c w_c \\left(g_{n,c,i} "
                    + "- \\tfrac{1}{M} \\sum_{m,k} g_{m,c,k} - \\hat x_{n,c,i}\\, \\tfrac{1}{M} \\sum_{m,k} g_{m,c,k}\\, \\hat x_{m,c,k}\\right)"
                    + "\\text{; with running statistics } r_c w_c\\, g_{n,c,i}",
                matrix: "\\partial C/\\partial x_c = r_c w_c \\left(I - \\tfrac{1}{M} \\mathbf{1}\\mathbf{1}^\\top "
                    + "- \\tfrac{1}{M} \\hat x_c \\hat x_c^\\top\\right) g_c"
            )
        ] + NormalizationCore.channelGradients
    static let examples = [
        LayerExample([.sample(4, 3)], parameters: ["weight": .sample(3, seed: 1), "bias": .sample(3, seed: 2)]),
        LayerExample([.sample(2, 3, 5, 4)], parameters: ["bias": .sample(3, seed: 1)], fields: ["eps": .number(0.5)]),
        LayerExample(
            [.sample(2, 3, 4)],
            parameters: ["weight": .sample(3, seed: 1)],
            fields: [
                "training": .flag(false), "running_mean": .constant(.sample(3, seed: 2)),
                "running_var": .constant(.positiveSample(3, seed: 3)),
            ]
        ),
    ]

    private let training: Bool
    private let epsilon: Double
    private let mean: Tensor<Double>?
    private let variance: Tensor<Double>?

    init(_ fields: FieldValues) {
        training = fields.flag("training")
        epsilon = fields.number("eps")
        mean = fields.constant("running_mean")
        variance = fields.constant("running_var")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        let statistics = [("running_mean", mean), ("running_var", variance)]
        if !training {
            for (name, tensor) in statistics where tensor == nil {
                operands.fault(name, "batch_norm needs \(name) where training is false")
            }
        }
        guard let x = operands.input() else { return nil }
        guard x.rank >= 2 else { return operands.faultOfInputs("the input must be (N, C, …); it is \(x)") }
        let channels: Shape = [x[1]]
        for case (let name, let tensor?) in statistics where tensor.shape != channels {
            operands.fault(name, "the input is \(x), so \(name) must be \(channels); it is \(tensor.shape)")
        }
        let fits = operands.check("weight", has: channels, because: "the input is \(x)")
        operands.check("bias", has: channels, because: "the input is \(x)")
        if training, x[0] == 1, x.dimensions.dropFirst(2).allSatisfy({ $0 == 1 }) {
            return operands.fault("training", "in training a channel must have more than one value; the input is \(x)")
        }
        return fits ? x : nil
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? {
        !training || dim == 1 ? nil : dim == 0 ? .samples : .parts
    }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(output)
        return Work(operations: core.operations, scratch: core.scratch)
    }

    private func core(_ x: Shape) -> NormalizationCore {
        NormalizationCore(sets: Lanes(x, along: 1), parameters: Lanes(x, along: 1), sparesConstants: true)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (x, weight, bias) = (operands.input(), operands.optionalParameter(0), operands.optionalParameter(1))
        guard !training, let mean, let variance else {
            return core(x.shape).evaluate(x, epsilon: epsilon, weight: weight, bias: bias)
        }
        return core(x.shape)
            .evaluate(
                x,
                means: S.converting(mean).elements,
                variances: S.converting(variance).elements,
                epsilon: epsilon,
                weight: weight,
                bias: bias
            )
    }
}
