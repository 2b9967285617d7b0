package import Backprop

extension JSONWriter {
    /// The highest rank that is written as nested arrays; above it the flat form is used, so that a schema can say how
    /// deep they go.
    package static let maximumNestedRank = 5

    /// Writes a tensor in a form.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    package mutating func tensor<Element: TextScalar>(_ tensor: Tensor<Element>, as form: TensorForm) {
        if defers(tensor.count) { return deferTensor(tensor, as: form) }
        switch form {
        case .nested where tensor.shape.rank <= JSONWriter.maximumNestedRank: nested(tensor)
        case .nested, .flat:
            beginObject()
            name("shape")
            integers(tensor.shape.dimensions)
            name("data")
            flat(tensor.elements.span)
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
        let lengths = tensor.shape.dimensions
        guard tensor.count > 0 else { return emptyRows(lengths[...]) }
        var place = 0
        while place < tensor.count { place = numbers(of: tensor.elements, from: place, to: tensor.count, lengths) }
    }

    /// Writes some numbers of nested arrays, in order, with all cores where the request is alone.
    ///
    /// - Parameters:
    ///   - elements: All of them.
    ///   - place: The first to write.
    ///   - end: Where to end at the latest.
    ///   - lengths: How many values the arrays of each level hold, the outermost first; none of them 0.
    /// - Returns: The first that is not written.
    mutating func numbers<Element: TextScalar>(
        of elements: [Element],
        from place: Int,
        to end: Int,
        _ lengths: [Int]
    ) -> Int {
        let rest = place..<end
        let cores = spare.map(\.usable) ?? 1
        guard cores > 1, rest.count > JSONWriter.block else {
            run(of: elements.span.extracting(rest), at: place, of: lengths.span)
            return end
        }
        // A few blocks at a time: others may come, and the blocks' texts take memory beside the whole.
        let part = rest.prefix(2 * cores * JSONWriter.block)
        let texts = SpareCores.made((part.count + JSONWriter.block - 1) / JSONWriter.block) { piece in
            let block = part.dropFirst(piece * JSONWriter.block).prefix(JSONWriter.block)
            var writer = JSONWriter(capacity: block.count * 16)
            writer.needsComma = block.lowerBound > 0
            writer.run(of: elements.span.extracting(block), at: block.lowerBound, of: lengths.span)
            return writer.take()
        }
        if place == 0 { separate() }
        for text in texts { bytes.append(contentsOf: text) }
        return part.upperBound
    }

    /// How many numbers are printed at a time where several cores print.
    private static let block = 8_192

    /// Writes arrays that hold no number, as deep as they can be told.
    private mutating func emptyRows(_ lengths: ArraySlice<Int>) {
        beginArray()
        if let length = lengths.first { for _ in 0..<length { emptyRows(lengths.dropFirst()) } }
        endArray()
    }

    /// Writes an array of numbers.
    private mutating func flat<Element: TextScalar>(_ numbers: Span<Element>) {
        let lengths: [1 of Int] = [numbers.count]
        if numbers.isEmpty { emptyRows([0]) } else { run(of: numbers, at: 0, of: lengths.span) }
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
