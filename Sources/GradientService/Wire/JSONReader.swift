/// The kinds of a JSON value.
package enum JSONKind: Sendable {
    case object, array, string, number, bool, null

    /// The kind with its article, for messages.
    package var described: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a truth value"
        case .null: "null"
        }
    }
}

/// Reads a JSON text from front to back, strictly by RFC 8259, and builds nothing that it is not asked for.
///
/// Each function reads the value that stands next if it is of the wanted kind, and otherwise returns `nil` or `false`
/// and leaves it standing, so that its place can be reported and it can be skipped. The members of an object and the
/// elements of an array are walked with a loop:
///
///     guard try reader.beginObject() else { … }
///     while let name = try reader.nextMember() {
///         switch name {
///         case "rate": rate = try reader.number()
///         default: …
///         }
///     }
///
/// A value that the loop's body has not read is skipped. Everything is checked, also in what is skipped: grammar,
/// UTF-8, surrogates, nesting and names that stand twice in one object.
package struct JSONReader: ~Copyable {
    /// What stands at the position.
    enum Expectation {
        /// A value, white space before it allowed.
        case value
        /// The first member or element of the container just begun, or its end.
        case first
        /// What follows a value: a comma or the container's end, or the end of the text.
        case separator
    }

    /// An array or object that has begun and not ended.
    enum Container {
        case object, array
    }

    /// The text.
    let text: [UInt8]
    /// How deep arrays and objects may be nested.
    package let maximumDepth: Int
    /// The offset of the next byte.
    package internal(set) var position = 0
    var expectation = Expectation.value
    /// The open containers, outermost first.
    var open: [Container] = []
    /// How many more containers are open than `open` holds, or fewer, while a detour is taken.
    var depthOffset = 0
    /// How many of `open` must stay so while a detour is taken.
    var floor = 0
    var names = JSONMemberNames()
    /// The cores that may help with many numbers.
    let spare: SpareCores?

    /// Makes a reader at the start of a text.
    package init(_ text: [UInt8], maximumDepth: Int = 64, spare: SpareCores? = nil) {
        self.text = text
        self.maximumDepth = maximumDepth
        self.spare = spare
    }

    /// The kind of the value that stands next, judged by its first byte.
    package mutating func peek() throws(JSONSyntaxError) -> JSONKind {
        precondition(expectation == .value, "a value stands only where a member or element begins")
        skipSpace()
        guard position < text.count else { throw unexpected("a value") }
        switch text[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw unexpected("a value")
        }
    }

    /// The offset of the first byte of the value that stands next.
    mutating func startOfValue() throws(JSONSyntaxError) -> Int {
        _ = try peek()
        return position
    }

    /// Reads `true` or `false`; `nil` where another kind of value stands.
    package mutating func bool() throws(JSONSyntaxError) -> Bool? {
        guard try peek() == .bool else { return nil }
        let value = text[position] == UInt8(ascii: "t")
        try literal(value ? "true" : "false")
        return value
    }

    /// Reads `null`; `false` where another kind of value stands.
    package mutating func null() throws(JSONSyntaxError) -> Bool {
        guard try peek() == .null else { return false }
        try literal("null")
        return true
    }

    /// Checks that the outermost value was the last thing in the text, skipping that value if it was not read.
    package mutating func finish() throws(JSONSyntaxError) {
        if expectation == .value { try skip() }
        precondition(open.isEmpty, "the outermost value is read before the text's end is looked for")
        skipSpace()
        guard position == text.count else { throw unexpected("the end of the text") }
    }

    private mutating func literal(_ word: StaticString) throws(JSONSyntaxError) {
        // Letter by letter, so that the first wrong one is pointed at.
        for letter in 0..<word.utf8CodeUnitCount {
            guard position < text.count, unsafe word.utf8Start[letter] == text[position] else {
                throw unexpected("\"\(word)\"")
            }
            position += 1
        }
        expectation = .separator
    }

    /// Passes over white space: RFC 8259 knows these four bytes only.
    @inline(__always)
    mutating func skipSpace() {
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }
}

extension JSONReader {
    /// The error that `expected` is not what stands at the position.
    @inline(never)
    func unexpected(_ expected: String) -> JSONSyntaxError {
        guard position < text.count else {
            return error(text.isEmpty ? "the text is empty" : "expected \(expected), found the end of the text")
        }
        if position == 0, text.starts(with: [0xEF, 0xBB, 0xBF]) { return error("a byte order mark is not JSON") }
        let byte = text[position]
        let found = 0x21...0x7E ~= byte ? "'\(Unicode.Scalar(byte))'" : "byte 0x" + String(byte, radix: 16)
        return error("expected \(expected), found \(found)")
    }

    /// An error at the position.
    @inline(never)
    func error(_ message: String) -> JSONSyntaxError { JSONSyntaxError(message, at: position, in: text) }
}
