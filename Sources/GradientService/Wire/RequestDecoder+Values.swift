import Backprop

/// The fields of a layer or loss as they were read.
struct DecodedFields {
    /// The fields that are not learnable, as far as they have no fault.
    var values = FieldMap<FieldValue>()
    /// The constants among them with the form they were written in.
    var constants = FieldMap<WrittenTensor<Double>>()
    /// The fields, not learnable ones, that have a fault.
    var faulty: Set<String> = []
}

extension RequestDecoder {
    // MARK: Single values

    /// Reads a tensor; `nil` where it has a fault, which is noted.
    mutating func tensor<Element: TextScalar>(
        _ element: Element.Type,
        _ pointer: JSONPointer
    ) throws -> WrittenTensor<Element>? {
        if let storedWeights { return try storedTensor(element, in: storedWeights) }
        let start = try reader.startOfValue()
        switch try reader.tensor(of: element, limits: limits.tensor) {
        case .success(let tensor):
            record(tensor, from: start)
            if readTensors != nil {
                let (range, shape) = (start..<reader.position, tensor.tensor.shape)
                readTensors?.append(ReadTensor(pointer: pointer, range: range, shape: shape, form: tensor.form))
            }
            return tensor
        case .failure(let fault):
            try faults.add(fault, under: pointer)
            return nil
        }
    }

    /// Reads one of some words.
    mutating func word(of words: [String], _ pointer: JSONPointer) throws -> String? {
        let list = words.map { "\"\($0)\"" }.joined(separator: " or ")
        guard let word = try reader.string() else {
            try wrongKind(list, pointer)
            return nil
        }
        if words.contains(word) { return word }
        faults.add(pointer, "expected \(list); it is \(quoted(word))")
        return nil
    }

    /// Reads a list of strings; an element that is none is noted and `nil`.
    mutating func strings(_ pointer: JSONPointer) throws -> [String?]? {
        guard try reader.beginArray() else {
            try wrongKind("a list of strings", pointer)
            return nil
        }
        var strings: [String?] = []
        while try reader.nextElement() {
            let string = try reader.string()
            if string == nil { try wrongKind("a string", pointer.appending(strings.count)) }
            strings.append(string)
        }
        return strings
    }

    /// Reads a name of 1 to 128 characters.
    mutating func name(_ pointer: JSONPointer) throws -> String? {
        guard let name = try reader.string() else {
            try wrongKind("a name", pointer)
            return nil
        }
        return check(name: name, pointer) ? name : nil
    }

    /// Notes a name that is empty or too long.
    @discardableResult mutating func check(name: String, _ pointer: JSONPointer) -> Bool {
        let count = name.unicodeScalars.count
        if count >= 1 && count <= 128 { return true }
        faults.add(pointer, "a name has 1 to 128 characters; it has \(count)")
        return false
    }

    // MARK: Faults

    /// Notes that another kind of value was expected and passes over the one that stands there.
    mutating func wrongKind(_ expected: String, _ pointer: JSONPointer) throws {
        let kind = try reader.peek()
        faults.add(pointer, "expected \(expected); it is \(kind.described)")
        try reader.skip()
    }

    /// Notes a member that there is not and passes over its value.
    mutating func skipUnknown(_ name: JSONName, _ pointer: JSONPointer, among known: [String], of owner: String) throws
    {
        faults.add(pointer, "\(owner) has no member \(quoted(name.text))" + Suggestion.hint(name.text, among: known))
        try reader.skip()
    }

    // MARK: Objects whose fields their type declares

    /// Reads an object such as a layer or a loss: its `type` names the declaration that its other members follow.
    ///
    /// A member that stands before the type is passed over and read once the type is known.
    ///
    /// - Parameters:
    ///   - pointer: Where the object stands.
    ///   - kind: What it is.
    ///   - fields: Where the fields that are not learnable go.
    ///   - common: Reads a member that every type has; `false` where the name is none of those.
    ///   - parameter: Reads a learnable field.
    /// - Returns: The type, if it is known.
    /// - Throws: What ends the reading.
    mutating func declaredObject(
        _ pointer: JSONPointer,
        _ kind: DeclaredKind,
        fields: inout DecodedFields,
        common: (inout RequestDecoder, JSONName, JSONPointer) throws -> Bool = { _, _, _ in false },
        parameter: (inout RequestDecoder, Field, JSONPointer) throws -> Void = { _, _, _ in }
    ) throws -> String? {
        _ = try reader.beginObject()
        var type: DeclaredType?
        var hasType = false
        var postponed: [(name: JSONName, place: JSONReader.Place)] = []

        while let name = try reader.nextMember() {
            if name == "type" {
                hasType = true
                type = try readType(pointer.appending("type"), kind)
            } else if try common(&self, name, pointer.appending(name)) {
                continue
            } else if let type {
                try readField(name, pointer, kind, type, &fields, parameter)
            } else {
                postponed.append((name, reader.place))
            }
        }
        if !hasType { faults.add(pointer.appending("type"), "a \(kind.word) needs a type") }
        guard let type else { return nil }
        for (name, place) in postponed {
            let here = reader.detour(to: place)
            try readField(name, pointer, kind, type, &fields, parameter)
            reader.resume(here)
        }
        return type.name
    }

    private mutating func readType(_ pointer: JSONPointer, _ kind: DeclaredKind) throws -> DeclaredType? {
        guard let type = try reader.string() else {
            try wrongKind("the name of a \(kind.word)", pointer)
            return nil
        }
        if let declared = kind.types[JSONName(type)] { return declared }
        faults.add(pointer, "there is no \(kind.word) \(quoted(type))" + Suggestion.hint(type, among: kind.typeNames))
        return nil
    }

    private mutating func readField(
        _ name: JSONName,
        _ owner: JSONPointer,
        _ kind: DeclaredKind,
        _ type: DeclaredType,
        _ fields: inout DecodedFields,
        _ parameter: (inout RequestDecoder, Field, JSONPointer) throws -> Void
    ) throws {
        let pointer = owner.appending(name)
        guard let position = type.fieldNames.firstIndex(of: name) else {
            let known = kind.commonMembers + type.fields.map(\.name)
            return try skipUnknown(name, pointer, among: known, of: "\(kind.word) \"\(type.name)\"")
        }
        let field = type.fields[position]
        if field.isParameter { return try parameter(&self, field, pointer) }
        if field.standard == nil && !field.isRequired, try reader.null() { return }
        if field.kind == .constant {
            if let constant = try tensor(Double.self, pointer) {
                fields.values[field.name] = .constant(constant.tensor)
                fields.constants[field.name] = constant
                return
            }
        } else if let value = try value(of: field.kind, called: field.name, pointer) {
            fields.values[field.name] = value
            return
        }
        fields.faulty.insert(field.name)
    }
}
