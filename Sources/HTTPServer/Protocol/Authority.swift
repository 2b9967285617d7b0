/// `uri-host [ ":" port ]`, as it stands in Host (RFC 9110 §7.2) and in an absolute target.
enum Authority {
    /// Whether these bytes are a host and an optional port from 0 to 65535; user information is not allowed.
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")), isLiteral(rest[(rest.startIndex + 1)..<end]) else {
                return false
            }
            rest = rest[(end + 1)...]
        } else {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            guard isRegisteredName(rest[..<end]) else { return false }
            rest = rest[end...]
        }
        return rest.isEmpty || (rest.first == UInt8(ascii: ":") && isPort(rest.dropFirst()))
    }

    /// RFC 3986 §3.2.2: IPv6address or IPvFuture, of which only the characters are checked.
    private static func isLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
        let isFuture = bytes.first.map { $0.lowercased == UInt8(ascii: "v") } ?? false
        return !bytes.isEmpty
            && bytes.allSatisfy {
                $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || $0.hexadecimalValue != nil
                    || (isFuture && $0.isHostByte)
            }
    }

    private static func isRegisteredName(_ bytes: ArraySlice<UInt8>) -> Bool {
        // A comma is in the grammar but in no host's name; here it would be two Host fields that someone has joined.
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.popFirst()?.hexadecimalValue != nil, rest.popFirst()?.hexadecimalValue != nil else {
                    return false
                }
            } else if !byte.isHostByte || byte == UInt8(ascii: ",") {
                return false
            }
        }
        return !bytes.isEmpty
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        // Leading zeros are in the grammar, so the value is bounded and not the number of digits.
        var value = 0
        for byte in bytes {
            guard byte.isDigit else { return false }
            value = value * 10 + Int(byte & 15)
            if value > 65535 { return false }
        }
        return true
    }
}
