/// The squared error (PyTorch's `mse_loss`).
struct MSE: EntrywiseLoss {
    static let type = "mse"
    static let summary = "The squared difference between output and target."
    static let fields: [Field] = [.target("What the output should be; of its shape."), Reduction.field]
    static let formula = "C = \\frac{1}{n} \\sum_i (x_i - t_i)^2"
    static let gradientFormula = "\\partial C/\\partial x_i = \\tfrac{2}{n} (x_i - t_i)"
    static let examples = [LossExample].regressions()

    let target: Tensor<Double>
    private let reduction: Reduction

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }
    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { (x - t) * (x - t) }
    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { 2 * (x - t) }
}

/// The absolute error (PyTorch's `l1_loss`), with derivative 0 where output and target are equal.
struct L1: EntrywiseLoss {
    static let type = "l1"
    static let summary = "The absolute difference between output and target."
    static let fields: [Field] = [.target("What the output should be; of its shape."), Reduction.field]
    static let formula = "C = \\frac{1}{n} \\sum_i |x_i - t_i|"
    static let gradientFormula = "\\partial C/\\partial x_i = \\tfrac{1}{n} \\operatorname{sgn}(x_i - t_i)"
    static let examples = [LossExample].regressions()

    let target: Tensor<Double>
    private let reduction: Reduction

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }
    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { S.abs(x - t) }
    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { S.sign(x - t) }
}

/// The squared error near 0 and the absolute one from β on, joined smoothly (PyTorch's `smooth_l1_loss`; Girshick
/// 2015); for β = 0 it is `l1`.
struct SmoothL1: EntrywiseLoss {
    static let type = "smooth_l1"
    static let summary = "The squared difference where it is small, the absolute one elsewhere."
    static let fields: [Field] = [
        .target("What the output should be; of its shape."),
        Reduction.field,
        .number("beta", .notNegative, standard: 1, "The difference at which the two forms meet."),
    ]
    static let formula = """
        C = \\frac{1}{n} \\sum_i \\begin{cases} \\frac{1}{2\\beta} d_i^2 & |d_i| < \\beta \\\\ \
        |d_i| - \\frac{\\beta}{2} & \\text{else} \\end{cases},\\quad d_i = x_i - t_i
        """
    static let gradientFormula = """
        \\partial C/\\partial x_i = \\tfrac{1}{n} \\begin{cases} \\frac{1}{\\beta} d_i & |d_i| < \\beta \\\\ \
        \\operatorname{sgn}(d_i) & \\text{else} \\end{cases}
        """
    static let examples = [LossExample].regressions(["beta": .number(0.4)])

    let target: Tensor<Double>
    private let reduction: Reduction
    private let beta: Double

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        beta = fields.number("beta")
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let distance = S.abs(x - t)
        return distance < S(beta) ? 0.5 * distance * (distance / S(beta)) : distance - S(0.5 * beta)
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let difference = x - t
        return S.abs(difference) < S(beta) ? difference / S(beta) : S.sign(difference)
    }
}

/// Half the squared error near 0 and δ times the absolute one from δ on, joined smoothly (PyTorch's `huber_loss`;
/// Huber 1964).
struct Huber: EntrywiseLoss {
    static let type = "huber"
    static let summary = "Half the squared difference where it is small, delta times the absolute one elsewhere."
    static let fields: [Field] = [
        .target("What the output should be; of its shape."),
        Reduction.field,
        .number("delta", .positive, standard: 1, "The difference at which the two forms meet."),
    ]
    static let formula = """
        C = \\frac{1}{n} \\sum_i \\begin{cases} \\frac{1}{2} d_i^2 & |d_i| < \\delta \\\\ \
        \\delta \\left(|d_i| - \\frac{\\delta}{2}\\right) & \\text{else} \\end{cases},\\quad d_i = x_i - t_i
        """
    static let gradientFormula = """
        \\partial C/\\partial x_i = \\tfrac{1}{n} \\begin{cases} d_i & |d_i| < \\delta \\\\ \
        \\delta \\operatorname{sgn}(d_i) & \\text{else} \\end{cases}
        """
    static let examples = [LossExample].regressions(["delta": .number(0.4)])

    let target: Tensor<Double>
    private let reduction: Reduction
    private let delta: Double

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        delta = fields.number("delta")
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let distance = S.abs(x - t)
        return distance < S(delta) ? 0.5 * distance * distance : S(delta) * (distance - S(0.5 * delta))
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let difference = x - t
        return S.abs(difference) < S(delta) ? difference : S(delta) * S.sign(difference)
    }
}

extension [LossExample] {
    /// Outputs and targets less than 0.4, less than 1 and more than 1 apart, with and without other fields.
    fileprivate static func regressions(_ other: [String: FieldValue] = [:]) -> [LossExample] {
        [
            LossExample(.sample(2, 3), fields: ["target": .constant(.scaledSample(2, 3, seed: 1, by: 0.5))]),
            LossExample(
                .sample(4, 2),
                fields: other.merging(
                    ["target": .constant(.scaledSample(4, 2, seed: 2, by: 0.25)), "reduction": .choice("sum")],
                    uniquingKeysWith: { given, _ in given }
                )
            ),
        ]
    }
}
