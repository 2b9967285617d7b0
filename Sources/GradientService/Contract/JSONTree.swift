/// A JSON value as a tree, members in order: for the contract and other small documents, never for tensors.
package indirect enum JSONTree: Sendable, Equatable {
    case object([Member])
    case array([JSONTree])
    case string(String)
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case null

    /// A member of an object.
    package struct Member: Sendable, Equatable {
        /// The name.
        package let name: String
        /// The value.
        package let value: JSONTree
    }

    /// The value of a member of an object; setting it replaces the member or adds one at the end.
    package subscript(name: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let position = members.firstIndex { $0.name == name }
            if let position { members.remove(at: position) }
            if let newValue { members.insert(Member(name: name, value: newValue), at: position ?? members.count) }
            self = .object(members)
        }
    }

    /// An object of the given members.
    package static func members(_ members: some Sequence<(String, JSONTree)>) -> JSONTree {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }
}

extension JSONTree: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    /// Makes an object whose members keep the order of the literal.
    package init(dictionaryLiteral elements: (String, JSONTree)...) { self = .members(elements) }
    /// Makes an array.
    package init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
    /// Makes a string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// Makes an integer.
    package init(integerLiteral value: Int) { self = .integer(value) }
    /// Makes a number.
    package init(floatLiteral value: Double) { self = .number(value) }
    /// Makes a truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONTree {
    /// The text of a string.
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// The elements of an array; none of anything else.
    var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }
}

extension JSONTree {
    /// Reads a whole JSON text.
    ///
    /// - Parameter text: The text.
    /// - Throws: What is wrong with the text.
    package init(parsing text: [UInt8]) throws(JSONSyntaxError) {
        var reader = JSONReader(text)
        self = try reader.tree()
        try reader.finish()
    }
}

extension JSONReader {
    /// Reads the value that stands next as a tree; its depth is bounded by the reader's.
    fileprivate mutating func tree() throws(JSONSyntaxError) -> JSONTree {
        switch try peek() {
        case .object:
            var members: [JSONTree.Member] = []
            _ = try beginObject()
            while let name = try nextMember() { members.append(.init(name: name.text, value: try tree())) }
            return .object(members)
        case .array:
            var elements: [JSONTree] = []
            _ = try beginArray()
            while try nextElement() { elements.append(try tree()) }
            return .array(elements)
        case .string: return .string(try string() ?? "")
        case .number:
            guard let number = try number() else { return .null }
            // A number written without fraction stays so when it is written again.
            let isInteger = number.literal.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
            return number.integer.flatMap { isInteger ? .integer($0) : nil } ?? .number(number.value)
        case .bool: return .bool(try bool() ?? false)
        case .null:
            _ = try null()
            return .null
        }
    }
}

extension JSONWriter {
    /// Writes a tree.
    package mutating func tree(_ tree: JSONTree) {
        switch tree {
        case .object(let members):
            beginObject()
            for member in members {
                name(member.name)
                self.tree(member.value)
            }
            endObject()
        case .array(let elements):
            beginArray()
            for element in elements { self.tree(element) }
            endArray()
        case .string(let text): string(text)
        case .integer(let value): integer(value)
        case .number(let value): number(value)
        case .bool(let value): bool(value)
        case .null: null()
        }
    }
}
