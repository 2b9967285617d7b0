/// What a shape rule sees: the operands' shapes as far as they are known, and a place for the faults it finds.
///
/// A shape is unknown where the tensor, or what it comes from, has a fault of its own; rules check what they can.
public struct OperandShapes {
    /// A fault of one operand or field.
    public struct Fault: Sendable {
        /// Where the fault lies within the layer.
        public enum Place: Sendable, Equatable {
            /// The inputs as a whole.
            case inputs
            /// A field.
            case field(String)
            /// An element of a constant tensor, by its row-major position.
            case element(String, Int)
        }

        /// Where the fault lies.
        public let place: Place
        /// What was expected and what was given.
        public let detail: String
    }

    private let inputs: [Shape?]
    private let parameters: [String: Shape]
    /// The faults found so far.
    public private(set) var faults: [Fault] = []

    /// Makes the shapes of a layer's inputs and of its learnable fields.
    public init(inputs: [Shape?], parameters: [String: Shape]) {
        self.inputs = inputs
        self.parameters = parameters
    }

    /// The shape of an input, where it is known.
    public func input(_ index: Int = 0) -> Shape? { inputs[index] }

    /// The number of inputs.
    public var inputCount: Int { inputs.count }

    /// The shapes of all inputs, if all are known.
    public var allInputs: [Shape]? {
        let known = inputs.compactMap { $0 }
        return known.count == inputs.count ? known : nil
    }

    /// The shape of a learnable field; `nil` where it was left out or is not known.
    public subscript(field: String) -> Shape? { parameters[field] }

    /// Notes a fault of a field and answers `nil`, so that a rule can return it.
    @discardableResult public mutating func fault(_ field: String, _ detail: String) -> Shape? {
        faults.append(Fault(place: .field(field), detail: detail))
        return nil
    }

    /// Notes a fault of one element of a constant field.
    public mutating func fault(_ field: String, element: Int, _ detail: String) {
        faults.append(Fault(place: .element(field, element), detail: detail))
    }

    /// Notes a fault of the inputs and answers `nil`.
    @discardableResult public mutating func faultOfInputs(_ detail: String) -> Shape? {
        faults.append(Fault(place: .inputs, detail: detail))
        return nil
    }

    /// The position of the dimension that field `field` names in `shape`, or `nil` with a fault at the field.
    public mutating func dimension(_ field: String, _ dim: Int, in shape: Shape) -> Int? {
        if let index = shape.index(of: dim) { return index }
        let rank = max(shape.rank, 1)
        fault(field, "\(field) must lie in \(-rank)...\(rank - 1) for the input's shape \(shape); it is \(dim)")
        return nil
    }
}

extension OperandShapes {
    /// For each dimension of `shape` whether field `field` names it, or `nil` with a fault at the field where an entry
    /// names none, or one that was named before.
    public mutating func dimensions(_ field: String, _ dims: [Int], in shape: Shape) -> [Bool]? {
        // As PyTorch, a scalar is taken to have one dimension.
        var named = [Bool](repeating: false, count: max(shape.rank, 1))
        for dim in dims {
            guard let index = dimension(field, dim, in: shape) else { return nil }
            guard !named[index] else {
                fault(field, "\(field) must name a dimension once; it names dimension \(index) of \(shape) repeatedly")
                return nil
            }
            named[index] = true
        }
        return named
    }
}
