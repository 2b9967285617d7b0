import Backprop

/// A request to infer as it was read, with its binary tensors.
struct InferenceRequest {
    /// A tensor that was sent.
    struct Input {
        let name: String
        let tensor: Tensor<Double>
    }

    /// An output that is wanted.
    struct Output {
        let name: String
        /// Whether it is wanted in binary; `nil` where nothing is said.
        var isBinary: Bool?
    }

    private(set) var id: String?
    private(set) var inputs: [Input] = []
    private(set) var outputs: [Output] = []
    /// Whether outputs of which nothing is said are wanted in binary.
    private(set) var prefersBinary = false
    /// The gradient at the output, in whatever shape.
    private(set) var cotangent: Tensor<Double>?

    /// An input's members as they were read.
    private struct Members {
        var name: String?
        var shape: Shape?
        var datatype: ElementType?
        var data: Tensor<Double>?
        var binarySize: Int?
    }

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: JSON, and after it binary tensors.
    ///   - jsonLength: How long the JSON is; `nil` where it is the whole body.
    ///   - limits: The bounds.
    /// - Throws: ``OpenInference/Failure``.
    init(_ body: [UInt8], jsonLength: Int?, limits: RequestLimits) throws {
        if let jsonLength, !(0...body.count).contains(jsonLength) {
            let detail = "says \(jsonLength) bytes of JSON; the body has \(body.count)"
            throw OpenInference.Failure("\(OpenInference.headerLength) \(detail)")
        }
        let text = jsonLength.map { Array(body[..<$0]) } ?? body
        var read: [Members] = []
        do {
            var reader = JSONReader(text, maximumDepth: limits.depth)
            guard try reader.beginObject() else { throw OpenInference.Failure("a request is an object with inputs") }
            var hasInputs = false
            while let member = try reader.nextMember() {
                switch member {
                case "id": id = try Self.text(&reader, "id")
                case "parameters": try readParameters(&reader, limits)
                case "inputs":
                    hasInputs = true
                    guard try reader.beginArray() else { throw OpenInference.Failure("inputs is a list of tensors") }
                    while try reader.nextElement() {
                        guard read.count <= limits.layers else { throw OpenInference.Failure("too many inputs") }
                        read.append(try Self.input(&reader, limits))
                    }
                case "outputs": try readOutputs(&reader, limits)
                default: break
                }
            }
            try reader.finish()
            if !hasInputs { throw OpenInference.Failure("a request needs inputs") }
        } catch let error as JSONSyntaxError {
            throw OpenInference.Failure("the body is not JSON: \(error.description)")
        }
        var rest = body[text.count...]
        for members in read { inputs.append(try Self.whole(members, &rest)) }
        guard rest.isEmpty else {
            throw OpenInference.Failure("\(rest.count) bytes are left behind the inputs' binary tensors")
        }
    }

    // MARK: Members

    private static func text(_ reader: inout JSONReader, _ name: String) throws -> String {
        guard let text = try reader.string() else { throw OpenInference.Failure("\(name) is a text") }
        return text
    }

    private static func flag(_ reader: inout JSONReader, _ name: String) throws -> Bool {
        guard let flag = try reader.bool() else { throw OpenInference.Failure("\(name) is true or false") }
        return flag
    }

    private mutating func readParameters(_ reader: inout JSONReader, _ limits: RequestLimits) throws {
        guard try reader.beginObject() else { throw OpenInference.Failure("parameters is an object") }
        while let member = try reader.nextMember() {
            switch member {
            case "binary_data_output": prefersBinary = try Self.flag(&reader, "binary_data_output")
            case "cotangent":
                // A parameter may be a text only, for some clients; it then has the JSON of the tensor.
                if let text = try reader.string() {
                    var inner = JSONReader(Array(text.utf8), maximumDepth: limits.depth)
                    cotangent = try Self.tensor(&inner, "cotangent", limits)
                    try inner.finish()
                } else {
                    cotangent = try Self.tensor(&reader, "cotangent", limits)
                }
            default: break
            }
        }
    }

    private mutating func readOutputs(_ reader: inout JSONReader, _ limits: RequestLimits) throws {
        guard try reader.beginArray() else { throw OpenInference.Failure("outputs is a list of names") }
        while try reader.nextElement() {
            guard outputs.count <= limits.layers else { throw OpenInference.Failure("too many outputs") }
            guard try reader.beginObject() else { throw OpenInference.Failure("an output is an object with a name") }
            var name: String?
            var isBinary: Bool?
            while let member = try reader.nextMember() {
                if member == "name" { name = try Self.text(&reader, "an output's name") }
                if member == "parameters" {
                    guard try reader.beginObject() else { throw OpenInference.Failure("parameters is an object") }
                    while let parameter = try reader.nextMember() {
                        if parameter == "binary_data" { isBinary = try Self.flag(&reader, "binary_data") }
                    }
                }
            }
            guard let name else { throw OpenInference.Failure("an output needs a name") }
            outputs.append(Output(name: name, isBinary: isBinary))
        }
    }

    private static func input(_ reader: inout JSONReader, _ limits: RequestLimits) throws -> Members {
        guard try reader.beginObject() else { throw OpenInference.Failure("an input is an object") }
        var members = Members()
        while let member = try reader.nextMember() {
            switch member {
            case "name": members.name = try text(&reader, "an input's name")
            case "shape": members.shape = try shape(&reader, limits)
            case "datatype":
                let name = try text(&reader, "datatype")
                guard let type = ElementType(inference: name) else {
                    let known = ElementType.allCases.map(\.inferenceName).joined(separator: ", ")
                    throw OpenInference.Failure("datatype is one of \(known); it is \(quoted(name))")
                }
                members.datatype = type
            case "data": members.data = try tensor(&reader, "data", limits)
            case "parameters":
                guard try reader.beginObject() else { throw OpenInference.Failure("parameters is an object") }
                while let parameter = try reader.nextMember() {
                    guard parameter == "binary_data_size" else { continue }
                    guard let size = try reader.number()?.integer, size >= 0 else {
                        throw OpenInference.Failure("binary_data_size is a number of bytes")
                    }
                    members.binarySize = size
                }
            default: break
            }
        }
        return members
    }

    private static func shape(_ reader: inout JSONReader, _ limits: RequestLimits) throws -> Shape {
        guard try reader.beginArray() else { throw OpenInference.Failure("shape is a list of lengths") }
        var lengths: [Int] = []
        while try reader.nextElement() {
            guard let length = try reader.number()?.integer, length > 0, lengths.count < limits.rank else {
                throw OpenInference.Failure("shape is a list of at most \(limits.rank) lengths from 1 on")
            }
            lengths.append(length)
        }
        if let fault = limits.tensor.fault(of: Shape(lengths)) { throw OpenInference.Failure(fault.detail) }
        return Shape(lengths)
    }

    private static func tensor(
        _ reader: inout JSONReader,
        _ name: String,
        _ limits: RequestLimits
    ) throws -> Tensor<Double> {
        switch try reader.tensor(of: Double.self, limits: limits.tensor) {
        case .success(let written): return written.tensor
        case .failure(let fault):
            throw OpenInference.Failure("\(name) is a list of numbers, nested or flat: \(fault.detail)")
        }
    }

    /// Puts an input together, taking its bytes from those that are left.
    private static func whole(_ members: Members, _ rest: inout ArraySlice<UInt8>) throws -> Input {
        guard let name = members.name else { throw OpenInference.Failure("an input needs a name") }
        guard let shape = members.shape, let datatype = members.datatype else {
            throw OpenInference.Failure("the input \(quoted(name)) needs a shape and a datatype")
        }
        let subject = "the input \(quoted(name)) of shape \(shape)"
        if let data = members.data {
            guard members.binarySize == nil else {
                throw OpenInference.Failure("\(subject) has data and binary_data_size; it has one of them")
            }
            guard data.count == shape.count else {
                throw OpenInference.Failure("\(subject) has \(shape.count) numbers; data has \(data.count)")
            }
            return Input(name: name, tensor: data.reshaped(to: shape))
        }
        guard let size = members.binarySize else {
            throw OpenInference.Failure("\(subject) needs data, or binary_data_size and its bytes")
        }
        let expected = shape.count * datatype.size
        guard size == expected else {
            let detail = "takes \(expected) bytes as \(datatype.inferenceName); binary_data_size is \(size)"
            throw OpenInference.Failure("\(subject) \(detail)")
        }
        guard rest.count >= size else {
            throw OpenInference.Failure("\(subject) takes \(size) bytes; the body has \(rest.count) left")
        }
        defer { rest = rest.dropFirst(size) }
        return Input(name: name, tensor: Tensor(shape: shape, elements: datatype.numbers(rest.prefix(size))))
    }
}
