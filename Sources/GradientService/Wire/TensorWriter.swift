package import Backprop

extension JSONWriter {
    /// The highest rank that is written as nested arrays; above it the flat form is used, so that a schema can say how
    /// deep they go.
    package static let maximumNestedRank = 5

    /// Writes a tensor in a form.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    package mutating func tensor<Element: TextScalar>(_ tensor: Tensor<Element>, as form: TensorForm) {
        switch form {
        case .nested where tensor.shape.rank <= JSONWriter.maximumNestedRank: nested(tensor)
        case .nested, .flat:
            beginObject()
            name("shape")
            integers(tensor.shape.dimensions)
            name("data")
            row(of: tensor.elements.span)
            endObject()
        case .base64:
            beginObject()
            name("shape")
            integers(tensor.shape.dimensions)
            name("dtype")
            string(Element.dtype.rawValue)
            name("base64")
            base64(of: tensor.elements.span)
            endObject()
        }
    }

    /// About how many bytes numbers take in a form, generously, so that room can be reserved once for a whole text.
    package static func expectedSize(ofNumbers count: Int, dtype: DType, form: TensorForm) -> Int {
        switch form {
        // A sign, a zero and a point, the digits of a random number, and a comma.
        case .nested, .flat: count * (dtype == .float64 ? 22 : 14)
        case .base64: (count * dtype.size + 2) / 3 * 4
        }
    }

    private mutating func nested<Element: TextScalar>(_ tensor: Tensor<Element>) {
        guard let last = tensor.shape.last else { return run(of: tensor.elements.span) }
        guard tensor.count > 0 else { return emptyRows(tensor.shape.dimensions[...]) }
        // After each row as many arrays end as dimensions have been filled, and as many begin anew.
        var counts = [Int](repeating: 0, count: tensor.shape.rank)
        for _ in tensor.shape.dimensions.dropLast() { beginArray() }
        for start in stride(from: 0, to: tensor.count, by: last) {
            row(of: tensor.elements.span.extracting(start..<start + last))
            var level = tensor.shape.rank - 2
            while level >= 0 {
                counts[level] += 1
                guard counts[level] == tensor.shape[level] else { break }
                counts[level] = 0
                endArray()
                level -= 1
            }
            guard start + last < tensor.count else { break }
            for _ in (level + 1)..<(tensor.shape.rank - 1) { beginArray() }
        }
    }

    /// Writes arrays that hold no number, as deep as they can be told.
    private mutating func emptyRows(_ lengths: ArraySlice<Int>) {
        beginArray()
        if let length = lengths.first { for _ in 0..<length { emptyRows(lengths.dropFirst()) } }
        endArray()
    }

    /// Writes an array of numbers.
    private mutating func row<Element: TextScalar>(of numbers: Span<Element>) {
        beginArray()
        if !numbers.isEmpty { run(of: numbers) }
        endArray()
    }

    private mutating func base64<Element: TextScalar>(of numbers: Span<Element>) {
        #if _endian(big)
        #error("the numbers' bytes must be little-endian")
        #endif
        let raw = unsafe numbers.bytes
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(addingCapacity: Base64.encodedCount(raw.byteCount)) { Base64.encode(raw, into: &$0) }
        bytes.append(UInt8(ascii: "\""))
    }
}
