/// A dense array of scalars, row-major.
public struct Tensor<Element: Sendable>: Sendable {
    /// The lengths of the dimensions.
    public let shape: Shape
    /// The elements in row-major order; as many as the shape says.
    public let elements: [Element]

    /// Makes a tensor of the given shape from its row-major elements, of which there must be as many as the shape says.
    @inlinable public init(shape: Shape, elements: [Element]) {
        precondition(elements.count == shape.count, "a tensor has as many elements as its shape says")
        self.shape = shape
        self.elements = elements
    }

    /// Makes a tensor whose elements are all `value`.
    @inlinable public init(shape: Shape, repeating value: Element) {
        self.init(shape: shape, elements: [Element](repeating: value, count: shape.count))
    }

    /// Makes a scalar.
    @inlinable public init(_ value: Element) { self.init(shape: [], elements: [value]) }

    /// The number of elements.
    @inlinable public var count: Int { elements.count }

    /// The same elements under another shape of as many elements.
    @inlinable public func reshaped(to shape: Shape) -> Tensor { Tensor(shape: shape, elements: elements) }

    /// The tensor of the same shape whose elements are `transform` of this one's.
    @inlinable public func map<Result: Sendable>(_ transform: (Element) -> Result) -> Tensor<Result> {
        Tensor<Result>(shape: shape, elements: elements.map(transform))
    }
}

extension Tensor: Equatable where Element: Equatable {}
