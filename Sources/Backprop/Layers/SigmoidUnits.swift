/// 1 / (1 + e⁻ˣ).
struct Sigmoid: Entrywise {
    static let type = "sigmoid"
    static let summary = "The logistic function."
    static let formula = "y_i = \\frac{1}{1 + e^{-x_i}}"
    static let slopeFormula = "y_i\\,(1 - y_i)"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.sigmoid(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { y * (1 - y) }
}

/// log(1 / (1 + e⁻ˣ)).
struct LogSigmoid: Entrywise {
    static let type = "logsigmoid"
    static let summary = "The logarithm of the logistic function."
    static let formula = "y_i = \\log \\frac{1}{1 + e^{-x_i}}"
    static let slopeFormula = "\\frac{1}{1 + e^{x_i}}"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { -S.softplus(-x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { S.sigmoid(-x) }
}

/// log(1 + eᵝˣ) / β, and x itself where βx lies above the threshold (Dugas and others 2001).
struct Softplus: Entrywise {
    static let type = "softplus"
    static let summary = "A smooth rectifier."
    static let fields: [Field] = [
        .number("beta", standard: 1, "How sharp the bend is."),
        .number("threshold", standard: 20, "Where beta · x lies above it the output is x."),
    ]
    static let formula = """
        y_i = \\begin{cases} x_i & \\beta x_i > \\text{threshold} \\\\ \
        \\frac{1}{\\beta} \\log(1 + e^{\\beta x_i}) & \\text{else} \\end{cases}
        """
    static let slopeFormula = """
        \\begin{cases} 1 & \\beta x_i > \\text{threshold} \\\\ \
        \\frac{1}{1 + e^{-\\beta x_i}} & \\text{else} \\end{cases}
        """
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(4, 2)], fields: ["beta": .number(2), "threshold": .number(1)]),
    ]

    private let beta: Double
    private let threshold: Double

    init(_ fields: FieldValues) {
        beta = fields.number("beta")
        threshold = fields.number("threshold")
    }

    func f<S: Scalar>(_ x: S) -> S {
        let z = S(beta) * x
        return z > S(threshold) ? x : S.softplus(z) / S(beta)
    }

    func slope<S: Scalar>(_ x: S, _ y: S) -> S {
        let z = S(beta) * x
        return z > S(threshold) ? 1 : S.sigmoid(z)
    }
}

/// The hyperbolic tangent.
struct Tanh: Entrywise {
    static let type = "tanh"
    static let summary = "The hyperbolic tangent."
    static let formula = "y_i = \\tanh x_i"
    static let slopeFormula = "1 - y_i^2"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { S.tanh(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { 1 - y * y }
}

/// x / (1 + |x|) (Turian and others 2009).
struct Softsign: Entrywise {
    static let type = "softsign"
    static let summary = "A sigmoid that nears its limits slowly."
    static let formula = "y_i = \\frac{x_i}{1 + |x_i|}"
    static let slopeFormula = "\\frac{1}{(1 + |x_i|)^2}"
    static let operationsPerEntry = 2.0
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x / (1 + S.abs(x)) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S {
        let root = 1 / (1 + S.abs(x))
        return root * root
    }
}
