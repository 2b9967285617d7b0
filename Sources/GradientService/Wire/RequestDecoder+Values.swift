import Backprop

/// The fields of a layer or loss as they were read.
struct DecodedFields {
    /// The fields that are not learnable, as far as they have no fault.
    var values: [String: FieldValue] = [:]
    /// The constants among them with the form they were written in.
    var constants: [String: WrittenTensor<Double>] = [:]
    /// The fields, not learnable ones, that have a fault.
    var faulty: Set<String> = []
}

/// A kind of object whose fields its `type` declares.
struct DeclaredKind {
    /// What one is called in messages.
    let word: String
    /// The types there are.
    let types: [String]
    /// The members that every type has.
    let commonMembers: [String]
    /// The fields of a type; `nil` where there is none such.
    let fields: (String) -> [Field]?

    /// Layers.
    static var layer: DeclaredKind {
        DeclaredKind(
            word: "layer",
            types: Catalogue.layerTypes,
            commonMembers: ["name", "type", "inputs"],
            fields: { Catalogue.layer($0)?.fields }
        )
    }

    /// Losses.
    static var loss: DeclaredKind {
        DeclaredKind(
            word: "loss",
            types: Catalogue.lossTypes,
            commonMembers: ["type"],
            fields: { Catalogue.loss($0)?.fields }
        )
    }
}

extension RequestDecoder {
    // MARK: Single values

    /// Reads a tensor; `nil` where it has a fault, which is noted.
    mutating func tensor<Element: TextScalar>(
        _ element: Element.Type,
        _ pointer: JSONPointer
    ) throws -> WrittenTensor<Element>? {
        switch try reader.tensor(of: element, limits: limits.tensor) {
        case .success(let tensor): return tensor
        case .failure(let fault):
            try faults.add(fault, under: pointer)
            return nil
        }
    }

    /// Reads one of the words of an enumeration.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type,
        _ pointer: JSONPointer
    ) throws -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        guard let word = try word(of: words, pointer) else { return nil }
        return Choice(rawValue: word)
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
        faults.add(pointer, "expected \(expected); it is \(try reader.peek().described)")
        try reader.skip()
    }

    /// Notes a member that there is not and passes over its value.
    mutating func skipUnknown(_ name: JSONName, _ pointer: JSONPointer, among known: [String], of owner: String) throws
    {
        let hint = Suggestion.hint(name.text, among: known)
        faults.add(pointer, "\(owner) has no member \(quoted(name.text))" + (hint.isEmpty ? "" : "; " + hint))
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
        var type: String?
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
        return type
    }

    private mutating func readType(_ pointer: JSONPointer, _ kind: DeclaredKind) throws -> String? {
        guard let type = try reader.string() else {
            try wrongKind("the name of a \(kind.word)", pointer)
            return nil
        }
        if kind.fields(type) != nil { return type }
        let hint = Suggestion.hint(type, among: kind.types)
        faults.add(pointer, "there is no \(kind.word) \(quoted(type))" + (hint.isEmpty ? "" : "; " + hint))
        return nil
    }

    private mutating func readField(
        _ name: JSONName,
        _ owner: JSONPointer,
        _ kind: DeclaredKind,
        _ type: String,
        _ fields: inout DecodedFields,
        _ parameter: (inout RequestDecoder, Field, JSONPointer) throws -> Void
    ) throws {
        let pointer = owner.appending(name)
        let declared = kind.fields(type) ?? []
        guard let field = declared.first(where: { name == JSONName($0.name) }) else {
            let known = kind.commonMembers + declared.map(\.name)
            return try skipUnknown(name, pointer, among: known, of: "\(kind.word) \"\(type)\"")
        }
        if field.isParameter { return try parameter(&self, field, pointer) }
        if field.standard == nil && !field.isRequired, try reader.null() { return }
        if field.kind == .constant {
            if let constant = try tensor(Double.self, pointer) {
                fields.values[field.name] = .constant(constant.tensor)
                fields.constants[field.name] = constant
                return
            }
        } else if let value = try hyperparameter(field, pointer) {
            fields.values[field.name] = value
            return
        }
        fields.faulty.insert(field.name)
    }

    // MARK: Hyperparameters

    /// Reads a field that is not a tensor; `nil` where it has a fault, which is noted.
    private mutating func hyperparameter(_ field: Field, _ pointer: JSONPointer) throws -> FieldValue? {
        switch field.kind {
        case .parameter, .constant: preconditionFailure("tensors are read elsewhere")
        case .number(let range): return try number(field, in: range, pointer).map(FieldValue.number)
        case .integer(let minimum): return try integer(field, atLeast: minimum, pointer).map { .integers([$0]) }
        case .integers(let count, let minimum):
            return try integers(field, count: count, atLeast: minimum, pointer).map(FieldValue.integers)
        case .integersOrChoice(let count, let minimum, let choices):
            if try reader.peek() == .string { return try word(of: choices, pointer).map(FieldValue.choice) }
            return try integers(field, count: count, atLeast: minimum, pointer).map(FieldValue.integers)
        case .flag:
            if let flag = try reader.bool() { return .flag(flag) }
            try wrongKind("true or false", pointer)
            return nil
        case .choice(let choices): return try word(of: choices, pointer).map(FieldValue.choice)
        }
    }

    private mutating func number(_ field: Field, in range: Field.Range, _ pointer: JSONPointer) throws -> Double? {
        guard let number = try reader.number() else {
            try wrongKind("a number", pointer)
            return nil
        }
        guard !number.isTooLarge else {
            faults.add(pointer, "\(field.name) is beyond the largest float64")
            return nil
        }
        guard range.contains(number.value) else {
            faults.add(pointer, "\(field.name) must be \(range.described); it is \(number.literal)")
            return nil
        }
        return number.value
    }

    private mutating func integer(_ field: Field, atLeast minimum: Int, _ pointer: JSONPointer) throws -> Int? {
        guard let number = try reader.number() else {
            try wrongKind("an integer", pointer)
            return nil
        }
        guard let integer = number.integer else {
            faults.add(pointer, "\(field.name) must be an integer; it is \(number.literal)")
            return nil
        }
        guard integer >= minimum else {
            faults.add(pointer, "\(field.name) must be at least \(minimum); it is \(integer)")
            return nil
        }
        return integer
    }

    /// Reads a list of integers, or a single one, which stands for a list of one or for `count` equal ones.
    private mutating func integers(
        _ field: Field,
        count: Int?,
        atLeast minimum: Int,
        _ pointer: JSONPointer
    ) throws -> [Int]? {
        if try reader.peek() == .number {
            let single = try integer(field, atLeast: minimum, pointer)
            return single.map { [Int](repeating: $0, count: count ?? 1) }
        }
        guard try reader.beginArray() else {
            try wrongKind("an integer or a list of integers", pointer)
            return nil
        }
        var list: [Int] = []
        var isWhole = true
        var position = 0
        while try reader.nextElement() {
            // A list longer than any tensor has dimensions is passed over, not kept.
            if position < 64, let entry = try integer(field, atLeast: minimum, pointer.appending(position)) {
                list.append(entry)
            } else {
                isWhole = false
            }
            position += 1
        }
        if position > 64 {
            faults.add(pointer, "\(field.name) is a list of at most 64 integers; it has \(position)")
        } else if let count, position != count, !(position == 1 && isWhole) {
            faults.add(pointer, "\(field.name) is one integer or \(count); the list has \(position)")
            return nil
        }
        guard isWhole else { return nil }
        if let count, list.count == 1 { return [Int](repeating: list[0], count: count) }
        return list
    }
}

extension Field.Range {
    /// The range in words.
    var described: String {
        switch self {
        case .any: "a number"
        case .positive: "greater than 0"
        case .notNegative: "at least 0"
        case .fraction: "in 0...1"
        }
    }
}
