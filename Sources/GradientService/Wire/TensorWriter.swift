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
        let count = tensor.count / last
        let rowsOfBlock = max(1, JSONWriter.block / last)
        var row = 0
        while row < count {
            let cores = spare.map(\.usable) ?? 1
            guard cores > 1, count - row > rowsOfBlock else { return rows(row..<count, of: tensor) }
            // A few blocks at a time: others may come, and the blocks' texts take memory beside the whole.
            let start = row
            row = min(count, start + 2 * cores * rowsOfBlock)
            let end = row
            let texts = SpareCores.texts(of: (end - start + rowsOfBlock - 1) / rowsOfBlock) { piece in
                let first = start + piece * rowsOfBlock
                var writer = JSONWriter(capacity: rowsOfBlock * last * 16)
                writer.needsComma = first > 0
                writer.rows(first..<min(first + rowsOfBlock, end), of: tensor)
                return writer.take()
            }
            if start == 0 { separate() }
            for text in texts { bytes.append(contentsOf: text) }
        }
    }

    /// How many numbers are printed at a time where several cores print.
    private static let block = 8_192

    /// Writes some of a tensor's rows, with the arrays that begin before and end after them.
    private mutating func rows<Element: TextScalar>(_ range: Range<Int>, of tensor: Tensor<Element>) {
        let (shape, elements) = (tensor.shape, tensor.elements.span)
        let last = shape[shape.rank - 1]
        var indices = shape.dimensions.dropLast().map { _ in 0 }
        var rest = range.lowerBound
        for dimension in indices.indices.reversed() {
            indices[dimension] = rest % shape[dimension]
            rest /= shape[dimension]
        }
        // How many of the arrays around rows begin before the next row.
        var boundaries = indices.count - (indices.lastIndex { $0 != 0 } ?? -1) - 1
        for index in range {
            for _ in 0..<boundaries { beginArray() }
            row(of: elements.extracting(index * last..<(index + 1) * last))
            // As many end after the row as begin anew before the one that follows.
            boundaries = 0
            for dimension in indices.indices.reversed() {
                indices[dimension] += 1
                if indices[dimension] < shape[dimension] { break }
                indices[dimension] = 0
                boundaries += 1
            }
            for _ in 0..<boundaries { endArray() }
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
