package import Backprop

/// The forms in which a tensor is written.
package enum TensorForm: String, CaseIterable, Sendable {
    /// Arrays of arrays of numbers; a scalar is a bare number.
    case nested
    /// `{"shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}`.
    case flat
    /// `{"shape": [2, 3], "dtype": "float64", "base64": "…"}`, the numbers' bytes in little-endian order.
    case base64

    /// Where an element of a tensor in this form stands, from the tensor's own place.
    ///
    /// - Parameters:
    ///   - index: The element's index in row-major order.
    ///   - shape: The tensor's shape.
    /// - Returns: The pointer that leads from the tensor to the element.
    package func place(ofElement index: Int, in shape: Shape) -> JSONPointer {
        switch self {
        case .nested: JSONPointer(zip(shape.strides, shape.dimensions).map { .index(index / $0 % $1) })
        case .flat: ["data", .index(index)]
        case .base64: ["base64"]
        }
    }
}

/// A tensor as it was read.
package struct WrittenTensor<Element: TextScalar>: Sendable {
    /// The tensor.
    package let tensor: Tensor<Element>
    /// The form it was written in.
    package let form: TensorForm

    /// Where an element stands, from the tensor's own place; for a fault that is found later.
    package func place(ofElement index: Int) -> JSONPointer { form.place(ofElement: index, in: tensor.shape) }
}

/// How large a tensor from outside may be.
package struct TensorLimits: Sendable {
    /// The most dimensions.
    package var rank: Int
    /// The most elements.
    package var elements: Int

    /// Makes limits; the defaults are the service's.
    package init(rank: Int = 16, elements: Int = 1 << 26) {
        self.rank = rank
        self.elements = elements
    }

    var rankFault: ValueFault { ValueFault("a tensor has at most \(rank) dimensions", isLimit: true) }

    /// The fault of a shape that passes a limit or is empty, if it does or is.
    func fault(of shape: Shape) -> ValueFault? {
        if shape.rank > rank { return rankFault }
        guard let count = shape.checkedCount, count <= elements else {
            let given = shape.checkedCount.map(String.init) ?? "more than \(Int.max)"
            let detail = "the shape \(shape) has \(given) elements, and a tensor has at most \(elements)"
            return ValueFault(detail, isLimit: true)
        }
        return count == 0 ? ValueFault("an empty tensor: its shape is \(shape)") : nil
    }
}
