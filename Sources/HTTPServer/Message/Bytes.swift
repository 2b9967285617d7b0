/// A set of ASCII bytes as two words, so that membership is a shift.
private struct ByteSet {
    var low: UInt64
    var high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? low : byte < 128 ? high : 0
        return (word >> UInt64(byte & 63)) & 1 != 0
    }

    /// Letters, digits and `!#$%&'*+-.^_` with backquote, bar and tilde.
    static let token = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// Letters, digits and `-._~!$&'()*+,;=:@/`.
    static let path = ByteSet(low: 0x2FFF_FFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
    /// Letters, digits and `-._~!$&'()*+,;=`.
    static let host = ByteSet(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
}

/// The classes of bytes that the grammars of RFC 9110, 9112 and 3986 are made of.
///
/// All are decided on bytes: `Character` joins CR and LF into one, and its case folding and white space reach beyond
/// ASCII, which is how other servers came to read a message differently from the proxy before them.
extension UInt8 {
    /// `tchar` (RFC 9110 §5.6.2).
    @inline(__always) package var isTokenByte: Bool { ByteSet.token.contains(self) }

    /// HTAB, SP, VCHAR or obs-text: what may stand in a field value (RFC 9110 §5.5).
    @inline(__always) package var isFieldValueByte: Bool { self >= 32 ? self != 127 : self == 9 }

    /// A byte of a path that stands for itself: pchar (RFC 3986 §3.3) or the slash between segments.
    @inline(__always) package var isPathByte: Bool { ByteSet.path.contains(self) }

    /// A byte of a registered name that stands for itself (RFC 3986 §3.2.2).
    package var isHostByte: Bool { ByteSet.host.contains(self) }

    @inline(__always) var isDigit: Bool { self &- 48 < 10 }
    @inline(__always) var isLetter: Bool { (self | 32) &- 97 < 26 }

    /// SP or HTAB, the optional white space of RFC 9110 §5.6.3.
    @inline(__always) var isBlank: Bool { self == 32 || self == 9 }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always) var hexadecimalValue: UInt8? {
        if isDigit { return self &- 48 }
        let offset = (self | 32) &- 97
        return offset < 6 ? offset &+ 10 : nil
    }

    /// ASCII upper case as lower case, every other byte as it is.
    @inline(__always) var lowercased: UInt8 { self &- 65 < 26 ? self | 32 : self }

    static let carriageReturn: UInt8 = 13
    static let lineFeed: UInt8 = 10
}

extension Collection<UInt8> {
    /// Whether these are the bytes of `text`, ASCII letters compared without regard to case and no others.
    func equalsIgnoringCase(_ text: some StringProtocol) -> Bool {
        let other = text.utf8
        guard count == other.count else { return false }
        var index = startIndex
        for byte in other {
            let mine = self[index]
            if mine != byte, mine.lowercased != byte.lowercased { return false }
            formIndex(after: &index)
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    /// The same, of bytes that lie side by side, as nearly all do.
    func equalsIgnoringCase(_ text: String) -> Bool { span.equalsIgnoringCase(text.utf8.span) }
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

    /// A weight (RFC 9110 §12.4.2), at most 1; what is no number weighs nothing.
    var weight: Double {
        // `Double` would read nan, inf and hexadecimal too.
        guard allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) else { return 0 }
        return Swift.min(Double(String(decoding: self, as: UTF8.self)) ?? 0, 1)
    }

    /// The elements of a comma-separated list without white space around them, empty ones left out (RFC 9110 §5.6.1).
    var listElements: [SubSequence] {
        split(separator: UInt8(ascii: ",")).map(\.trimmed).filter { !$0.isEmpty }
    }
}
