/// −x.
struct Neg: Entrywise {
    static let type = "neg"
    static let summary = "The input with the other sign."
    static let formula = "y_i = -x_i"
    static let slopeFormula = "-1"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { -x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { -1 }
}

/// eˣ.
struct Exp: Entrywise {
    static let type = "exp"
    static let summary = "The exponential function."
    static let formula = "y_i = e^{x_i}"
    static let slopeFormula = "y_i"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.exp(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { y }
}

/// The natural logarithm: −∞ at 0, NaN below.
struct Log: Entrywise {
    static let type = "log"
    static let summary = "The natural logarithm."
    static let formula = "y_i = \\log x_i"
    static let slopeFormula = "\\frac{1}{x_i}"
    static let examples = [LayerExample([.positiveSample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.log(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { 1 / x }
}

/// √x: its derivative at 0 is infinite; NaN below.
struct Sqrt: Entrywise {
    static let type = "sqrt"
    static let summary = "The square root."
    static let formula = "y_i = \\sqrt{x_i}"
    static let slopeFormula = "\\frac{1}{2 y_i}"
    static let operationsPerEntry = 4.0
    static let examples = [LayerExample([.positiveSample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.sqrt(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { 0.5 / y }
}

/// x².
struct Square: Entrywise {
    static let type = "square"
    static let summary = "The input times itself."
    static let formula = "y_i = x_i^2"
    static let slopeFormula = "2 x_i"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x * x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { 2 * x }
}

/// |x|, with derivative 0 at 0.
struct Abs: Entrywise {
    static let type = "abs"
    static let summary = "The absolute value."
    static let formula = "y_i = |x_i|"
    static let slopeFormula = "\\operatorname{sgn}(x_i),\\quad \\operatorname{sgn}(0) = 0"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.abs(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { S.sign(x) }
}

/// The sine of an angle in radians.
struct Sin: Entrywise {
    static let type = "sin"
    static let summary = "The sine."
    static let formula = "y_i = \\sin x_i"
    static let slopeFormula = "\\cos x_i"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.sin(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { S.cos(x) }
}

/// The cosine of an angle in radians.
struct Cos: Entrywise {
    static let type = "cos"
    static let summary = "The cosine."
    static let formula = "y_i = \\cos x_i"
    static let slopeFormula = "-\\sin x_i"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.cos(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { -S.sin(x) }
}

/// xᵖ for a constant p: NaN where x is negative and p not an integer; x⁰ is 1 and its derivative 0 everywhere.
struct Pow: Entrywise {
    static let type = "pow"
    static let summary = "The input to a constant power."
    static let fields: [Field] = [.required("exponent", .number(.any), "The power p, a constant.")]
    static let formula = "y_i = x_i^p"
    static let slopeFormula = "p\\, x_i^{p-1}"
    static let operationsPerEntry = 20.0
    static let examples = [
        LayerExample([.sample(2, 3)], fields: ["exponent": .number(3)]),
        LayerExample([.positiveSample(4, 2)], fields: ["exponent": .number(-0.5)]),
    ]

    private let exponent: Double

    init(_ fields: FieldValues) { exponent = fields.number("exponent") }
    func f<S: Scalar>(_ x: S) -> S { power(x, exponent) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { exponent == 0 ? 0 : S(exponent) * power(x, exponent - 1) }

    /// The powers that are most often asked for are products, which take a tenth of the time.
    private func power<S: Scalar>(_ x: S, _ p: Double) -> S {
        p == 1 ? x : p == 2 ? x * x : p == 3 ? x * x * x : S.pow(x, p)
    }
}

/// The input times a constant.
struct Scale: Entrywise {
    static let type = "scale"
    static let summary = "The input times a constant."
    static let fields: [Field] = [.required("factor", .number(.any), "The constant.")]
    static let formula = "y_i = \\text{factor} \\cdot x_i"
    static let slopeFormula = "\\text{factor}"
    static let operationsPerEntry = 1.0
    static let examples = [LayerExample([.sample(2, 3)], fields: ["factor": .number(-1.7)])]

    private let factor: Double

    init(_ fields: FieldValues) { factor = fields.number("factor") }
    func f<S: Scalar>(_ x: S) -> S { S(factor) * x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { S(factor) }
}
