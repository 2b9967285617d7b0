/// x σ(x), σ being the logistic function (Elfwing and others 2018); also called swish.
struct SiLU: Entrywise {
    static let type = "silu"
    static let summary = "The input times its logistic function."
    static let formula = "y_i = x_i\\, \\sigma(x_i),\\quad \\sigma(x) = \\frac{1}{1 + e^{-x}}"
    static let slopeFormula = "\\sigma(x_i) + y_i\\,(1 - \\sigma(x_i))"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x * S.sigmoid(x) }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S {
        let (gate, rest) = S.sigmoids(x)
        return gate + y * rest
    }
}

/// x tanh(log(1 + eˣ)) (Misra 2020).
///
/// The tangent of the logarithm is a rational function of e^−|x|, which neither overflows nor cancels.
struct Mish: Entrywise {
    static let type = "mish"
    static let summary = "The input times the hyperbolic tangent of its softplus."
    static let formula = "y_i = x_i \\tanh s_i,\\quad s_i = \\log(1 + e^{x_i})"
    static let slopeFormula = "\\tanh s_i + \\frac{x_i\\,(1 - \\tanh^2 s_i)}{1 + e^{-x_i}}"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x * gate(x).value }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S {
        let (t, rest, sigmoid) = gate(x)
        return t + x * (rest * (1 + t) * sigmoid)
    }

    /// t = tanh(log(1 + eˣ)), 1 − t and the logistic function of x.
    private func gate<S: Scalar>(_ x: S) -> (value: S, rest: S, sigmoid: S) {
        if x > 0 {
            let e = S.exp(-x)
            let numerator = 1 + 2 * e
            let denominator = numerator + 2 * (e * e)
            return (numerator / denominator, 2 * (e * e) / denominator, 1 / (1 + e))
        }
        let e = S.exp(x)
        let numerator = e * (e + 2)
        let denominator = numerator + 2
        return (numerator / denominator, 2 / denominator, e / (1 + e))
    }
}

/// x Φ(x), Φ being the standard normal distribution function, exactly or through a hyperbolic tangent
/// (Hendrycks & Gimpel 2016).
struct GELU: Entrywise {
    static let type = "gelu"
    static let summary = "The Gaussian error linear unit."
    static let fields: [Field] = [
        .optional(
            "approximate",
            .choice(["none", "tanh"]),
            standard: .choice("none"),
            "Whether the distribution function is exact or approximated by a hyperbolic tangent."
        )
    ]
    static let formula = """
        y_i = x_i\\, \\Phi(x_i),\\quad \\Phi(x) = \\tfrac{1}{2} \\left(1 + \\operatorname{erf} \\tfrac{x}{\\sqrt{2}}\\right) \
        \\text{ or } \\tfrac{1}{2} \\left(1 + \\tanh\\left(\\sqrt{\\tfrac{2}{\\pi}}\\,(x + 0.044715\\, x^3)\\right)\\right)
        """
    static let slopeFormula = """
        \\Phi(x_i) + x_i\\, \\Phi'(x_i),\\quad \\Phi'(x) = \\tfrac{1}{\\sqrt{2\\pi}} e^{-x^2/2} \
        \\text{ or } \\sqrt{\\tfrac{2}{\\pi}}\\,(1 + 0.134145\\, x^2)\\, 2\\, \\Phi(x)\\,(1 - \\Phi(x))
        """
    static let operationsPerEntry = 20.0
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(4, 2)], fields: ["approximate": .choice("tanh")]),
    ]

    private let isExact: Bool

    init(_ fields: FieldValues) { isExact = fields.choice("approximate") == "none" }

    func f<S: Scalar>(_ x: S) -> S { isExact ? x * distribution(x) : x * S.sigmoid(argument(x)) }

    func slope<S: Scalar>(_ x: S, _ y: S) -> S {
        if isExact { return distribution(x) + x * (S(0.398_942_280_401_432_7) * S.exp(-0.5 * x * x)) }
        // Out there the slope is 0 or 1 to the last digit, while powers of x might overflow.
        if x > 100 { return 1 }
        if x < -100 { return 0 }
        let (gate, rest) = S.sigmoids(argument(x))
        return gate + y * rest * (S(1.595_769_121_605_730_7) * (1 + 0.134145 * (x * x)))
    }

    /// Φ(x) = erfc(−x / √2) / 2, accurate for very negative x as well.
    private func distribution<S: Scalar>(_ x: S) -> S { 0.5 * S.erfc(S(-0.707_106_781_186_547_5) * x) }

    /// The z for which the approximation (1 + tanh(z / 2)) / 2 is σ(z).
    private func argument<S: Scalar>(_ x: S) -> S { S(1.595_769_121_605_730_7) * (x * (1 + 0.044715 * (x * x))) }
}
