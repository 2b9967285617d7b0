/// The binary cross entropy between probabilities and targets (PyTorch's `binary_cross_entropy`).
///
/// The logarithms are held at −100 and the gradient's denominator at 10⁻¹², so that both stay finite for outputs of 0
/// and 1. Outside 0…1 the loss is NaN.
struct BCE: EntrywiseLoss {
    static let type = "bce"
    static let summary = "The binary cross entropy of probabilities."
    static let fields: [Field] = [
        .target("Probabilities, each within 0…1; of the output's shape."),
        Reduction.field,
        .optional("weight", .constant, "A factor for each entry; broadcasts to the output's shape."),
    ]
    static let formula = "C = -\\frac{1}{n} \\sum_i w_i \\left(t_i \\log x_i + (1 - t_i) \\log(1 - x_i)\\right)"
    static let gradientFormula = "\\partial C/\\partial x_i = \\tfrac{w_i}{n} \\frac{x_i - t_i}{x_i\\,(1 - x_i)}"
    static let examples = [
        LossExample(.unitSample(2, 3), fields: ["target": .constant(.unitSample(2, 3, seed: 1))]),
        LossExample(
            .unitSample(4, 2),
            fields: [
                "target": .constant(Tensor(shape: [4, 2], elements: [0, 1, 1, 1, 0, 1, 0, 0])),
                "weight": .constant(.positiveSample(2, seed: 2)), "reduction": .choice("sum"),
            ]
        ),
    ]

    let target: Tensor<Double>
    let weight: Tensor<Double>?
    private let reduction: Reduction

    init(_ fields: FieldValues) {
        target = fields.target
        weight = fields.constant("weight")
        reduction = Reduction(fields)
    }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        let expected = "a target of bce must lie in 0...1"
        if checkElements(of: "target", target, expected, faults: &faults, allows: { $0 >= 0 && $0 <= 1 }) {
            checkTarget(target, has: output, faults: &faults)
        }
        checkStretches("weight", weight, to: output, faults: &faults)
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        (t - 1) * S.maximum(S.log(onePlus: -x), -100) - t * S.maximum(S.log(x), -100)
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S { (x - t) / S.maximum((1 - x) * x, 1e-12) }
}

/// The binary cross entropy between the logistic function of the output and targets (PyTorch's
/// `binary_cross_entropy_with_logits`).
///
/// With σ the logistic function, −log σ(x) = log(1 + e⁻ˣ) neither overflows nor loses its digits.
struct BCEWithLogits: EntrywiseLoss {
    static let type = "bce_with_logits"
    static let summary = "Logistic function and binary cross entropy in one."
    static let fields: [Field] = [
        .target("Probabilities; of the output's shape."),
        Reduction.field,
        .optional("weight", .constant, "A factor for each entry; broadcasts to the output's shape."),
        .optional("pos_weight", .constant, "A factor for the positive part; broadcasts to the output's shape."),
    ]
    static let formula = """
        C = -\\frac{1}{n} \\sum_i w_i \\left(p_i t_i \\log \\sigma(x_i) + (1 - t_i) \\log \\sigma(-x_i)\\right),\\quad \
        \\sigma(x) = \\frac{1}{1 + e^{-x}}
        """
    static let gradientFormula =
        "\\partial C/\\partial x_i = \\tfrac{w_i}{n} \\left((1 - t_i)\\, \\sigma(x_i) - p_i t_i\\, \\sigma(-x_i)\\right)"
    static let examples = [
        LossExample(.sample(2, 3), fields: ["target": .constant(.unitSample(2, 3, seed: 1))]),
        LossExample(
            .sample(4, 2),
            fields: [
                "target": .constant(.unitSample(4, 2, seed: 1)), "weight": .constant(.positiveSample(4, 1, seed: 2)),
                "pos_weight": .constant(.positiveSample(2, seed: 3)), "reduction": .choice("sum"),
            ]
        ),
    ]

    let target: Tensor<Double>
    let weight: Tensor<Double>?
    let constant: Tensor<Double>?
    private let reduction: Reduction

    init(_ fields: FieldValues) {
        target = fields.target
        weight = fields.constant("weight")
        constant = fields.constant("pos_weight")
        reduction = Reduction(fields)
    }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        checkTarget(target, has: output, faults: &faults)
        checkStretches("weight", weight, to: output, faults: &faults)
        checkStretches("pos_weight", constant, to: output, faults: &faults)
    }

    func divisor(_ output: Shape) -> Double { reduction.divisor(output.count) }

    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let rest = S.log(onePlus: S.exp(-S.abs(x)))
        return (1 - t) * ((x > 0 ? x : 0) + rest) + c * t * ((x < 0 ? -x : 0) + rest)
    }

    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S {
        let (positive, negative) = S.sigmoids(x)
        return (1 - t) * positive - c * t * negative
    }
}

extension Tensor<Double> {
    /// As `sample`, within 0.05…1.
    static func unitSample(_ dimensions: Int..., seed: Int = 0) -> Tensor {
        sample(Shape(dimensions), seed: seed).map { Swift.abs($0) / 2 }
    }
}
