/// yᵢ = exp(xᵢ) / Σₖ exp(xₖ) along one dimension.
///
/// ∂C/∂xᵢ = yᵢ (gᵢ − Σₖ gₖ yₖ): the Jacobian diag(y) − y yᵀ is symmetric.
struct Softmax: Layer {
    static let type = "softmax"
    static let summary = "Exponentials normalised to sum 1 along a dimension."
    static let fields: [Field] = [.required("dim", .integer(minimum: .min), "The dimension that sums to 1.")]
    static let shapeRule = "the input's shape"
    static let formula = "y_i = \\frac{e^{x_i}}{\\sum_k e^{x_k}}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_i = y_i \\left(g_i - \\sum_k g_k y_k\\right)",
            matrix: "\\partial C/\\partial x = (\\operatorname{diag}(y) - y y^\\top)\\, g"
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
            lanes.forEach { start in softmax(xs, &ys, from: start, count: lanes.length, step: lanes.inner) }
        }
        let y = Tensor(shape: x.shape, elements: values)
        return Evaluation(y) { cotangent, _ in
            var gradient = [S](repeating: .zero, count: y.count)
            let (ys, gs) = (y.elements.span, cotangent.elements.span)
            var dx = gradient.mutableSpan
            lanes.forEach { start in
                var product: S = .zero
                for k in 0..<lanes.length { product += gs[start + k * lanes.inner] * ys[start + k * lanes.inner] }
                for k in 0..<lanes.length {
                    let i = start + k * lanes.inner
                    dx[i] = ys[i] * (gs[i] - product)
                }
            }
            return [Tensor(shape: y.shape, elements: gradient)]
        }
    }
}

/// Writes the softmax of `count` elements of `x`, each `step` after the one before, to the same places of `y`.
///
/// The largest element is subtracted first, so that nothing overflows.
func softmax<S: Scalar>(_ x: Span<S>, _ y: inout MutableSpan<S>, from start: Int, count: Int, step: Int) {
    var largest = x[start]
    for k in 1..<max(count, 1) { largest = S.maximum(largest, x[start + k * step]) }
    exponentials(x, &y, less: largest, from: start, count: count, step: step)
    var sum: S = .zero
    for k in 0..<count { sum += y[start + k * step] }
    for k in 0..<count { y[start + k * step] = y[start + k * step] / sum }
}

/// Writes exp(x − largest) for `count` elements of `x`, each `step` after the one before, to the same places of `y`.
///
/// In a loop of its own, which runs in vectors where the elements are neighbours: the order of a sum would forbid it.
func exponentials<S: Scalar>(
    _ x: Span<S>,
    _ y: inout MutableSpan<S>,
    less largest: S,
    from start: Int,
    count: Int,
    step: Int
) {
    if step == 1 {
        let part = x.extracting(start..<start + count)
        var target = y._mutatingExtracting(start..<start + count)
        for k in 0..<count { target[k] = S.exp(part[k] - largest) }
    } else {
        for k in 0..<count { y[start + k * step] = S.exp(x[start + k * step] - largest) }
    }
}
