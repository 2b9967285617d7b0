/// max(x, 0), with derivative 0 at 0 (Nair & Hinton 2010).
struct ReLU: Entrywise {
    static let type = "relu"
    static let summary = "The rectifier, max(x, 0)."
    static let formula = "y_i = \\max(x_i, 0)"
    static let slopeFormula = "[x_i > 0]"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x <= 0 ? 0 : x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x <= 0 ? 0 : 1 }
}

/// x held within 0…6, with derivative 0 at both edges (Krizhevsky 2010).
struct ReLU6: Entrywise {
    static let type = "relu6"
    static let summary = "The rectifier held at 6."
    static let formula = "y_i = \\min(\\max(x_i, 0), 6)"
    static let slopeFormula = "[0 < x_i < 6]"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.scaledSample(2, 4, by: 4)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x <= 0 ? 0 : x >= 6 ? 6 : x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x <= 0 || x >= 6 ? 0 : 1 }
}

/// x, or x times a small slope where it is not positive (Maas and others 2013).
struct LeakyReLU: Entrywise {
    static let type = "leaky_relu"
    static let summary = "The rectifier with a small slope for negative numbers."
    static let fields: [Field] = [
        .number("negative_slope", standard: 0.01, "The slope where x is not positive.")
    ]
    static let formula = "y_i = \\begin{cases} x_i & x_i > 0 \\\\ s\\, x_i & \\text{else} \\end{cases}"
    static let slopeFormula = "\\begin{cases} 1 & x_i > 0 \\\\ s & \\text{else} \\end{cases}"
    static let operationsPerEntry = 1.0
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(4, 2)], fields: ["negative_slope": .number(0.3)]),
    ]

    private let negativeSlope: Double

    init(_ fields: FieldValues) { negativeSlope = fields.number("negative_slope") }
    func f<S: Scalar>(_ x: S) -> S { x > 0 ? x : S(negativeSlope) * x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x > 0 ? 1 : S(negativeSlope) }
}

/// x held within a range, with derivative 0 at both edges (Collobert 2004).
struct Hardtanh: Entrywise {
    static let type = "hardtanh"
    static let summary = "The input held within a range."
    static let fields: [Field] = [
        .number("min_val", standard: -1, "The least output."),
        .number("max_val", standard: 1, "The greatest output, not less than min_val."),
    ]
    static let formula = "y_i = \\min(\\max(x_i, a), b),\\quad a = \\text{min\\_val},\\ b = \\text{max\\_val}"
    static let slopeFormula = "[a < x_i < b]"
    static let operationsPerEntry = 1.0
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(4, 2)], fields: ["min_val": .number(-0.5), "max_val": .number(1.5)]),
    ]

    private let least: Double
    private let greatest: Double

    init(_ fields: FieldValues) {
        least = fields.number("min_val")
        greatest = fields.number("max_val")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        if least > greatest {
            operands.fault("max_val", "max_val must not be less than min_val \(least); it is \(greatest)")
        }
        return operands.input()
    }

    func f<S: Scalar>(_ x: S) -> S { x <= S(least) ? S(least) : x >= S(greatest) ? S(greatest) : x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x <= S(least) || x >= S(greatest) ? 0 : 1 }
}

/// (x + 3) / 6 held within 0…1, with derivative 0 at both edges (Courbariaux and others 2015).
struct Hardsigmoid: Entrywise {
    static let type = "hardsigmoid"
    static let summary = "The logistic function's piecewise linear form."
    static let formula = "y_i = \\min\\left(\\max\\left(\\frac{x_i + 3}{6}, 0\\right), 1\\right)"
    static let slopeFormula = "\\tfrac{1}{6} [-3 < x_i < 3]"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.scaledSample(2, 3, by: 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6 }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x <= -3 || x >= 3 ? 0 : S(1.0 / 6) }
}

/// x times its hardsigmoid, with derivative 0 at −3 and 1 at 3 (Howard and others 2019).
struct Hardswish: Entrywise {
    static let type = "hardswish"
    static let summary = "The input times its hardsigmoid."
    static let formula = "y_i = x_i \\min\\left(\\max\\left(\\frac{x_i + 3}{6}, 0\\right), 1\\right)"
    static let slopeFormula =
        "\\begin{cases} 0 & x_i \\le -3 \\\\ 1 & x_i \\ge 3 \\\\ \\frac{x_i}{3} + \\frac{1}{2} & \\text{else} \\end{cases}"
    static let operationsPerEntry = 2.0
    static let examples = [LayerExample([.scaledSample(2, 3, by: 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6 }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5 }
}
