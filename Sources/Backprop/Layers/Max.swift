/// The largest element along a dimension; where several are equal the first gets the gradient.
///
/// A NaN counts as larger than any number, as in PyTorch.
struct Max: Layer {
    static let type = "max"
    static let summary = "The largest element along a dimension."
    static let fields: [Field] = [
        .required("dim", .integer(minimum: .min), "The dimension along which the largest is taken."),
        .optional("keepdim", .flag, standard: .flag(false), "Whether the dimension stays, of length 1."),
    ]
    static let shapeRule = "the input's shape without dimension dim, or with 1 in its place if keepdim is true"
    static let formula = "y_i = \\max_k x_{ik}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: """
                \\partial C/\\partial x_{ik} = [k = k_i]\\, g_i,\\quad \
                k_i = \\min \\{k : x_{ik} = y_i\\}
                """,
            matrix: "\\partial C/\\partial x = \\operatorname{scatter}(g)"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3)], fields: ["dim": .integers([1])]),
        LayerExample([.sample(2, 3, 4)], fields: ["dim": .integers([-2]), "keepdim": .flag(true)]),
    ]

    private let dim: Int
    private let stays: Bool

    init(_ fields: FieldValues) {
        dim = fields.integer("dim")
        stays = fields.flag("keepdim")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input(), let index = operands.dimension("dim", dim, in: x) else { return nil }
        return output(x, index)
    }

    func work(operands: [Shape], output: Shape) -> Work {
        Work(operations: Double(operands[0].count), scratch: Double(output.count))
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let index = x.shape.index(of: dim) ?? 0
        let lanes = Lanes(x.shape, along: index)
        let positions = largest(x.elements.span, lanes)
        let xs = x.elements.span
        let values = [S](capacity: positions.count) { out in
            for position in positions { out.append(xs[position]) }
        }
        return Evaluation(Tensor(shape: output(x.shape, index), elements: values)) { cotangent, _ in
            var gradient = [S](repeating: .zero, count: x.count)
            let gs = cotangent.elements.span
            for (i, position) in positions.enumerated() { gradient[position] = gs[i] }
            return [Tensor(shape: x.shape, elements: gradient)]
        }
    }

    private func output(_ x: Shape, _ index: Int) -> Shape {
        if x.rank == 0 { return x }
        return x[0..<index] + (stays ? [1] : []) + x[index + 1..<x.rank]
    }

    /// The position of the first largest element of each lane.
    private func largest<S: Scalar>(_ x: Span<S>, _ lanes: Lanes) -> [Int] {
        var positions: [Int] = []
        positions.reserveCapacity(lanes.outer * lanes.inner)
        lanes.forEach { start in
            var (best, value) = (start, x[start])
            for k in 1..<max(lanes.length, 1) {
                let next = x[start + k * lanes.inner]
                if isLarger(next, than: value) { (best, value) = (start + k * lanes.inner, next) }
            }
            positions.append(best)
        }
        return positions
    }
    /// Nothing is larger than a NaN, not even the next one.
    private func isLarger<S: Scalar>(_ a: S, than b: S) -> Bool { a > b || (a.value.isNaN && !b.value.isNaN) }
}
