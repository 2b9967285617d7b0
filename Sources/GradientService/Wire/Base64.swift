import CNumberText

/// Base64 by RFC 4648, section 4: with padding, without line breaks, and canonical: the bits that pad are zero.
package enum Base64 {
    private static let padding = UInt8(ascii: "=")

    /// The bytes that a text stands for; `nil` where it is not base64.
    package static func decode(_ text: [UInt8]) -> [UInt8]? { decode(text.span) }

    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard let count = decodedCount(text) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        // A group with padding, which can only be the last, is completed by letters that stand for zeros.
        let zero = UInt8(ascii: "A")
        let padded = text.count / 4 * 3 - count
        let tables = Base64Tables.shared
        var seen: UInt32 = 0
        for index in stride(from: 0, to: text.count, by: 4) {
            let missing = index + 4 == text.count ? padded : 0
            let (third, fourth) = (missing > 1 ? zero : text[index + 2], missing > 0 ? zero : text[index + 3])
            let group = tables.group((text[index], text[index + 1], third, fourth))
            seen |= group
            for byte in 0..<3 {
                let value = UInt8(truncatingIfNeeded: group >> (8 * byte))
                if byte < 3 - missing { bytes.append(value) } else if value != 0 { return nil }
            }
        }
        return tables.isValid(seen) ? bytes : nil
    }

    /// How many bytes a text stands for, by its length and padding; `nil` where it is not whole groups of four.
    static func decodedCount(_ text: Span<UInt8>) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard text.count > 0, text[text.count - 1] == padding else { return text.count / 4 * 3 }
        return text.count / 4 * 3 - (text[text.count - 2] == padding ? 2 : 1)
    }

    /// The text of bytes.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](capacity: encodedCount(bytes.count)) { encode(unsafe bytes.span.bytes, into: &$0) }
    }

    /// How many characters so many bytes take.
    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends the text of bytes, for which there must be room.
    static func encode(_ bytes: RawSpan, into text: inout OutputSpan<UInt8>) {
        let tables = Base64Tables.shared
        var index = unsafe text.withUnsafeMutableBufferPointer { free, initialized in
            let free = unsafe UnsafeMutableBufferPointer(rebasing: free[initialized...])
            precondition(free.count >= encodedCount(bytes.byteCount), "there is room for the text")
            let done = unsafe bytes.withUnsafeBytes { bytes in
                unsafe nabla_encode_base64(bytes.baseAddress, bytes.count, free.baseAddress)
            }
            initialized += encodedCount(done)
            return done
        }
        // Six bytes are eight characters: one load, four looks into the table, one store. Two bytes more are loaded.
        while index + 8 <= bytes.byteCount {
            let word = UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            text.append(littleEndian: tables.letters(ofTopBits: word))
            index += 6
        }
        while index < bytes.byteCount {
            var word: UInt64 = 0
            let count = min(3, bytes.byteCount - index)
            for offset in 0..<count {
                let byte = unsafe bytes.unsafeLoad(fromByteOffset: index + offset, as: UInt8.self)
                word |= UInt64(byte) << (56 - 8 * offset)
            }
            let letters = tables.letters(ofTopBits: word)
            for offset in 0..<4 {
                text.append(offset <= count ? UInt8(truncatingIfNeeded: letters >> (8 * offset)) : padding)
            }
            index += 3
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends the eight bytes of a word, the lowest first, for which there must be room.
    @inline(__always)
    fileprivate mutating func append(littleEndian word: UInt64) {
        precondition(freeCapacity >= 8, "there is room for the word")
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            let free = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            unsafe free.storeBytes(of: word.littleEndian, as: UInt64.self)
            count += 8
        }
    }
}
