/// The negative log likelihood of counts under a Poisson distribution whose mean, or its logarithm, is the output
/// (PyTorch's `poisson_nll_loss`).
///
/// What does not depend on the output is left out; with `full` Stirling's approximation of log t! is added where
/// t > 1.
struct PoissonNLL: EntrywiseLoss {
    static let type = "poisson_nll"
    static let summary = "The negative log likelihood of counts under a Poisson distribution."
    static let fields: [Field] = [
        .target("Counts; of the output's shape."),
        Reduction.field,
        .optional("log_input", .flag, standard: .flag(true), "Whether the output is the logarithm of the mean."),
        .optional("full", .flag, standard: .flag(false), "Whether Stirling's approximation of log t! is added."),
        .number("eps", standard: 1e-8, "Added to the output before its logarithm is taken."),
    ]
    static let formula = """
        C = \\frac{1}{n} \\sum_i \\begin{cases} e^{x_i} - t_i x_i & \\text{log\\_input} \\\\ \
        x_i - t_i \\log(x_i + \\varepsilon) & \\text{else} \\end{cases}
        """
    static let gradientFormula = """
        \\partial C/\\partial x_i = \\tfrac{1}{n} \\begin{cases} e^{x_i} - t_i & \\text{log\\_input} \\\\ \
        1 - \\frac{t_i}{x_i + \\varepsilon} & \\text{else} \\end{cases}
        """
    static let examples = [
        LossExample(.sample(2, 3), fields: ["target": .constant(.positiveSample(2, 3, seed: 1))]),
        LossExample(
            .positiveSample(4, 2),
            fields: [
                "target": .constant(.positiveSample(4, 2, seed: 1)), "log_input": .flag(false), "full": .flag(true),
                "eps": .number(0.01), "reduction": .choice("sum"),
            ]
        ),
    ]

    let target: Tensor<Double>
    private let reduction: Reduction
    private let isLogarithm: Bool
    private let isFull: Bool
    private let epsilon: Double

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        isLogarithm = fields.flag("log_input")
        isFull = fields.flag("full")
        epsilon = fields.number("eps")
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let kernel = isLogarithm ? S.exp(x) - t * x : x - t * S.log(x + S(epsilon))
        guard isFull && t > 1 else { return kernel }
        return kernel + (t * S.log(t) - t + 0.5 * S.log(S(2 * Double.pi) * t))
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { isLogarithm ? S.exp(x) - t : 1 - t / (x + S(epsilon)) }
}
