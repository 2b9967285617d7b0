/// Base64 by RFC 4648, section 4: with padding, without line breaks, and canonical: the bits that pad are zero.
package enum Base64 {
    private static let padding = UInt8(ascii: "=")
    /// Stands for what is no letter of the alphabet: a bit that stays visible however values of six bits are joined.
    private static let invalid: UInt32 = 1 << 31

    /// The letters, by their values.
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The letters' values, by the letters.
    private static let values: [UInt32] = {
        var values = [UInt32](repeating: invalid, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt32(value) }
        return values
    }()

    /// How many bytes a text stands for, by its length and padding; `nil` where it is not whole groups of four.
    static func decodedCount(_ text: Span<UInt8>) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard text.count > 0, text[text.count - 1] == padding else { return text.count / 4 * 3 }
        return text.count / 4 * 3 - (text[text.count - 2] == padding ? 2 : 1)
    }

    /// Appends the bytes that whole groups without padding stand for; `false` where a letter is none.
    ///
    /// There must be room for three bytes for each group.
    static func decodeGroups(_ text: Span<UInt8>, into bytes: inout OutputSpan<UInt8>) -> Bool {
        let values = values.span
        var seen: UInt32 = 0
        for index in stride(from: 0, to: text.count, by: 4) {
            let (first, second) = (values[Int(text[index])], values[Int(text[index + 1])])
            let (third, fourth) = (values[Int(text[index + 2])], values[Int(text[index + 3])])
            seen |= first | second | third | fourth
            bytes.append(UInt8(truncatingIfNeeded: first << 2 | second >> 4))
            bytes.append(UInt8(truncatingIfNeeded: second << 4 | third >> 2))
            bytes.append(UInt8(truncatingIfNeeded: third << 6 | fourth))
        }
        return seen & invalid == 0
    }

    /// Appends the one or two bytes that a last group with padding stands for; `false` where it is wrong.
    static func decodePaddedGroup(_ text: Span<UInt8>, into bytes: inout OutputSpan<UInt8>) -> Bool {
        let (first, second) = (values[Int(text[0])], values[Int(text[1])])
        // Of the two characters that may be padding the first is followed by nothing else.
        let third = text[2] == padding ? 0 : values[Int(text[2])]
        let group = first << 18 | second << 12 | third << 6
        let unused: UInt32 = text[2] == padding ? 0xFFFF : 0xFF
        guard (first | second | third) & invalid == 0, group & unused == 0 else { return false }
        bytes.append(UInt8(truncatingIfNeeded: group >> 16))
        if text[2] != padding { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
        return true
    }

    /// Appends the text of bytes.
    ///
    /// There must be room for four characters for each three bytes, begun ones included.
    static func encode(_ bytes: RawSpan, into text: inout OutputSpan<UInt8>) {
        let letters = letters.span
        func letter(_ bits: UInt32) -> UInt8 { letters[Int(bits & 63)] }
        func byte(_ index: Int) -> UInt32 { UInt32(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) }
        let whole = bytes.byteCount / 3 * 3
        for index in stride(from: 0, to: whole, by: 3) {
            let group = byte(index) << 16 | byte(index + 1) << 8 | byte(index + 2)
            text.append(letter(group >> 18))
            text.append(letter(group >> 12))
            text.append(letter(group >> 6))
            text.append(letter(group))
        }
        guard whole < bytes.byteCount else { return }
        let isOne = whole + 1 == bytes.byteCount
        let group = byte(whole) << 16 | (isOne ? 0 : byte(whole + 1) << 8)
        text.append(letter(group >> 18))
        text.append(letter(group >> 12))
        text.append(isOne ? padding : letter(group >> 6))
        text.append(padding)
    }
}

extension Base64 {
    /// The bytes that a text stands for; `nil` where it is not base64.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard let count = decodedCount(text.span) else { return nil }
        var isValid = true
        let bytes = [UInt8](capacity: text.count / 4 * 3) { output in
            let padded = count % 3 == 0 ? 0 : 4
            isValid =
                decodeGroups(text.span.extracting(droppingLast: padded), into: &output)
                && (padded == 0 || decodePaddedGroup(text.span.extracting(last: padded), into: &output))
        }
        return isValid ? bytes : nil
    }

    /// The text of bytes.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](capacity: (bytes.count + 2) / 3 * 4) { encode(unsafe bytes.span.bytes, into: &$0) }
    }
}
