/// a + b, with broadcasting.
///
/// As in the other layers of two inputs, an entry that is used repeatedly gets the sum of its uses' gradients.
struct Add: PairwiseLayer {
    static let type = "add"
    static let summary = "The sum of two inputs."
    static let formula = "y = a + b"
    static let gradients = GradientFormula.pair(
        index: ("g_i", "g_i"),
        matrix: ("g", "g")
    )
    static let examples = [LayerExample].pairs
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ a: S, _ b: S) -> S { a + b }
    func pull<S: Scalar>(_ a: S, _ b: S, _ y: S, _ g: S) -> (S, S) { (g, g) }
}

/// a − b, with broadcasting.
struct Sub: PairwiseLayer {
    static let type = "sub"
    static let summary = "The difference of two inputs."
    static let formula = "y = a - b"
    static let gradients = GradientFormula.pair(
        index: ("g_i", "-g_i"),
        matrix: ("g", "-g")
    )
    static let examples = [LayerExample].pairs
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ a: S, _ b: S) -> S { a - b }
    func pull<S: Scalar>(_ a: S, _ b: S, _ y: S, _ g: S) -> (S, S) { (g, -g) }
}

/// a b entry by entry, with broadcasting.
struct Mul: PairwiseLayer {
    static let type = "mul"
    static let summary = "The product of two inputs, entry by entry."
    static let formula = "y = a \\odot b"
    static let gradients = GradientFormula.pair(
        index: ("b_i\\, g_i", "a_i\\, g_i"),
        matrix: ("b \\odot g", "a \\odot g")
    )
    static let examples = [LayerExample].pairs
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ a: S, _ b: S) -> S { a * b }
    func pull<S: Scalar>(_ a: S, _ b: S, _ y: S, _ g: S) -> (S, S) { (b * g, a * g) }
}

/// a / b entry by entry, with broadcasting; infinite or NaN where b is 0.
struct Div: PairwiseLayer {
    static let type = "div"
    static let summary = "The quotient of two inputs, entry by entry."
    static let formula = "y = a \\oslash b"
    static let gradients = GradientFormula.pair(
        index: ("\\frac{g_i}{b_i}", "-\\frac{y_i\\, g_i}{b_i}"),
        matrix: ("g \\oslash b", "-(y \\odot g) \\oslash b")
    )
    static let examples = [LayerExample].pairs
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ a: S, _ b: S) -> S { a / b }
    func pull<S: Scalar>(_ a: S, _ b: S, _ y: S, _ g: S) -> (S, S) { (g / b, -(y / b) * g) }
}

extension GradientFormula {
    /// The gradients of a function of two entries, by the right-hand sides for either.
    fileprivate static func pair(index: (String, String), matrix: (String, String)) -> [GradientFormula] {
        [("a", index.0, matrix.0), ("b", index.1, matrix.1)].enumerated().map { position, side in
            let (name, entry, whole) = side
            let left = "\\partial C/\\partial \(name)"
            return GradientFormula(
                "inputs[\(position)]",
                index: "\(left)_i = \(entry)" + repetition(of: name),
                matrix: "\(left) = \(whole)"
            )
        }
    }
}

extension GradientFormula {
    /// What is said of an operand that broadcasting may repeat.
    private static func repetition(of name: String) -> String {
        " \\text{ (summed where } \(name)_i \\text{ is repeated)}"
    }

    /// The formulas for operands of one shape, where nothing is repeated.
    fileprivate static func unrepeated(_ pair: [GradientFormula]) -> [GradientFormula] {
        zip(["a", "b"], pair).map { name, formula in
            GradientFormula(
                formula.variable,
                index: formula.index.replacing(repetition(of: name), with: ""),
                matrix: formula.matrix
            )
        }
    }
}

extension PairwiseLayer {
    static var letters: [String: FormulaLetter] { ["a": .input(0), "b": .input(1), "y": .output, "g": .gradient] }

    func formulas(operands: [Shape?]) -> LayerFormulas {
        let isEven = operands[0] == operands[1]
        return LayerFormulas(
            formula: Self.formula,
            gradients: isEven ? GradientFormula.unrepeated(Self.gradients) : Self.gradients
        )
    }
}

extension [LayerExample] {
    /// Inputs of one shape; inputs that stretch each other; one of fewer dimensions.
    fileprivate static var pairs: [LayerExample] {
        [
            LayerExample([.sample(2, 3), .sample(2, 3, seed: 1)]),
            LayerExample([.sample(2, 1, 4), .sample(3, 1, seed: 1)]),
            LayerExample([.sample(3), .sample(4, 2, 3, seed: 1)]),
        ]
    }
}
