/// The field lines of a message in their order, names compared without regard to case (RFC 9110 §5).
///
/// All lines lie in one array of bytes, a request's in the bytes that were received, so that a head costs two
/// allocations and not two for each field.
package struct Fields: Sendable {
    /// Where a line's name and value lie in `storage`, white space around the value left out.
    struct Line: Sendable {
        var name: Range<UInt32>
        var value: Range<UInt32>
    }

    private(set) var storage: [UInt8]
    private(set) var lines: [Line]
    /// Whether `storage` is these lines as they are sent, each with its line end, and nothing else.
    private(set) var isSendable: Bool

    /// What a response's lines mostly take, so that the first line makes room for all.
    private static let usual = (bytes: 160, lines: 4)

    package init() {
        storage = []
        lines = []
        isSendable = true
    }

    /// Field lines that the parser found, and checked, in `storage`.
    init(storage: [UInt8], lines: [Line]) {
        self.storage = storage
        self.lines = lines
        isSendable = false
    }

    /// The number of field lines.
    package var count: Int { lines.count }

    /// The value of a field, or nil where there is none.
    ///
    /// Several lines are joined by a comma and a space (RFC 9110 §5.3), so a field that may come only once and came
    /// twice has a value that fits neither. Setting a value replaces every line, and nil removes them.
    package subscript(name: String) -> String? {
        get {
            var joined: String?
            for line in lines where isName(line, name) {
                let value = String(decoding: bytes(line.value), as: UTF8.self)
                joined = joined.map { $0 + ", " + value } ?? value
            }
            return joined
        }
        set {
            if contains(name) { remove(name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// The bytes of each line's value of this name, in order.
    package func values(_ name: String) -> [ArraySlice<UInt8>] {
        lines.lazy.filter { isName($0, name) }.map { bytes($0.value) }
    }

    /// The bytes of the value where exactly one line has this name.
    package func value(_ name: String) -> ArraySlice<UInt8>? {
        var found: Line?
        for line in lines where isName(line, name) {
            if found != nil { return nil }
            found = line
        }
        return found.map { bytes($0.value) }
    }

    /// Whether there is a line of this name.
    package func contains(_ name: String) -> Bool { lines.contains { isName($0, name) } }

    /// Adds a line; bytes that may not stand in a value become spaces, so that no value can end its line.
    package mutating func append(_ name: String, _ value: String) { append(name.utf8.span, value.utf8.span) }

    private mutating func append(_ name: borrowing Span<UInt8>, _ value: borrowing Span<UInt8>) {
        if lines.isEmpty {
            storage.reserveCapacity(storage.count + Fields.usual.bytes)
            lines.reserveCapacity(Fields.usual.lines)
        }
        precondition(name.count > 0 && name.allSatisfy(\.isTokenByte), "a field name is a token")
        let start = UInt32(storage.count)
        let end = start + UInt32(name.count)
        let line = Line(name: start..<end, value: end + 2..<end + 2 + UInt32(value.count))
        storage.append(addingCapacity: name.count + value.count + 4) { output in
            output.append(name)
            output.append(": ")
            output.append(value)
            output.append("\r\n")
        }
        // RFC 9110 §5.5: CR, LF and NUL in a value would let a client write its own lines of the response.
        if !value.allSatisfy(\.isFieldValueByte) {
            for index in Int(line.value.lowerBound)..<Int(line.value.upperBound)
            where !storage[index].isFieldValueByte {
                storage[index] = UInt8(ascii: " ")
            }
        }
        lines.append(line)
        if isSendable, Fields.isReserved(bytes(line.name)) { isSendable = false }
    }

    func bytes(_ range: Range<UInt32>) -> ArraySlice<UInt8> { storage[Int(range.lowerBound)..<Int(range.upperBound)] }

    /// Leaves a field's lines out, and closes the gaps.
    private mutating func remove(_ name: String) {
        var kept = Fields()
        for line in lines where !isName(line, name) { kept.append(bytes(line.name).span, bytes(line.value).span) }
        self = kept
    }

    /// Whether a line has a name.
    func isName(_ line: Line, _ name: String) -> Bool {
        // Most lines are told by their length, without a look at their bytes.
        line.name.count == name.utf8.count && bytes(line.name).equalsIgnoringCase(name)
    }

    /// What the server says itself; a responder's own would contradict it.
    static func isReserved(_ name: ArraySlice<UInt8>) -> Bool {
        switch name.count {
        case 4: name.equalsIgnoringCase("Date")
        case 7: name.equalsIgnoringCase("Upgrade")
        case 10: name.equalsIgnoringCase("Connection") || name.equalsIgnoringCase("Keep-Alive")
        case 12: name.equalsIgnoringCase("X-Request-Id")
        case 14: name.equalsIgnoringCase("Content-Length")
        case 17: name.equalsIgnoringCase("Transfer-Encoding")
        default: false
        }
    }
}

extension Fields: Sequence {
    /// Each line as text; bytes that are not UTF-8 become replacement characters.
    package func makeIterator() -> AnyIterator<(name: String, value: String)> {
        var remaining = lines.makeIterator()
        return AnyIterator {
            remaining.next().map { line in
                (String(decoding: bytes(line.name), as: UTF8.self), String(decoding: bytes(line.value), as: UTF8.self))
            }
        }
    }
}

extension Fields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}
