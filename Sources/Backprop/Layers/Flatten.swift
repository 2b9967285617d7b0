/// Joins neighbouring dimensions into one; the elements stay as they are.
struct Flatten: Layer {
    static let type = "flatten"
    static let keepsPositions = true
    static let summary = "Joins neighbouring dimensions into one."
    static let fields: [Field] = [
        .optional("start_dim", .integer(minimum: .min), standard: .integers([1]), "The first dimension joined."),
        .optional("end_dim", .integer(minimum: .min), standard: .integers([-1]), "The last dimension joined."),
    ]
    static let shapeRule = "dimensions start_dim to end_dim become one of their product's length"
    static let formula = "y = \\operatorname{reshape}(x)"
    static let gradients = [GradientFormula.reshape]
    static let examples = [
        LayerExample([.sample(2, 3, 4)]),
        LayerExample([.sample(2, 3, 4)], fields: ["start_dim": .integers([0]), "end_dim": .integers([1])]),
    ]

    private let start: Int
    private let end: Int

    init(_ fields: FieldValues) {
        start = fields.integer("start_dim")
        end = fields.integer("end_dim")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        let (first, last) = (operands.dimension("start_dim", start, in: x), operands.dimension("end_dim", end, in: x))
        guard let first, let last else { return nil }
        guard first <= last else {
            return operands.fault("end_dim", "end_dim must not come before start_dim \(start); it is \(end)")
        }
        if x.rank == 0 { return [1] }
        guard let joined = x[first..<last + 1].checkedCount else {
            return operands.fault("end_dim", "the joined dimensions of \(x) have more than 2^63 elements")
        }
        return x[0..<first] + [joined] + x[last + 1..<x.rank]
    }

    func work(operands: [Shape], output: Shape) -> Work { Work(operations: 1) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        if let known = operands.outputShape { return reshape(operands.input(), to: known) }
        var shapes = OperandShapes(inputs: [operands.input().shape], parameters: [:])
        return reshape(operands.input(), to: shape(of: &shapes))
    }
}

extension GradientFormula {
    /// The gradient of a layer that only gives its input another shape.
    static let reshape = GradientFormula(
        "inputs[0]",
        index: "\\partial C/\\partial x_i = g_i \\text{ (row-major)}",
        matrix: "\\partial C/\\partial x = \\operatorname{reshape}(g)"
    )
}

/// The evaluation of a layer that only gives its input another shape.
func reshape<S: Scalar>(_ x: Tensor<S>, to shape: Shape?) -> Evaluation<S> {
    guard let shape else { preconditionFailure("a validated layer has its output's shape") }
    return Evaluation(x.reshaped(to: shape)) { cotangent, _ in [cotangent.reshaped(to: x.shape)] }
}
