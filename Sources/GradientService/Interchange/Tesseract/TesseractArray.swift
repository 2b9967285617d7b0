import Backprop

/// An array in a request: `{"shape", "dtype", "data": {"buffer", "encoding"}}`, or plain nested lists.
struct TesseractArray {
    /// The numbers; `nil` where only a shape was given.
    let tensor: Tensor<Double>?
    /// The shape.
    let shape: Shape

    /// What stands in `data`.
    private struct Data {
        var encoding = "json"
        var compression: String?
        var text: String?
        var numbers: Tensor<Double>?
    }

    /// Reads the array that stands next.
    ///
    /// - Parameters:
    ///   - reader: The reader.
    ///   - place: Where it stands, for faults.
    ///   - isAbstract: Whether a shape alone will do.
    ///   - limits: The bounds.
    /// - Throws: ``Tesseract/Fault``, or that the body is not JSON.
    init(_ reader: inout JSONReader, at place: [JSONTree], isAbstract: Bool, _ limits: TensorLimits) throws {
        guard try reader.peek() == .object else {
            let numbers = try TesseractArray.numbers(&reader, place, limits)
            (tensor, shape) = (numbers, numbers.shape)
            return
        }
        var lengths: [Int]?
        var dtype: String?
        var data: Data?
        _ = try reader.beginObject()
        while let member = try reader.nextMember() {
            let here = place + [.string(member.text)]
            switch member.text {
            case "shape": lengths = try TesseractArray.lengths(&reader, here, limits)
            case "dtype": dtype = try TesseractArray.text(&reader, here)
            case "data": data = try TesseractArray.data(&reader, here, limits)
            case "object_type": _ = try TesseractArray.text(&reader, here)
            default: throw Tesseract.Fault("extra_forbidden", here, "an array has shape, dtype and data")
            }
        }
        guard let lengths else { throw Tesseract.Fault("missing", place + ["shape"], "an array needs its shape") }
        guard let dtype else { throw Tesseract.Fault("missing", place + ["dtype"], "an array needs its dtype") }
        guard let type = ElementType(numpy: dtype) else {
            let known = ElementType.allCases.filter { $0 != .bfloat16 }.map(\.rawValue).joined(separator: ", ")
            throw Tesseract.Fault(
                "literal_error",
                place + ["dtype"],
                "dtype is one of \(known); it is \(quoted(dtype))"
            )
        }
        shape = Shape(lengths)
        if let fault = limits.fault(of: shape) { throw Tesseract.Fault("value_error", place + ["shape"], fault.detail) }
        guard let data else {
            guard isAbstract else { throw Tesseract.Fault("missing", place + ["data"], "an array needs its data") }
            tensor = nil
            return
        }
        tensor = try TesseractArray.tensor(data, type, shape, place + ["data"])
    }

    private static func tensor(
        _ data: Data,
        _ type: ElementType,
        _ shape: Shape,
        _ place: [JSONTree]
    ) throws -> Tensor<Double> {
        if let compression = data.compression, compression != "none" {
            throw Tesseract.Fault("literal_error", place + ["compression"], "compressed arrays are not taken here")
        }
        let buffer = place + ["buffer"]
        switch data.encoding {
        case "json":
            guard let numbers = data.numbers else {
                throw Tesseract.Fault("value_error", buffer, "with the encoding json a buffer is a list of numbers")
            }
            guard numbers.count == shape.count else {
                let detail = "the shape \(shape) takes \(shape.count) numbers; there are \(numbers.count)"
                throw Tesseract.Fault("value_error", buffer, detail)
            }
            return numbers.reshaped(to: shape)
        case "base64":
            guard let bytes = data.text.flatMap({ Base64.decode(Array($0.utf8)) }) else {
                throw Tesseract.Fault("value_error", buffer, "with the encoding base64 a buffer is a base64 text")
            }
            guard bytes.count == shape.count * type.size else {
                let needed = "the shape \(shape) takes \(shape.count * type.size) bytes as \(type.rawValue)"
                throw Tesseract.Fault("value_error", buffer, "\(needed); there are \(bytes.count)")
            }
            return Tensor(shape: shape, elements: type.numbers(bytes[...]))
        default:
            throw Tesseract.Fault("literal_error", place + ["encoding"], "the encodings taken here are json and base64")
        }
    }

    private static func data(_ reader: inout JSONReader, _ place: [JSONTree], _ limits: TensorLimits) throws -> Data {
        guard try reader.beginObject() else {
            throw Tesseract.Fault("dict_type", place, "data is an object with buffer and encoding")
        }
        var data = Data()
        var hasBuffer = false
        while let member = try reader.nextMember() {
            let here = place + [.string(member.text)]
            switch member.text {
            case "buffer":
                hasBuffer = true
                if let text = try reader.string() {
                    data.text = text
                    // A number that JSON can't write may be a whole buffer.
                    data.numbers = ["NaN": Double.nan, "Infinity": .infinity, "-Infinity": -.infinity][text]
                        .map { Tensor($0) }
                } else {
                    data.numbers = try numbers(&reader, here, limits)
                }
            case "encoding": data.encoding = try text(&reader, here)
            case "compression": if try !reader.null() { data.compression = try text(&reader, here) }
            default: throw Tesseract.Fault("extra_forbidden", here, "data has buffer, encoding and compression")
            }
        }
        if !hasBuffer { throw Tesseract.Fault("missing", place + ["buffer"], "data needs a buffer") }
        return data
    }

    private static func numbers(
        _ reader: inout JSONReader,
        _ place: [JSONTree],
        _ limits: TensorLimits
    ) throws -> Tensor<Double> {
        switch try reader.tensor(of: Double.self, limits: limits) {
        case .success(let written) where written.form == .nested: return written.tensor
        case .success: throw Tesseract.Fault("value_error", place, "expected nested lists of numbers")
        case .failure(let fault):
            let steps = fault.pointer.steps.map { step -> JSONTree in
                switch step {
                case .index(let index): .integer(index)
                case .name(let name): .string(name.text)
                }
            }
            throw Tesseract.Fault("value_error", place + steps, fault.detail)
        }
    }

    private static func lengths(
        _ reader: inout JSONReader,
        _ place: [JSONTree],
        _ limits: TensorLimits
    ) throws -> [Int] {
        guard try reader.beginArray() else { throw Tesseract.Fault("list_type", place, "a shape is a list of lengths") }
        var lengths: [Int] = []
        while try reader.nextElement() {
            guard lengths.count < limits.rank else { throw Tesseract.Fault("too_long", place, limits.rankFault.detail) }
            guard let length = try reader.number()?.integer, length >= 0 else {
                let here = place + [.integer(lengths.count)]
                throw Tesseract.Fault("greater_than_equal", here, "a length is an integer from 0 on")
            }
            lengths.append(length)
        }
        return lengths
    }

    private static func text(_ reader: inout JSONReader, _ place: [JSONTree]) throws -> String {
        guard let text = try reader.string() else { throw Tesseract.Fault("string_type", place, "expected a text") }
        return text
    }
}

extension Shape {
    /// Whether this becomes the other shape where dimensions of length 1 are repeated and missing outer ones added, as
    /// NumPy does.
    func isBroadcast(to target: Shape) -> Bool {
        rank <= target.rank
            && zip(dimensions.reversed(), target.dimensions.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
    }
}

extension Tensor<Double> {
    /// The tensor with dimensions of length 1 repeated and missing outer ones added; `nil` where it does not fit.
    func broadcast(to target: Shape) -> Tensor? {
        if shape == target { return self }
        guard shape.isBroadcast(to: target) else { return nil }
        let padded = [Int](repeating: 1, count: target.rank - shape.rank) + shape.dimensions
        let strides = zip(padded, Shape(padded).strides).map { $0 == 1 ? 0 : $1 }
        let entries = (0..<target.count).map { index in
            var source = 0
            for (position, stride) in target.strides.enumerated() {
                source += index / stride % target[position] * strides[position]
            }
            return elements[source]
        }
        return Tensor(shape: target, elements: entries)
    }
}
