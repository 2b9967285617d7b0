/// a + b, with broadcasting.
struct Add: PairwiseLayer {
    static let type = "add"
    static let summary = "The sum of two inputs."
    static let formula = "y = a + b"
    static let gradients = [
        GradientFormula("inputs[0]", index: "\\partial C/\\partial a_i = g_i", matrix: "\\partial C/\\partial a = g"),
        GradientFormula("inputs[1]", index: "\\partial C/\\partial b_i = g_i", matrix: "\\partial C/\\partial b = g"),
    ]
    static let examples = [
        LayerExample([.sample(2, 3), .sample(2, 3, seed: 1)]),
        LayerExample([.sample(2, 1, 4), .sample(3, 1, seed: 1)]),
    ]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ a: S, _ b: S) -> S { a + b }
    func pull<S: Scalar>(_ a: S, _ b: S, _ y: S, _ g: S) -> (S, S) { (g, g) }
}
