/// The inputs one after the other along a dimension (PyTorch's `cat`).
///
/// Inputs are (…, nₖ, …) and alike in the other dimensions; y is (…, Σ nₖ, …). Each input gets its own part of the
/// gradient.
struct Concat: Layer {
    static let type = "concat"
    static let summary = "The inputs one after the other along a dimension."
    static let arity = Arity.atLeast(2)
    static let fields: [Field] = [
        .optional("dim", .integer(minimum: .min), standard: .integers([0]), "The dimension along which they follow.")
    ]
    static let shapeRule = "the inputs' shape, the lengths of dimension dim being added"
    static let formula = "y = (x^{(0)}, x^{(1)}, \\dots)"
    static let letters: [String: FormulaLetter] = ["y": .output, "g": .gradient]
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x^{(0)}_i = g_i",
            matrix: "\\partial C/\\partial x^{(0)} = g_{0 : n_0}"
        ),
        GradientFormula(
            "inputs[1]",
            index: "\\partial C/\\partial x^{(1)}_i = g_{n_0 + i}",
            matrix: "\\partial C/\\partial x^{(1)} = g_{n_0 : n_0 + n_1}"
        ),
    ]
    static let examples = [
        LayerExample([.sample(2, 3), .sample(4, 3, seed: 1)]),
        LayerExample(
            [.sample(2, 3, 4), .sample(2, 1, 4, seed: 1), .sample(2, 5, 4, seed: 2)],
            fields: ["dim": .integers([-2])]
        ),
    ]

    private let dim: Int

    init(_ fields: FieldValues) { dim = fields.integer("dim") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let inputs = operands.allInputs, let first = inputs.first else { return nil }
        guard !inputs.contains(where: { $0.rank == 0 }) else {
            return operands.faultOfInputs("inputs must have one dimension or more; one is a scalar")
        }
        guard let dim = operands.dimension("dim", dim, in: first) else { return nil }
        var total = first[dim]
        for (index, shape) in inputs.enumerated().dropFirst() {
            guard shape.rank == first.rank, shape.replacing(dim, with: first[dim]) == first else {
                let expected = "inputs must be alike in all dimensions but \(dim)"
                return operands.faultOfInputs("\(expected); input 0 is \(first) and input \(index) is \(shape)")
            }
            let (next, overflows) = total.addingReportingOverflow(shape[dim])
            guard !overflows else { return operands.faultOfInputs("the inputs' lengths add up to more than 2^63") }
            total = next
        }
        return first.replacing(dim, with: total)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let inputs = (0..<operands.inputCount).map { operands.input($0) }
        let first = inputs[0].shape
        let dim = first.index(of: dim) ?? 0
        let shape = first.replacing(dim, with: inputs.reduce(0) { $0 + $1.shape[dim] })
        let outer = first[0..<dim].count
        // What each input contributes for one index of the dimensions before `dim`.
        let runs = inputs.map { $0.count / outer }
        let values = [S](capacity: shape.count) { out in
            for block in 0..<outer {
                for (input, run) in zip(inputs, runs) {
                    let xs = input.elements.span
                    for i in block * run..<(block + 1) * run { out.append(xs[i]) }
                }
            }
        }
        let shapes = inputs.map(\.shape)
        return Evaluation(Tensor(shape: shape, elements: values)) { cotangent, wanted in
            let gs = cotangent.elements.span
            let period = runs.reduce(0, +)
            var gradients: [Tensor<S>?] = []
            var offset = 0
            for (index, run) in runs.enumerated() {
                defer { offset += run }
                guard wanted[index] else {
                    gradients.append(nil)
                    continue
                }
                let part = [S](capacity: outer * run) { out in
                    for block in 0..<outer {
                        for i in block * period + offset..<block * period + offset + run { out.append(gs[i]) }
                    }
                }
                gradients.append(Tensor(shape: shapes[index], elements: part))
            }
            return gradients
        }
    }

    /// Each input's own part of the gradient, by where it begins.
    func formulas(operands: [Shape?]) -> LayerFormulas {
        var start = 0
        var gradients: [GradientFormula] = []
        for (k, shape) in operands.compactMap({ $0 }).enumerated() {
            let length = shape.rank == 0 ? 1 : shape[shape.index(of: dim) ?? 0]
            let left = "\\partial C/\\partial x^{(\(k))}"
            let entry = start == 0 ? "g_i" : "g_{\(start) + i}"
            gradients.append(
                GradientFormula(
                    "inputs[\(k)]",
                    index: "\(left)_i = \(entry)",
                    matrix: "\(left) = g_{\(start) : \(start + length)}"
                )
            )
            start += length
        }
        return LayerFormulas(formula: Self.formula, gradients: gradients)
    }
}
