/// The negative log likelihood under a normal distribution whose mean is the output (PyTorch's `gaussian_nll_loss`).
///
/// The variance is of the output's shape, or that with a last dimension of 1 or without it, or a scalar; it is held at
/// `eps` from below. With `full` the constant log(2π) / 2 is added.
struct GaussianNLL: EntrywiseLoss {
    static let type = "gaussian_nll"
    static let summary = "The negative log likelihood under a normal distribution of given variance."
    static let fields: [Field] = [
        .target("What the output should be; of its shape."),
        Reduction.field,
        .required(
            "var",
            .constant,
            "The variance, not negative; for each entry, or one for all of the last dimension."
        ),
        .optional("full", .flag, standard: .flag(false), "Whether the constant term is added."),
        .number("eps", standard: 1e-6, "The least variance that is taken."),
    ]
    static let formula =
        "C = \\frac{1}{2n} \\sum_i \\left(\\log v_i + \\frac{(x_i - t_i)^2}{v_i}\\right),\\quad "
        + "v_i = \\max(\\text{var}_i, \\varepsilon)"
    static let gradientFormula = "\\partial C/\\partial x_i = \\frac{x_i - t_i}{n\\, v_i}"
    static let examples = [
        LossExample(
            .sample(2, 3),
            fields: ["target": .constant(.sample(2, 3, seed: 1)), "var": .constant(.positiveSample(2, 3, seed: 2))]
        ),
        LossExample(
            .sample(4, 2),
            fields: [
                "target": .constant(.sample(4, 2, seed: 1)), "var": .constant(.positiveSample(4, seed: 2)),
                "full": .flag(true), "eps": .number(0.5), "reduction": .choice("sum"),
            ]
        ),
    ]

    let target: Tensor<Double>
    private let reduction: Reduction
    private let variance: Tensor<Double>
    private let isFull: Bool
    private let epsilon: Double

    /// The variance in a shape that stretches to the output's.
    let constant: Tensor<Double>?

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        isFull = fields.flag("full")
        epsilon = fields.number("eps")
        variance = fields.constant("var") ?? Tensor(1)
        let (least, held) = (epsilon, variance)
        let isShort = held.shape.rank > 0 && held.shape.rank == target.shape.rank - 1
        constant = held.map { $0 < least ? least : $0 }.reshaped(to: isShort ? held.shape + [1] : held.shape)
    }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        checkTarget(target, has: output, faults: &faults)
        let isFine = checkElements(
            of: "var",
            variance,
            "a variance must not be negative",
            faults: &faults,
            allows: { !($0 < 0) }
        )
        let last = max(output.rank - 1, 0)
        let allowed = [output, output[0..<last], output[0..<last] + [1], []]
        guard isFine, !allowed.contains(variance.shape) else { return }
        let detail = "var must be \(output), \(output[0..<last] + [1]) or \(output[0..<last]); it is \(variance.shape)"
        faults.append(OperandShapes.Fault(place: .field("var"), detail: detail))
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let kernel = 0.5 * (S.log(c) + (x - t) * (x - t) / c)
        return isFull ? kernel + S(0.918_938_533_204_672_8) : kernel
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { (x - t) / c }
}
