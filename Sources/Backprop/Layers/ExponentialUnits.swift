/// x, or α (eˣ − 1) where it is not positive, with derivative α at 0 (Clevert and others 2016).
struct ELU: Entrywise {
    static let type = "elu"
    static let summary = "The exponential linear unit."
    static let fields: [Field] = [.number("alpha", standard: 1, "The output's limit −α for very negative numbers.")]
    static let formula = "y_i = \\begin{cases} x_i & x_i > 0 \\\\ \\alpha (e^{x_i} - 1) & \\text{else} \\end{cases}"
    static let slopeFormula = "\\begin{cases} 1 & x_i > 0 \\\\ \\alpha e^{x_i} & \\text{else} \\end{cases}"
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(4, 2)], fields: ["alpha": .number(0.7)]),
    ]

    private let alpha: Double

    init(_ fields: FieldValues) { alpha = fields.number("alpha") }
    func f<S: Scalar>(_ x: S) -> S { x > 0 ? x : S(alpha) * S.expMinusOne(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x > 0 ? 1 : S(alpha) * S.exp(x) }
}

/// x, or α (eˣᐟᵅ − 1) where it is not positive: continuously differentiable for every α (Barron 2017).
struct CELU: Entrywise {
    static let type = "celu"
    static let summary = "The exponential linear unit with a continuous derivative."
    static let fields: [Field] = [
        .number("alpha", standard: 1, "The output's limit −α for very negative numbers; not 0.")
    ]
    static let formula =
        "y_i = \\begin{cases} x_i & x_i > 0 \\\\ \\alpha (e^{x_i/\\alpha} - 1) & \\text{else} \\end{cases}"
    static let slopeFormula = "\\begin{cases} 1 & x_i > 0 \\\\ e^{x_i/\\alpha} & \\text{else} \\end{cases}"
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(4, 2)], fields: ["alpha": .number(0.7)]),
    ]

    private let alpha: Double

    init(_ fields: FieldValues) { alpha = fields.number("alpha") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        if alpha == 0 { operands.fault("alpha", "alpha must not be 0; it is 0") }
        return operands.input()
    }

    func f<S: Scalar>(_ x: S) -> S { x > 0 ? x : S(alpha) * S.expMinusOne(x / S(alpha)) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x > 0 ? 1 : S.exp(x / S(alpha)) }
}

/// λ times the exponential linear unit of α, the constants being such that activations keep mean 0 and variance 1
/// (Klambauer and others 2017); the derivative at 0 is λα.
struct SELU: Entrywise {
    static let type = "selu"
    static let summary = "The self-normalising exponential linear unit."
    static let formula = """
        y_i = \\lambda \\begin{cases} x_i & x_i > 0 \\\\ \\alpha (e^{x_i} - 1) & \\text{else} \\end{cases},\\quad \
        \\lambda \\approx 1.0507,\\ \\alpha \\approx 1.6733
        """
    static let slopeFormula = "\\lambda \\begin{cases} 1 & x_i > 0 \\\\ \\alpha e^{x_i} & \\text{else} \\end{cases}"
    static let examples = [LayerExample([.sample(2, 3)])]

    private static let lambda = 1.050_700_987_355_480_5
    private static let lambdaAlpha = 1.758_099_340_847_376_8

    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x > 0 ? S(Self.lambda) * x : S(Self.lambdaAlpha) * S.expMinusOne(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x > 0 ? S(Self.lambda) : S(Self.lambdaAlpha) * S.exp(x) }
}
