import Backprop

/// A tensor that was read, and where its text stands.
struct RecordedTensor: Sendable {
    let range: Range<Int>
    let tensor: Tensor<Double>
    let form: TensorForm
}

/// What is stored of a model: the JSON of its parts, with a reference in place of each tensor, and the tensors' bytes.
///
/// A reference is `{"at": 0, "shape": [4, 3], "form": "nested"}`: the place of the first number among all, the shape,
/// and the form that it is shown in.
struct ModelDocument: Sendable {
    /// The JSON with references.
    var text: [UInt8] = []
    /// The numbers, little-endian float64.
    var weights: [UInt8] = []

    /// Makes a document of the members of a body.
    ///
    /// - Parameters:
    ///   - body: The JSON text that was read.
    ///   - members: The names of the members that are kept, with where their values stand in the body.
    ///   - tensors: Every tensor that was read.
    init(_ body: [UInt8], members: [(name: String, range: Range<Int>)], tensors: [RecordedTensor]) {
        // A layer whose type stands last is read after what follows it, so the order is not the text's.
        let tensors = tensors.sorted { $0.range.lowerBound < $1.range.lowerBound }
        weights.reserveCapacity(8 * tensors.reduce(0) { $0 + $1.tensor.count })
        var writer = JSONWriter(capacity: 4_096)
        writer.beginObject()
        for (name, range) in members {
            writer.name(name)
            var piece: [UInt8] = []
            var position = range.lowerBound
            for tensor in tensors where range.contains(tensor.range.lowerBound) {
                piece.append(withoutSpace: body[position..<tensor.range.lowerBound])
                piece += reference(to: tensor)
                position = tensor.range.upperBound
            }
            piece.append(withoutSpace: body[position..<range.upperBound])
            writer.raw(piece)
        }
        writer.endObject()
        text = writer.take()
    }

    /// Appends a tensor's numbers and makes the reference to them.
    private mutating func reference(to recorded: RecordedTensor) -> [UInt8] {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        writer.name("at")
        writer.integer(weights.count / 8)
        writer.name("shape")
        writer.integers(recorded.tensor.shape.dimensions)
        writer.name("form")
        writer.string(recorded.form.rawValue)
        writer.endObject()
        unsafe recorded.tensor.elements.withUnsafeBytes { unsafe weights.append(contentsOf: $0) }
        return writer.take()
    }

    /// The JSON with its tensors written out, as it was put.
    ///
    /// - Parameters:
    ///   - text: The JSON with references.
    ///   - tensors: The tensors, with the ranges of their references, in the order of the text.
    /// - Returns: The JSON.
    static func expand(_ text: [UInt8], _ tensors: [RecordedTensor]) -> [UInt8] {
        let size = tensors.reduce(text.count) {
            $0 + JSONWriter.expectedSize(ofNumbers: $1.tensor.count, dtype: .float64, form: $1.form)
        }
        var whole: [UInt8] = []
        whole.reserveCapacity(size)
        var position = 0
        for recorded in tensors {
            whole += text[position..<recorded.range.lowerBound]
            var writer = JSONWriter()
            writer.tensor(recorded.tensor, as: recorded.form)
            whole += writer.bytes
            position = recorded.range.upperBound
        }
        return whole + text[position...]
    }
}

extension [UInt8] {
    /// Appends JSON text without the white space between its tokens.
    fileprivate mutating func append(withoutSpace text: ArraySlice<UInt8>) {
        var isInString = false
        var isEscaped = false
        for byte in text {
            if isInString {
                append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte > UInt8(ascii: " ") {
                append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
        }
    }
}

// MARK: - Reading

extension RequestDecoder {
    /// Notes a tensor that was read, if tensors are noted.
    mutating func record<Element: TextScalar>(_ written: WrittenTensor<Element>, from start: Int) {
        guard recordings != nil, let tensor = written.tensor as? Tensor<Double> else { return }
        recordings?.append(RecordedTensor(range: start..<reader.position, tensor: tensor, form: written.form))
    }

    /// Reads a reference into the bytes of stored weights.
    mutating func storedTensor<Element: TextScalar>(
        _ element: Element.Type,
        in weights: [UInt8]
    ) throws -> WrittenTensor<Element>? {
        let start = try reader.startOfValue()
        guard try reader.beginObject() else { throw StoreError.failed("a tensor of a stored model is no reference") }
        var at: Int?
        var shape: [Int] = []
        var form = TensorForm.nested
        while let name = try reader.nextMember() {
            switch name {
            case "at": at = try reader.number()?.integer
            case "shape":
                guard try reader.beginArray() else { break }
                while try reader.nextElement() { shape.append(try reader.number()?.integer ?? -1) }
            case "form": form = try reader.string().flatMap(TensorForm.init) ?? .nested
            default: throw StoreError.failed("a reference of a stored model has the member \(name.quoted)")
            }
        }
        guard let at, at >= 0, shape.allSatisfy({ $0 > 0 }), let count = Shape(shape).checkedCount,
            count <= weights.count / 8, at <= weights.count / 8 - count
        else { throw StoreError.failed("a reference of a stored model leads beyond its weights") }
        let numbers = unsafe weights.span.bytes.extracting(8 * at..<8 * (at + count))
        let elements = [Element](capacity: count) { output in
            for index in 0..<count {
                let bits = unsafe numbers.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                output.append(Element(Double(bitPattern: UInt64(littleEndian: bits))))
            }
        }
        let written = WrittenTensor(tensor: Tensor(shape: Shape(shape), elements: elements), form: form)
        record(written, from: start)
        return written
    }
}
