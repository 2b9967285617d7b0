/// `y = x Wᵀ + b` over the last dimension (PyTorch's `linear`).
///
/// x is (…, in), W (out, in), b (out) and y (…, out). With g = ∂C/∂y, the leading dimensions being summed over:
/// ∂C/∂W_ij = Σ g_i x_j, ∂C/∂b = Σ g, ∂C/∂x = g W (Goodfellow et al., ch. 6.5.2).
struct Linear: Layer {
    static let type = "linear"
    static let summary = "An affine map of the last dimension."
    static let fields: [Field] = [
        .required("weight", .parameter, "The matrix W; (out, in)."),
        .bias(),
    ]
    static let shapeRule = "(…, in) to (…, out)"
    static let formula = "y = x W^\\top + b"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_j = \\sum_i W_{ij}\\, g_i",
            matrix: "\\partial C/\\partial x = W^\\top g"
        ),
        GradientFormula(
            "weight",
            index: "\\partial C/\\partial W_{ij} = x_j\\, g_i",
            matrix: "\\partial C/\\partial W = g\\, x^\\top"
        ),
        GradientFormula("bias", index: "\\partial C/\\partial b_i = g_i", matrix: "\\partial C/\\partial b = g"),
    ]
    static let examples = [
        LayerExample([.sample(2, 3)], parameters: ["weight": .sample(4, 3, seed: 1), "bias": .sample(4, seed: 2)]),
        LayerExample([.sample(3)], parameters: ["weight": .sample(2, 3, seed: 1)]),
        LayerExample([.sample(2, 5, 3)], parameters: ["weight": .sample(4, 3, seed: 1), "bias": .sample(4, seed: 2)]),
    ]

    init(_ fields: FieldValues) {}

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let weight = operands["weight"] else { return nil }
        guard weight.rank == 2 else { return operands.fault("weight", "weight must be (out, in); it is \(weight)") }
        if let bias = operands["bias"], bias != [weight[0]] {
            operands.fault("bias", "weight is \(weight), so bias must be (\(weight[0])); it is \(bias)")
        }
        guard let x = operands.input() else { return nil }
        guard x.last == weight[1] else {
            let expected = "weight is \(weight), so the input's last dimension must be \(weight[1])"
            return operands.fault("weight", "\(expected); it is \(x)")
        }
        return x.replacing(x.rank - 1, with: weight[0])
    }

    func work(operands: [Shape], output: Shape) -> Work {
        Work(operations: Double(operands[0].count) * Double(output.last ?? 1))
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (x, weight, bias) = (operands.input(), operands.parameter(0), operands.optionalParameter(1))
        let (out, width) = (weight.shape[0], weight.shape[1])
        let rows = x.count / width

        let form = MatrixProduct(rows: rows, columns: out, inner: width, transposesB: true)
        let product = form.product(x.elements, weight.elements, addedTo: bias?.elements)
        let shape = operands.outputShape ?? x.shape.replacing(x.shape.rank - 1, with: out)

        // All operands are kept by one reference to their array.
        return Evaluation(Tensor(shape: shape, elements: product)) { g, wanted in
            var gradients: [Tensor<S>?] = [nil, nil, nil]
            if wanted[0] {
                let dx = MatrixProduct(rows: rows, columns: width, inner: out)
                    .product(g.elements, operands.parameter(0).elements)
                gradients[0] = Tensor(shape: operands.input().shape, elements: dx)
            }
            if wanted[1] {
                let dw = MatrixProduct(rows: out, columns: width, inner: rows, transposesA: true)
                    .product(g.elements, operands.input().elements)
                gradients[1] = Tensor(shape: operands.parameter(0).shape, elements: dw)
            }
            if wanted[2], let bias = operands.optionalParameter(1) {
                gradients[2] = Tensor(shape: bias.shape, elements: columnSums(g.elements, columns: out))
            }
            return gradients
        }
    }
}

extension Linear {
    /// For one sample the column form y = W x; for several, rows of x and y, over which n runs.
    func formulas(operands: [Shape?]) -> LayerFormulas {
        let hasBias = operands.count > 2 && operands[2] != nil
        guard let x = operands[0], x.rank > 1 else {
            return LayerFormulas(formula: hasBias ? "y = W x + b" : "y = W x", gradients: Linear.gradients)
        }
        let gradients = [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{nj} = \\sum_i g_{ni}\\, W_{ij}",
                matrix: "\\partial C/\\partial x = g\\, W"
            ),
            GradientFormula(
                "weight",
                index: "\\partial C/\\partial W_{ij} = \\sum_n g_{ni}\\, x_{nj}",
                matrix: "\\partial C/\\partial W = g^\\top x"
            ),
            GradientFormula(
                "bias",
                index: "\\partial C/\\partial b_i = \\sum_n g_{ni}",
                matrix: "\\partial C/\\partial b = g^\\top \\mathbf{1}"
            ),
        ]
        return LayerFormulas(formula: hasBias ? "y = x W^\\top + b" : "y = x W^\\top", gradients: gradients)
    }

    /// With respect to x the matrix W once for each row of x; to W each row of x once for each output; to b ones.
    func jacobian<S: Scalar>(
        at position: Int,
        _ operands: Operands<S>,
        output: Tensor<S>
    ) -> StructuredJacobian<S>? {
        let (x, weight) = (operands.input(), operands.parameter(0))
        let (out, width) = (weight.shape[0], weight.shape[1])
        let rows = x.count / width
        let blocks: StructuredJacobian<S>.Blocks =
            switch position {
            case 0: .init(entries: weight.elements, rows: out, columns: width, copies: rows)
            case 1: .init(entries: x.elements, rows: 1, columns: width, copies: out)
            default: .init(entries: [S](repeating: 1, count: rows), rows: 1, columns: 1, copies: out)
            }
        return .stack(blocks)
    }
}

/// The sums over the rows of a row-major matrix.
func columnSums<S: Scalar>(_ matrix: [S], columns: Int) -> [S] {
    var sums = [S](repeating: .zero, count: columns)
    let m = matrix.span
    var total = sums.mutableSpan
    for row in 0..<matrix.count / columns {
        for column in 0..<columns { total[column] += m[row * columns + column] }
    }
    return sums
}
