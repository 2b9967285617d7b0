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

    package init() {
        storage = []
        lines = []
    }

    /// Field lines that the parser found, and checked, in `storage`.
    init(storage: [UInt8], lines: [Line]) {
        self.storage = storage
        self.lines = lines
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
            lines = lines.filter { !isName($0, name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// The bytes of each line's value of this name, in order.
    package func values(_ name: String) -> [ArraySlice<UInt8>] {
        lines.lazy.filter { isName($0, name) }.map { bytes($0.value) }
    }

    /// Whether there is a line of this name.
    package func contains(_ name: String) -> Bool { lines.contains { isName($0, name) } }

    /// Adds a line; bytes that may not stand in a value become spaces, so that no value can end its line.
    package mutating func append(_ name: String, _ value: String) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(\.isTokenByte), "a field name is a token")
        let start = UInt32(storage.count)
        storage.append(contentsOf: name.utf8)
        let middle = UInt32(storage.count)
        // RFC 9110 §5.5: CR, LF and NUL in a value would let a client write its own lines of the response.
        for byte in value.utf8 { storage.append(byte.isFieldValueByte ? byte : UInt8(ascii: " ")) }
        lines.append(Line(name: start..<middle, value: middle..<UInt32(storage.count)))
    }

    func bytes(_ range: Range<UInt32>) -> ArraySlice<UInt8> { storage[Int(range.lowerBound)..<Int(range.upperBound)] }

    private func isName(_ line: Line, _ name: String) -> Bool {
        bytes(line.name).equalsIgnoringCase(name)
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
