/// The input with its dimensions in another order: dimension k of y is dimension πₖ of x.
struct Permute: Layer {
    static let type = "permute"
    static let summary = "The input with its dimensions in another order."
    static let fields: [Field] = [
        .required("dims", .integers(count: nil, minimum: .min), "The input's dimensions in their new order.")
    ]
    static let shapeRule = "the input's lengths in the order of dims"
    static let formula = "y = \\operatorname{permute}(x, \\pi)"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{i_0 i_1 \\dots} = g_{i_{\\pi_0} i_{\\pi_1} \\dots}",
            matrix: "\\partial C/\\partial x = \\operatorname{permute}(g, \\pi^{-1})"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 4)], fields: ["dims": .integers([2, 0, 1])]),
        LayerExample([.sample(2, 3, 5, 4)], fields: ["dims": .integers([0, 2, -1, -3])]),
    ]

    private let dims: [Int]

    init(_ fields: FieldValues) { dims = fields.integers("dims") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        guard let order = order(x) else {
            let expected = "dims must name each of the \(x.rank) dimensions of the input's shape \(x) once"
            return operands.fault("dims", "\(expected); it is \(written(dims))")
        }
        return Shape(order.map { x[$0] })
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        return permutation(of: x, order(x.shape) ?? [])
    }

    private func order(_ shape: Shape) -> [Int]? {
        guard dims.count == shape.rank else { return nil }
        let order = dims.compactMap(shape.index(of:))
        return Set(order).count == shape.rank ? order : nil
    }
}

/// The input with two dimensions exchanged.
struct Transpose: Layer {
    static let type = "transpose"
    static let summary = "The input with two dimensions exchanged."
    static let fields: [Field] = [
        .required("dim0", .integer(minimum: .min), "One of the two dimensions."),
        .required("dim1", .integer(minimum: .min), "The other one."),
    ]
    static let shapeRule = "the input's shape with lengths dim0 and dim1 exchanged"
    static let formula = "y = x^\\top"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{ij} = g_{ji}",
            matrix: "\\partial C/\\partial x = g^\\top"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3)], fields: ["dim0": .integers([0]), "dim1": .integers([1])]),
        LayerExample([.sample(2, 3, 4)], fields: ["dim0": .integers([-1]), "dim1": .integers([1])]),
    ]

    private let dims: (Int, Int)

    init(_ fields: FieldValues) { dims = (fields.integer("dim0"), fields.integer("dim1")) }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        let first = operands.dimension("dim0", dims.0, in: x)
        let second = operands.dimension("dim1", dims.1, in: x)
        guard first != nil, second != nil else { return nil }
        return Shape(order(x).map { x[$0] })
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        return permutation(of: x, order(x.shape))
    }

    private func order(_ shape: Shape) -> [Int] {
        var order = Array(0..<shape.rank)
        guard let first = shape.index(of: dims.0), let second = shape.index(of: dims.1), !order.isEmpty else {
            return []
        }
        order.swapAt(first, second)
        return order
    }
}

/// The evaluation of a layer that puts the dimensions of its input into another order.
private func permutation<S: Scalar>(of x: Tensor<S>, _ order: [Int]) -> Evaluation<S> {
    Evaluation(permuted(x, order)) { cotangent, _ in
        var inverse = order
        for (position, dim) in order.enumerated() { inverse[dim] = position }
        return [permuted(cotangent, inverse)]
    }
}

/// The tensor whose dimension k is dimension `order[k]` of `x`.
func permuted<S: Scalar>(_ x: Tensor<S>, _ order: [Int]) -> Tensor<S> {
    let strides = x.shape.strides
    let shape = Shape(order.map { x.shape[$0] })
    let walk = StridedWalk(shape.dimensions, order.map { strides[$0] })
    let (length, step) = (walk.rowLength, walk.aStep)
    let xs = x.elements.span
    let elements = [S](capacity: x.count) { out in
        walk.forEachRow { _, start, _ in
            for k in 0..<length { out.append(xs[start + k * step]) }
        }
    }
    return Tensor(shape: shape, elements: elements)
}
