import Backprop

extension RequestDecoder {
    /// Reads a value other than a tensor, of a layer's or loss's field or of an option; `nil` where it has a fault, which
    /// is noted.
    ///
    /// - Parameters:
    ///   - kind: What is expected.
    ///   - name: What it is called in messages.
    ///   - pointer: Where it stands.
    /// - Returns: The value.
    /// - Throws: What ends the reading.
    mutating func value(of kind: Field.Kind, called name: String, _ pointer: JSONPointer) throws -> FieldValue? {
        switch kind {
        case .parameter, .constant: preconditionFailure("tensors are read elsewhere")
        case .number(let range): return try number(name, in: range, pointer).map(FieldValue.number)
        case .integer(let minimum): return try integer(name, atLeast: minimum, pointer).map { .integers([$0]) }
        case .integers(let count, let minimum):
            return try integers(name, count: count, atLeast: minimum, pointer).map(FieldValue.integers)
        case .integersOrChoice(let count, let minimum, let choices):
            if try reader.peek() == .string { return try word(of: choices, pointer).map(FieldValue.choice) }
            return try integers(name, count: count, atLeast: minimum, pointer).map(FieldValue.integers)
        case .flag:
            if let flag = try reader.bool() { return .flag(flag) }
            try wrongKind("true or false", pointer)
            return nil
        case .choice(let choices): return try word(of: choices, pointer).map(FieldValue.choice)
        }
    }

    private mutating func number(_ name: String, in range: Field.Range, _ pointer: JSONPointer) throws -> Double? {
        guard let number = try reader.number() else {
            try wrongKind("a number", pointer)
            return nil
        }
        guard !number.isTooLarge else {
            faults.add(pointer, "\(name) is beyond the largest float64")
            return nil
        }
        guard range.contains(number.value) else {
            faults.add(pointer, "\(name) must be \(range.described); it is \(number.literal)")
            return nil
        }
        return number.value
    }

    private mutating func integer(_ name: String, atLeast minimum: Int, _ pointer: JSONPointer) throws -> Int? {
        guard let number = try reader.number() else {
            try wrongKind("an integer", pointer)
            return nil
        }
        guard let integer = number.integer else {
            faults.add(pointer, "\(name) must be an integer; it is \(number.literal)")
            return nil
        }
        guard integer >= minimum else {
            faults.add(pointer, "\(name) must be at least \(minimum); it is \(integer)")
            return nil
        }
        return integer
    }

    /// Reads a list of integers, or a single one, which stands for a list of one or for `count` equal ones.
    private mutating func integers(
        _ name: String,
        count: Int?,
        atLeast minimum: Int,
        _ pointer: JSONPointer
    ) throws -> [Int]? {
        if try reader.peek() == .number {
            let single = try integer(name, atLeast: minimum, pointer)
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
            if position < 64, let entry = try integer(name, atLeast: minimum, pointer.appending(position)) {
                list.append(entry)
            } else {
                isWhole = false
            }
            position += 1
        }
        if position > 64 {
            faults.add(pointer, "\(name) is a list of at most 64 integers; it has \(position)")
        } else if let count, position != count, !(position == 1 && isWhole) {
            faults.add(pointer, "\(name) is one integer or \(count); the list has \(position)")
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
