/// The Kullback–Leibler divergence of the output, log probabilities, from the target (PyTorch's `kl_div`).
///
/// The target is probabilities, or their logarithms where `log_target` is true. `batchmean` divides by the number of
/// samples, as the definition has it; `mean` by the number of entries.
struct KLDiv: EntrywiseLoss {
    static let type = "kl_div"
    static let summary = "The Kullback-Leibler divergence of log probabilities from a target."
    static let fields: [Field] = [
        .target("Probabilities, or their logarithms; of the output's shape."),
        .optional(
            "reduction",
            .choice(["mean", "sum", "batchmean"]),
            standard: .choice("mean"),
            "Whether the entries are averaged or added, or their sum divided by the length of dimension 0."
        ),
        .optional("log_target", .flag, standard: .flag(false), "Whether the target is logarithms."),
    ]
    static let formula = "C = \\frac{1}{n} \\sum_i t_i\\,(\\log t_i - x_i)"
    static let gradientFormula = "\\partial C/\\partial x_i = -\\tfrac{1}{n}\\, t_i"
    static let examples = [
        LossExample(.sample(2, 3), fields: ["target": .constant(.unitSample(2, 3, seed: 1))]),
        LossExample(
            .sample(4, 2),
            fields: ["target": .constant(.unitSample(4, 2, seed: 1)), "reduction": .choice("batchmean")]
        ),
        LossExample(
            .sample(5),
            fields: [
                "target": .constant(.sample(5, seed: 1)), "log_target": .flag(true), "reduction": .choice("sum"),
            ]
        ),
    ]

    let target: Tensor<Double>
    private let reduction: String
    private let isLogarithm: Bool

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = fields.choice("reduction")
        isLogarithm = fields.flag("log_target")
    }

    func divisor(_ output: Shape) -> Double {
        switch reduction {
        case "mean": Double(output.count)
        case "batchmean": Double(output.dimensions.first ?? 1)
        default: 1
        }
    }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        // 0 log 0 is 0.
        isLogarithm ? S.exp(t) * (t - x) : (t == 0 ? 0 : t * S.log(t)) - t * x
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { isLogarithm ? -S.exp(t) : -t }
}
