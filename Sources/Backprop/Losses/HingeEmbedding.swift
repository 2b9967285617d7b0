/// The output where the target is 1, and what it falls short of a margin where the target is −1 (PyTorch's
/// `hinge_embedding_loss`).
///
/// At the margin the derivative is −1, as below it.
struct HingeEmbedding: EntrywiseLoss {
    static let type = "hinge_embedding"
    static let summary = "Distances of similar pairs, and what those of dissimilar pairs lack to a margin."
    static let fields: [Field] = [
        .target("1 for similar, -1 for dissimilar; of the output's shape."),
        Reduction.field,
        .number("margin", standard: 1, "The distance from which on dissimilar pairs cost nothing."),
    ]
    static let formula = """
        C = \\frac{1}{n} \\sum_i \\begin{cases} x_i & t_i = 1 \\\\ \
        \\max(0, \\text{margin} - x_i) & t_i = -1 \\end{cases}
        """
    static let gradientFormula = """
        \\partial C/\\partial x_i = \\tfrac{1}{n} \\begin{cases} 1 & t_i = 1 \\\\ \
        -[x_i \\le \\text{margin}] & t_i = -1 \\end{cases}
        """
    static let examples = [
        LossExample(
            .sample(2, 3),
            fields: ["target": .constant(Tensor(shape: [2, 3], elements: [1, -1, -1, 1, -1, 1]))]
        ),
        LossExample(
            .sample(4, 2),
            fields: [
                "target": .constant(Tensor(shape: [4, 2], elements: [-1, -1, -1, 1, 1, -1, 1, -1])),
                "margin": .number(0.3), "reduction": .choice("sum"),
            ]
        ),
    ]

    let target: Tensor<Double>
    private let reduction: Reduction
    private let margin: Double

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        margin = fields.number("margin")
    }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        let expected = "a target of hinge_embedding must be 1 or -1"
        if checkElements(of: "target", target, expected, faults: &faults, allows: { $0 == 1 || $0 == -1 }) {
            checkTarget(target, has: output, faults: &faults)
        }
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        if t > 0 { return x }
        return x > S(margin) ? 0 : S(margin) - x
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        if t > 0 { return 1 }
        return x > S(margin) ? 0 : -1
    }
}
