/// max(x, 0), with derivative 0 at 0.
struct ReLU: Entrywise {
    static let type = "relu"
    static let summary = "The rectifier, max(x, 0)."
    static let formula = "y_i = \\max(x_i, 0)"
    static let slopeFormula = "[x_i > 0]"
    static let examples = [LayerExample([.sample(2, 3)])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x < 0 ? 0 : x }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x > 0 ? 1 : 0 }
    func work(operands: [Shape], output: Shape) -> Work { Work(operations: Double(output.count)) }
}

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
