/// Makes request ids: 13 characters of [0-9a-v], each once within a process.
///
/// Thirteen fit a string without an allocation, and asking the kernel for random bytes would cost a system call each.
struct Identifiers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> String {
        // SplitMix64: a bijection of a counter, so no id comes twice, and they do not show how many came before.
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return unsafe String(unsafeUninitializedCapacity: 13) { characters in
            for index in 0..<13 {
                let digit = UInt8(truncatingIfNeeded: value & 31)
                unsafe characters[index] = digit < 10 ? 48 + digit : 87 + digit
                value >>= 5
            }
            return 13
        }
    }

    /// The client's own id, if it is one that can stand in a log line and a field.
    static func sent(in head: RequestHead) -> String? {
        guard head.has("X-Request-Id"), let value = head.fields.value("X-Request-Id"), (1...128).contains(value.count)
        else { return nil }
        let isSafe = value.allSatisfy {
            $0.isLetter || $0.isDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        return isSafe ? String(decoding: value, as: UTF8.self) : nil
    }
}
