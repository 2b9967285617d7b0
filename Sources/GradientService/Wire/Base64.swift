/// Base64 by RFC 4648, section 4: with padding, without line breaks, and canonical: the bits that pad are zero.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    /// Marks what is no letter of the alphabet; above all values of six bits, and visible after they are joined.
    private static let invalid: UInt32 = 1 << 31

    /// The six bits of each character.
    private static let values: [UInt32] = {
        var values = [UInt32](repeating: invalid, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt32(value) }
        return values
    }()

    /// How many bytes a text stands for, by its length and padding; `nil` where it is not whole groups of four.
    static func decodedCount(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        return text.count / 4 * 3 - text.suffix(2).count { $0 == padding }
    }

    /// The bytes that a text stands for; `nil` where it is not base64.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let count = decodedCount(text) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var rest = text
        if count % 3 != 0 { rest.removeLast(4) }
        var seen: UInt32 = 0
        var index = rest.startIndex
        while index < rest.endIndex {
            let sextets = (0..<4).map { values[Int(rest[index + $0])] }
            let group = sextets.reduce(0) { $0 << 6 | $1 }
            seen |= sextets.reduce(0, |)
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            index += 4
        }
        guard seen & invalid == 0 else { return nil }
        guard count % 3 != 0 else { return bytes }
        let last = text.suffix(4).prefix(count % 3 + 1).map { values[Int($0)] }
        guard last.allSatisfy({ $0 & invalid == 0 }) else { return nil }
        if last.count == 3 {
            guard last[2] & 0b11 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: last[0] << 2 | last[1] >> 4))
            bytes.append(UInt8(truncatingIfNeeded: last[1] << 4 | last[2] >> 2))
        } else {
            guard last[1] & 0b1111 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: last[0] << 2 | last[1] >> 4))
        }
        return bytes
    }

    /// The numbers whose little-endian bytes a text stands for; `nil` where it is not base64.
    static func numbers<Element: TextScalar>(_ text: ArraySlice<UInt8>, dtype: DType) -> [Element]? {
        guard let bytes = decode(text) else { return nil }
        let raw = unsafe bytes.span.bytes
        switch dtype {
        case .float64:
            return (0..<bytes.count / 8).map { index in
                let bits = unsafe raw.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                return Element(Double(bitPattern: UInt64(littleEndian: bits)))
            }
        case .float32:
            return (0..<bytes.count / 4).map { index in
                let bits = unsafe raw.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                return Element(Float(bitPattern: UInt32(littleEndian: bits)))
            }
        }
    }

    /// Appends the base64 text of bytes.
    package static func append(_ bytes: RawSpan, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.byteCount + 2) / 3 * 4)
        func byte(_ index: Int) -> UInt32 {
            index < bytes.byteCount ? UInt32(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) : 0
        }
        for index in stride(from: 0, to: bytes.byteCount, by: 3) {
            let group = byte(index) << 16 | byte(index + 1) << 8 | byte(index + 2)
            let left = bytes.byteCount - index
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : padding)
            text.append(left > 2 ? alphabet[Int(group & 63)] : padding)
        }
    }
}
