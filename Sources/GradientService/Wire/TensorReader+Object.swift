import Backprop

extension JSONReader {
    /// What has been read of a tensor that is written as an object.
    private struct Members<Element: TextScalar> {
        var shape: Shape?
        var dtype: DType?
        var data: [Element]?
        var base64: RawString?
    }

    /// Reads the tensor whose object stands next, its members in any order.
    mutating func tensorObject<Element: TextScalar>(
        limits: TensorLimits
    ) throws(JSONSyntaxError) -> Result<WrittenTensor<Element>, ValueFault> {
        var members = Members<Element>()
        _ = try beginObject()
        while let name = try nextMember() {
            if let fault = try read(name, into: &members, limits: limits) { return .failure(fault) }
            if members.data != nil, members.base64 != nil {
                return .failure(ValueFault("a tensor has data or base64, not both", at: ["base64"]))
            }
            if members.data != nil, members.dtype != nil {
                return .failure(ValueFault("dtype stands only beside base64", at: ["dtype"]))
            }
        }
        guard let shape = members.shape else {
            return .failure(ValueFault("a tensor that is an object needs its shape", at: ["shape"]))
        }
        if let data = members.data {
            guard data.count == shape.count else {
                let detail = "the shape \(shape) takes \(shape.count) numbers; there are \(data.count)"
                return .failure(ValueFault(detail, at: ["data"]))
            }
            return .success(WrittenTensor(tensor: Tensor(shape: shape, elements: data), form: .flat))
        }
        guard let base64 = members.base64 else {
            return .failure(ValueFault("a tensor that is an object needs data or base64", at: ["data"]))
        }
        switch elements(of: base64, dtype: members.dtype ?? .float64, shape: shape, as: Element.self) {
        case .success(let elements):
            return .success(WrittenTensor(tensor: Tensor(shape: shape, elements: elements), form: .base64))
        case .failure(let fault): return .failure(fault)
        }
    }

    private mutating func read<Element: TextScalar>(
        _ name: JSONName,
        into members: inout Members<Element>,
        limits: TensorLimits
    ) throws(JSONSyntaxError) -> ValueFault? {
        switch name {
        case "shape":
            switch try shape(limits: limits) {
            case .success(let shape): members.shape = shape
            case .failure(let fault): return fault
            }
        case "dtype":
            guard let given = try string() else {
                return ValueFault("expected a string, found \(try peek().described)", at: ["dtype"])
            }
            guard let dtype = DType(rawValue: given) else {
                let found = JSONName(given).quoted
                return ValueFault("expected \"float64\" or \"float32\", found \(found)", at: ["dtype"])
            }
            members.dtype = dtype
        case "data":
            guard try peek() == .array else {
                return ValueFault("expected an array of numbers, found \(try peek().described)", at: ["data"])
            }
            let room = members.shape.map { min($0.count, (text.count - position) / 2) }
            var rows = NestedRows<Element>(flatExpecting: room, limits: limits)
            if let fault = try read(&rows) { return fault.isLimit ? fault : fault.under(["data"]) }
            members.data = rows.elements
        case "base64":
            guard try peek() == .string else {
                return ValueFault("expected a string, found \(try peek().described)", at: ["base64"])
            }
            members.base64 = try rawString()
            expectation = .separator
        default:
            let detail = "unknown member \(name.quoted); a tensor has shape and data, or shape, dtype and base64"
            return ValueFault(detail, at: [.name(name)])
        }
        return nil
    }

    private mutating func shape(limits: TensorLimits) throws(JSONSyntaxError) -> Result<Shape, ValueFault> {
        guard try beginArray() else {
            return .failure(ValueFault("expected an array of lengths, found \(try peek().described)", at: ["shape"]))
        }
        var lengths: [Int] = []
        while try nextElement() {
            let place: JSONPointer = ["shape", .index(lengths.count)]
            guard let number = try number() else {
                return .failure(ValueFault("expected a length, found \(try peek().described)", at: place))
            }
            guard let length = number.integer, length >= 0 else {
                return .failure(ValueFault("expected a length, found \(number.literal)", at: place))
            }
            guard lengths.count < limits.rank else { return .failure(limits.rankFault) }
            lengths.append(length)
        }
        let shape = Shape(lengths)
        return limits.fault(of: shape).map { .failure($0) } ?? .success(shape)
    }

    private func elements<Element: TextScalar>(
        of string: RawString,
        dtype: DType,
        shape: Shape,
        as: Element.Type
    ) -> Result<[Element], ValueFault> {
        let unescaped = string.hasEscapes ? unescape(string) : []
        let source = string.hasEscapes ? unescaped.span : text.span.extracting(string.range)
        guard let byteCount = Base64.decodedCount(source) else {
            return .failure(ValueFault("base64 comes in groups of four characters", at: ["base64"]))
        }
        guard byteCount == shape.count * dtype.size else {
            let needed = "the shape \(shape) takes \(shape.count * dtype.size) bytes as \(dtype.rawValue)"
            return .failure(ValueFault("\(needed); there are \(byteCount)", at: ["base64"]))
        }
        guard let elements = Element.read(base64: source, as: dtype, count: shape.count) else {
            return .failure(ValueFault("a character that is not base64", at: ["base64"]))
        }
        return .success(elements)
    }
}
