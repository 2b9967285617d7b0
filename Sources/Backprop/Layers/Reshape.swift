/// The same elements, in row-major order, under another shape.
struct Reshape: Layer {
    static let type = "reshape"
    static let keepsPositions = true
    static let summary = "The same elements under another shape."
    static let fields: [Field] = [
        .required("shape", .integers(count: nil, minimum: -1), "The new shape; one entry may be -1, to be found out.")
    ]
    static let shapeRule = "shape, of as many elements as the input; an entry of -1 is what makes them as many"
    static let formula = "y = \\operatorname{reshape}(x)"
    static let gradients = [GradientFormula.reshape]
    static let examples = [
        LayerExample([.sample(2, 3)], fields: ["shape": .integers([3, 2])]),
        LayerExample([.sample(2, 3, 4)], fields: ["shape": .integers([4, -1])]),
    ]

    private let lengths: [Int]

    init(_ fields: FieldValues) { lengths = fields.integers("shape") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard lengths.count(where: { $0 < 0 }) <= 1 else {
            return operands.fault("shape", "one entry of shape may be -1; it is \(written(lengths))")
        }
        guard let x = operands.input() else { return nil }
        let known = Shape(lengths.filter { $0 >= 0 }).checkedCount
        if let count = x.checkedCount, let known {
            if known == count && !lengths.contains(-1) { return Shape(lengths) }
            if known > 0 && lengths.contains(-1) && count.isMultiple(of: known) {
                return Shape(lengths.map { $0 < 0 ? count / known : $0 })
            }
        }
        let figure = x.checkedCount.map { "\($0) elements" } ?? "more than 2^63 elements"
        return operands.fault("shape", "the input \(x) has \(figure), which do not fill shape \(written(lengths))")
    }

    func work(operands: [Shape], output: Shape) -> Work { Work(operations: 1) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        var shapes = OperandShapes(inputs: [operands.input().shape], parameters: [:])
        return reshape(operands.input(), to: shape(of: &shapes))
    }
}

/// The input without dimensions of length 1: all of them, or the named ones; a named one of another length stays.
struct Squeeze: Layer {
    static let type = "squeeze"
    static let keepsPositions = true
    static let summary = "The input without dimensions of length 1."
    static let fields: [Field] = [
        .optional(
            "dim",
            .integers(count: nil, minimum: .min),
            "The dimensions left out if of length 1; all by default."
        )
    ]
    static let shapeRule = "the input's shape without the dimensions of length 1 among dim"
    static let formula = "y = \\operatorname{reshape}(x)"
    static let gradients = [GradientFormula.reshape]
    static let examples = [
        LayerExample([.sample(2, 1, 3, 1)]),
        LayerExample([.sample(1, 4, 1, 3)], fields: ["dim": .integers([2])]),
        LayerExample([.sample(2, 1, 3, 1)], fields: ["dim": .integers([-1, 0])]),
    ]

    private let dims: [Int]?

    init(_ fields: FieldValues) { dims = fields.optionalIntegers("dim") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        guard let dims else { return Shape(x.dimensions.filter { $0 != 1 }) }
        guard let named = operands.dimensions("dim", dims, in: x) else { return nil }
        return Shape(x.dimensions.indices.filter { x[$0] != 1 || !named[$0] }.map { x[$0] })
    }

    func work(operands: [Shape], output: Shape) -> Work { Work(operations: 1) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        var shapes = OperandShapes(inputs: [operands.input().shape], parameters: [:])
        return reshape(operands.input(), to: shape(of: &shapes))
    }
}

/// The input with one more dimension, of length 1.
struct Unsqueeze: Layer {
    static let type = "unsqueeze"
    static let keepsPositions = true
    static let summary = "The input with one more dimension, of length 1."
    static let fields: [Field] = [
        .required("dim", .integer(minimum: .min), "Where the new dimension stands in the output's shape.")
    ]
    static let shapeRule = "the input's shape with a 1 at dim"
    static let formula = "y = \\operatorname{reshape}(x)"
    static let gradients = [GradientFormula.reshape]
    static let examples = [
        LayerExample([.sample(2, 3)], fields: ["dim": .integers([1])]),
        LayerExample([.sample(4, 3)], fields: ["dim": .integers([-1])]),
    ]

    private let dim: Int

    init(_ fields: FieldValues) { dim = fields.integer("dim") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        guard dim >= -x.rank - 1, dim <= x.rank else {
            let range = "\(-x.rank - 1)...\(x.rank)"
            return operands.fault("dim", "dim must lie in \(range) for the input's shape \(x); it is \(dim)")
        }
        let index = dim < 0 ? dim + x.rank + 1 : dim
        return x[0..<index] + [1] + x[index..<x.rank]
    }

    func work(operands: [Shape], output: Shape) -> Work { Work(operations: 1) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        var shapes = OperandShapes(inputs: [operands.input().shape], parameters: [:])
        return reshape(operands.input(), to: shape(of: &shapes))
    }
}

/// A list as in a shape, cut after the sixteenth entry.
func written(_ list: [Int]) -> String {
    let entries = list.prefix(16).map(String.init) + (list.count > 16 ? ["…"] : [])
    return "(" + entries.joined(separator: ", ") + ")"
}
