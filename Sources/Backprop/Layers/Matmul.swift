/// The matrix product over the last two dimensions, the others being broadcast (PyTorch's `matmul`).
///
/// a is (…, n, k), b (…, k, m) and y (…, n, m). An input of one dimension is a row where it stands first and a column
/// where it stands second, and that dimension is left out of y. ∂C/∂A = g Bᵀ and ∂C/∂B = Aᵀ g, summed over the
/// matrices where one is repeated (Giles 2008).
struct Matmul: Layer {
    static let type = "matmul"
    static let summary = "The matrix product of two inputs."
    static let arity = Arity.exactly(2)
    static let shapeRule =
        "(…, n, k) and (…, k, m) to (…, n, m), the leading dimensions being broadcast; (k) is a row or a column"
    static let formula = "Y = A B,\\quad Y_{ij} = \\sum_k A_{ik} B_{kj}"
    static let letters: [String: FormulaLetter] = ["A": .input(0), "B": .input(1), "Y": .output, "g": .gradient]
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial A_{ik} = \\sum_j g_{ij}\\, B_{kj}",
            matrix: "\\partial C/\\partial A = g\\, B^\\top"
        ),
        GradientFormula(
            "inputs[1]",
            index: "\\partial C/\\partial B_{kj} = \\sum_i A_{ik}\\, g_{ij}",
            matrix: "\\partial C/\\partial B = A^\\top g"
        ),
    ]
    static let examples = [
        LayerExample([.sample(2, 3), .sample(3, 4, seed: 1)]),
        LayerExample([.sample(3), .sample(3, seed: 1)]),
        LayerExample([.sample(3), .sample(2, 3, 4, seed: 1)]),
        LayerExample([.sample(4, 2, 3), .sample(3, seed: 1)]),
        LayerExample([.sample(5, 2, 3), .sample(3, 4, seed: 1)]),
        LayerExample([.sample(2, 1, 3, 4), .sample(3, 4, 5, seed: 1)]),
    ]

    init(_ fields: FieldValues) {}

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let a = operands.input(0), let b = operands.input(1) else { return nil }
        guard a.rank > 0, b.rank > 0 else {
            return operands.faultOfInputs("inputs must have one dimension or more; they are \(a) and \(b)")
        }
        let (left, right) = (Matrices(left: a), Matrices(right: b))
        guard left.columns == right.rows else {
            let expected = "the first input is \(a), so the second must have \(left.columns) rows"
            return operands.faultOfInputs("\(expected); it is \(b)")
        }
        guard let batch = Broadcast.shape(left.batch, right.batch) else {
            return operands.faultOfInputs("the dimensions before the last two must broadcast; inputs are \(a) and \(b)")
        }
        return batch + (a.rank > 1 ? [left.rows] : []) + (b.rank > 1 ? [right.columns] : [])
    }

    /// Only where both inputs hold a matrix for each sample do the samples stay apart.

    func work(operands: [Shape], output: Shape) -> Work {
        Work(operations: Double(output.count) * Double(operands[0].last ?? 1))
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (a, b) = (operands.input(0), operands.input(1))
        var shapes = OperandShapes(inputs: [a.shape, b.shape], parameters: [:])
        var (left, right) = (Matrices(left: a.shape), Matrices(right: b.shape))
        // Many matrices times a single one are one taller matrix times it.
        if right.batch.count == 1 { left = left.stacked }
        right = right.batch.count == 1 ? right.single : right
        guard let shape = shape(of: &shapes), let broadcast = Broadcast(left.batch, right.batch) else {
            preconditionFailure("a validated layer's inputs fit")
        }
        let (n, k, m) = (left.rows, left.columns, right.columns)

        var product = [S](repeating: .zero, count: shape.count)
        do {
            let form = MatrixProduct(rows: n, columns: m, inner: k)
            let (xs, ys) = (a.elements.span, b.elements.span)
            var out = product.mutableSpan
            broadcast.forEach { position, i, j in
                var part = out._mutatingExtracting(position * n * m..<(position + 1) * n * m)
                S.multiply(form, xs.extracting(left.range(i)), ys.extracting(right.range(j)), into: &part)
            }
        }
        return Evaluation(Tensor(shape: shape, elements: product)) { cotangent, wanted in
            var gradients: [Tensor<S>?] = [nil, nil]
            let gs = cotangent.elements.span
            if wanted[0] {
                let form = MatrixProduct(rows: n, columns: k, inner: m, transposesB: true, accumulates: true)
                var gradient = [S](repeating: .zero, count: a.count)
                let ys = b.elements.span
                var out = gradient.mutableSpan
                broadcast.forEach { position, i, j in
                    var part = out._mutatingExtracting(left.range(i))
                    let g = gs.extracting(position * n * m..<(position + 1) * n * m)
                    S.multiply(form, g, ys.extracting(right.range(j)), into: &part)
                }
                gradients[0] = Tensor(shape: a.shape, elements: gradient)
            }
            if wanted[1] {
                let form = MatrixProduct(rows: k, columns: m, inner: n, transposesA: true, accumulates: true)
                var gradient = [S](repeating: .zero, count: b.count)
                let xs = a.elements.span
                var out = gradient.mutableSpan
                broadcast.forEach { position, i, j in
                    var part = out._mutatingExtracting(right.range(j))
                    let g = gs.extracting(position * n * m..<(position + 1) * n * m)
                    S.multiply(form, xs.extracting(left.range(i)), g, into: &part)
                }
                gradients[1] = Tensor(shape: b.shape, elements: gradient)
            }
            return gradients
        }
    }
}

/// A tensor of one dimension or more seen as matrices, `batch` of them.
private struct Matrices {
    var batch: Shape
    var rows: Int
    let columns: Int

    /// The matrices of a first factor; of one dimension it is a row.
    init(left shape: Shape) {
        batch = shape[0..<max(shape.rank - 2, 0)]
        rows = shape.rank > 1 ? shape[shape.rank - 2] : 1
        columns = shape[shape.rank - 1]
    }

    /// The matrices of a second factor; of one dimension it is a column.
    init(right shape: Shape) {
        batch = shape[0..<max(shape.rank - 2, 0)]
        rows = shape.rank > 1 ? shape[shape.rank - 2] : shape[0]
        columns = shape.rank > 1 ? shape[shape.rank - 1] : 1
    }

    /// All matrices on top of each other as a single one.
    var stacked: Matrices {
        var copy = self
        copy.rows *= batch.count
        copy.batch = []
        return copy
    }

    /// The only matrix there is.
    var single: Matrices {
        var copy = self
        copy.batch = []
        return copy
    }

    /// Where the elements of matrix `index` lie.
    func range(_ index: Int) -> Range<Int> { index * rows * columns..<(index + 1) * rows * columns }
}
