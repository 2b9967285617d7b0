/// The classes of bytes that the grammars of RFC 9110, 9112 and 3986 are made of.
///
/// All are decided on bytes: `Character` joins CR and LF into one, and its case folding and white space reach beyond
/// ASCII, which is how other servers came to read a message differently from the proxy before them.
extension UInt8 {
    private struct Classes: OptionSet {
        let rawValue: UInt8
        static let token = Classes(rawValue: 1)
        static let fieldValue = Classes(rawValue: 2)
        static let pathCharacter = Classes(rawValue: 4)
        static let registeredName = Classes(rawValue: 8)
    }

    private static let classes: [Classes] = (0...255).map { (value: Int) in
        let byte = UInt8(value)
        var classes: Classes = []
        let isAlphanumeric = byte.isDigit || byte.isLetter
        if isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte) { classes.insert(.token) }
        if byte == 9 || (byte >= 32 && byte != 127) { classes.insert(.fieldValue) }
        // RFC 3986 §3.3: pchar without its escapes, and the slash between segments.
        if isAlphanumeric || "-._~!$&'()*+,;=:@/".utf8.contains(byte) { classes.insert(.pathCharacter) }
        // RFC 3986 §3.2.2: reg-name without its escapes.
        if isAlphanumeric || "-._~!$&'()*+,;=".utf8.contains(byte) { classes.insert(.registeredName) }
        return classes
    }

    /// `tchar` (RFC 9110 §5.6.2).
    var isTokenByte: Bool { UInt8.classes[Int(self)].contains(.token) }

    /// HTAB, SP, VCHAR or obs-text: what may stand in a field value (RFC 9110 §5.5).
    var isFieldValueByte: Bool { UInt8.classes[Int(self)].contains(.fieldValue) }

    /// A byte of a path that stands for itself (RFC 3986 §3.3), slash included.
    var isPathByte: Bool { UInt8.classes[Int(self)].contains(.pathCharacter) }

    /// A byte of a registered name that stands for itself (RFC 3986 §3.2.2).
    var isHostByte: Bool { UInt8.classes[Int(self)].contains(.registeredName) }

    var isDigit: Bool { self &- 48 < 10 }
    var isLetter: Bool { (self | 32) &- 97 < 26 }

    /// SP or HTAB, the optional white space of RFC 9110 §5.6.3.
    var isBlank: Bool { self == 32 || self == 9 }

    /// The value of a hexadecimal digit, or nil.
    var hexadecimalValue: UInt8? {
        if isDigit { return self &- 48 }
        let offset = (self | 32) &- 97
        return offset < 6 ? offset &+ 10 : nil
    }

    /// ASCII upper case as lower case, every other byte as it is.
    var lowercased: UInt8 { self &- 65 < 26 ? self | 32 : self }
}

extension Collection<UInt8> {
    /// Whether these are the bytes of `text`, ASCII letters compared without regard to case and no others.
    func equalsIgnoringCase(_ text: String) -> Bool {
        let other = text.utf8
        guard count == other.count else { return false }
        return zip(self, other).allSatisfy { $0 == $1 || $0.lowercased == $1.lowercased }
    }

    /// The elements of a comma-separated list without white space around them, empty ones left out (RFC 9110 §5.6.1).
    var listElements: [SubSequence] {
        split(separator: UInt8(ascii: ",")).map(\.trimmed).filter { !$0.isEmpty }
    }
}

extension Collection<UInt8> where SubSequence: Collection<UInt8>, SubSequence.SubSequence == SubSequence {
    /// Without the SP and HTAB at both ends, and nothing else: NBSP and others are not white space here.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isBlank }) else { return self[endIndex..<endIndex] }
        var end = endIndex
        var next = first
        while next != endIndex {
            let here = next
            formIndex(after: &next)
            if !self[here].isBlank { end = next }
        }
        return self[first..<end]
    }
}
