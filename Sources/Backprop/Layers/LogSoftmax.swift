/// yᵢ = xᵢ − log Σₖ exp(xₖ) along one dimension: the logarithm of softmax, without its overflow.
///
/// ∂C/∂xᵢ = gᵢ − exp(yᵢ) Σₖ gₖ.
struct LogSoftmax: Layer {
    static let type = "log_softmax"
    static let summary = "The logarithm of softmax along a dimension."
    static let fields: [Field] = [
        .required("dim", .integer(minimum: .min), "The dimension along which the exponentials sum to 1.")
    ]
    static let shapeRule = "the input's shape"
    static let formula = "y_i = x_i - \\log \\sum_k e^{x_k}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_i = g_i - e^{y_i} \\sum_k g_k",
            matrix: "\\partial C/\\partial x = (I - e^y \\mathbf{1}^\\top)\\, g"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3)], fields: ["dim": .integers([1])]),
        LayerExample([.sample(2, 3, 4)], fields: ["dim": .integers([-2])]),
    ]

    private let dim: Int

    init(_ fields: FieldValues) { dim = fields.integer("dim") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input(), operands.dimension("dim", dim, in: x) != nil else { return nil }
        return x
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { input.index(of: self.dim) == dim ? .parts : nil }
    func work(operands: [Shape], output: Shape) -> Work { Work(operations: 10 * Double(output.count)) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let lanes = Lanes(x.shape, along: x.shape.index(of: dim) ?? 0)
        var values = [S](repeating: .zero, count: x.count)
        do {
            let xs = x.elements.span
            var ys = values.mutableSpan
            lanes.forEach { start in logSoftmax(xs, &ys, from: start, count: lanes.length, step: lanes.inner) }
        }
        let y = Tensor(shape: x.shape, elements: values)
        return Evaluation(y) { cotangent, _ in
            var gradient = [S](repeating: .zero, count: y.count)
            let (ys, gs) = (y.elements.span, cotangent.elements.span)
            var dx = gradient.mutableSpan
            lanes.forEach { start in
                var total: S = .zero
                for k in 0..<lanes.length { total += gs[start + k * lanes.inner] }
                for k in 0..<lanes.length {
                    let i = start + k * lanes.inner
                    dx[i] = gs[i] - S.exp(ys[i]) * total
                }
            }
            return [Tensor(shape: y.shape, elements: gradient)]
        }
    }
}

/// Writes the log softmax of `count` elements of `x`, each `step` after the one before, to the same places of `y`.
///
/// The largest element is taken away before the logarithm is, not along with it: their sum would lose the digits of a
/// small logarithm beside a large element.
func logSoftmax<S: Scalar>(_ x: Span<S>, _ y: inout MutableSpan<S>, from start: Int, count: Int, step: Int) {
    var largest = x[start]
    for k in 1..<max(count, 1) { largest = S.maximum(largest, x[start + k * step]) }
    var sum: S = .zero
    exponentials(x, &y, less: largest, from: start, count: count, step: step)
    for k in 0..<count { sum += y[start + k * step] }
    let logarithm = S.log(sum)
    for k in 0..<count { y[start + k * step] = (x[start + k * step] - largest) - logarithm }
}
