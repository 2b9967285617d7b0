import CNumberText

extension JSONReader {
    /// A string that was checked and left in the text.
    struct RawString {
        /// What stands between the quotes.
        let range: Range<Int>
        let hasEscapes: Bool
    }

    /// Reads a string, escapes resolved; `nil` where another kind of value stands.
    package mutating func string() throws(JSONSyntaxError) -> String? {
        guard try peek() == .string else { return nil }
        let raw = try rawString()
        expectation = .separator
        return string(from: raw)
    }

    /// Passes over the string at whose first quote the position is and checks it.
    mutating func rawString() throws(JSONSyntaxError) -> RawString {
        position += 1
        let start = position
        var hasEscapes = false
        while true {
            position = text.firstSpecialByte(from: position)
            guard position < text.count else { throw unexpected("the string's closing quote") }
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                return RawString(range: start..<position - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try passEscape()
            case ..<0x20: throw error("a control character in a string is not escaped")
            default: try passMultibyteCharacter()
            }
        }
    }

    /// Passes over an escape, or over the two that write a character beyond U+FFFF.
    private mutating func passEscape() throws(JSONSyntaxError) {
        let start = position
        position += 1
        guard position < text.count else { throw unexpected("an escaped character") }
        switch text[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try fourHexDigits()
            guard 0xD800...0xDFFF ~= unit else { return }
            guard unit < 0xDC00, text[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                position = start
                throw error("half of a surrogate pair stands alone")
            }
            position += 2
            guard 0xDC00...0xDFFF ~= (try fourHexDigits()) else {
                position = start
                throw error("half of a surrogate pair stands alone")
            }
        default: throw unexpected("one of \"\\/bfnrtu after a backslash")
        }
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < text.count, let digit = hexDigit(text[position]) else {
                throw unexpected("four hex digits")
            }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    /// Passes over a character of two to four bytes: table 3-7 of the Unicode Standard, without which overlong forms,
    /// surrogates and what lies beyond U+10FFFF would come through.
    private mutating func passMultibyteCharacter() throws(JSONSyntaxError) {
        let length: Int
        let second: ClosedRange<UInt8>
        switch text[position] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw error("a byte that is not UTF-8")
        }
        guard position + length <= text.count, second ~= text[position + 1],
            text[(position + 2)..<(position + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { throw error("a byte that is not UTF-8") }
        position += length
    }
}

extension JSONReader {
    /// The text of a checked string.
    func string(from raw: RawString) -> String {
        raw.hasEscapes
            ? String(decoding: unescape(raw), as: UTF8.self) : String(decoding: text[raw.range], as: UTF8.self)
    }

    /// The bytes of a checked string, escapes resolved.
    func unescape(_ raw: RawString) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.range.count)
        var index = raw.range.lowerBound
        while index < raw.range.upperBound {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            let letter = text[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                var code = codeUnit(at: index)
                index += 4
                if 0xD800..<0xDC00 ~= code {
                    code = 0x10000 + (code - 0xD800) << 10 + (codeUnit(at: index + 2) - 0xDC00)
                    index += 6
                }
                if let character = Unicode.Scalar(code).flatMap(UTF8.encode) { bytes.append(contentsOf: character) }
            default: bytes.append(letter)
            }
        }
        return bytes
    }

    private func codeUnit(at index: Int) -> UInt32 {
        text[index..<index + 4].reduce(0) { $0 << 4 | (hexDigit($1) ?? 0) }
    }

    private func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension [UInt8] {
    /// The offset, from `start` on, of the first byte that is not an ASCII character standing for itself in a string.
    fileprivate func firstSpecialByte(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        let bytes = unsafe span.bytes
        var index = start
        // Eight at a time. After each subtraction a byte's high bit is set where the byte was a quote, a backslash or
        // below 0x20; a borrow can set it above such a byte too, which does no harm: then the bytes are looked at singly.
        let few = Swift.min(bytes.byteCount, start + 64)
        while index + 8 <= few {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = (word ^ (ones * 0x22)) &- ones
            let backslash = (word ^ (ones * 0x5C)) &- ones
            let control = word &- (ones * 0x20)
            guard (quote | backslash | control | word) & high == 0 else { break }
            index += 8
        }
        // Base64 and other long text.
        if index == start + 64 {
            return unsafe withUnsafeBufferPointer { unsafe nabla_find_special($0.baseAddress, $0.count, index) }
        }
        while index < count {
            let byte = self[index]
            guard 0x20..<0x80 ~= byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            index += 1
        }
        return index
    }
}
