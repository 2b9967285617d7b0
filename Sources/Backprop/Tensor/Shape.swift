/// The lengths of a tensor's dimensions, outermost first; `[]` is a scalar's.
public struct Shape: Hashable, Sendable {
    /// The length of each dimension.
    public private(set) var dimensions: [Int]

    /// Makes a shape of the given lengths, which must not be negative.
    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "a dimension's length is not negative")
        self.dimensions = dimensions
    }

    /// The number of dimensions.
    public var rank: Int { dimensions.count }

    /// The number of elements: the product of the lengths.
    ///
    /// Only for shapes known to be representable; a shape from outside is asked for ``checkedCount`` first.
    public var count: Int {
        var product = 1
        for length in dimensions { product *= length }
        return product
    }

    /// The number of elements, or `nil` where the product passes `Int.max`.
    public var checkedCount: Int? {
        if dimensions.contains(0) { return 0 }
        var product = 1
        for length in dimensions {
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            if overflow { return nil }
            product = next
        }
        return product
    }

    /// The length of dimension `index`, counted from the front.
    public subscript(index: Int) -> Int {
        get { dimensions[index] }
        set { dimensions[index] = newValue }
    }

    /// The length of the innermost dimension; `nil` for a scalar.
    public var last: Int? { dimensions.last }

    /// The shape of `self`'s dimensions followed by `other`'s.
    public static func + (left: Shape, right: Shape) -> Shape { Shape(left.dimensions + right.dimensions) }

    /// The shape of the dimensions in `range`.
    public subscript(range: Range<Int>) -> Shape { Shape(Array(dimensions[range])) }

    /// The shape with dimension `index` of the given length in place of its own.
    public func replacing(_ index: Int, with length: Int) -> Shape {
        var copy = self
        copy[index] = length
        return copy
    }

    /// The position of dimension `dim`, a negative one being counted from the end, or `nil` where there is none such.
    ///
    /// As PyTorch, a scalar is taken to have one dimension here, so 0 and -1 give 0.
    public func index(of dim: Int) -> Int? {
        let rank = max(self.rank, 1)
        guard dim >= -rank, dim < rank else { return nil }
        return dim < 0 ? dim + rank : dim
    }

    /// How many elements of the flattened tensor lie between neighbours along each dimension (row-major).
    public var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for index in stride(from: rank - 2, through: 0, by: -1) {
            strides[index] = strides[index + 1] * dimensions[index + 1]
        }
        return strides
    }
}

extension Shape: ExpressibleByArrayLiteral {
    /// Makes a shape of the given lengths.
    public init(arrayLiteral dimensions: Int...) { self.init(dimensions) }
}

extension Shape: CustomStringConvertible {
    /// The shape as PyTorch's users write it: `()`, `(3)`, `(2, 3)`.
    public var description: String { "(" + dimensions.map(String.init).joined(separator: ", ") + ")" }
}
