/// The alphabet of base64 in the forms in which it is quick to use; a loop takes a copy of `shared` before it begins.
///
/// Arrays, because an inline array would itself be copied for each look into it.
struct Base64Tables {
    static let shared = Base64Tables()

    /// Stands for what is no letter: a bit that stays visible however the bits of letters are joined.
    private static let invalid: UInt32 = 1 << 31

    // For each place in a group, what a letter there adds to the group's three bytes, the first byte lowest.
    private let first: [UInt32]
    private let second: [UInt32]
    private let third: [UInt32]
    private let fourth: [UInt32]
    /// The two letters, the first one lowest, of each value of twelve bits.
    private let pairs: [UInt16]

    private init() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        func table(_ contribution: (UInt32) -> UInt32) -> [UInt32] {
            var table = [UInt32](repeating: Base64Tables.invalid, count: 256)
            for (value, letter) in alphabet.enumerated() { table[Int(letter)] = contribution(UInt32(value)) }
            return table
        }
        first = table { $0 << 2 }
        second = table { $0 >> 4 | ($0 & 0xF) << 12 }
        third = table { ($0 >> 2) << 8 | ($0 & 0x3) << 22 }
        fourth = table { $0 << 16 }
        pairs = (0..<4096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }
    }

    /// The three bytes, the first one lowest, that four letters stand for.
    @inline(__always)
    func group(_ letters: (UInt8, UInt8, UInt8, UInt8)) -> UInt32 {
        first[Int(letters.0)] | second[Int(letters.1)] | third[Int(letters.2)] | fourth[Int(letters.3)]
    }

    /// The three bytes that the lowest four of a word stand for.
    @inline(__always)
    func group(_ letters: UInt64) -> UInt32 {
        let (first, second) = (UInt8(truncatingIfNeeded: letters), UInt8(truncatingIfNeeded: letters >> 8))
        let (third, fourth) = (UInt8(truncatingIfNeeded: letters >> 16), UInt8(truncatingIfNeeded: letters >> 24))
        return group((first, second, third, fourth))
    }

    /// Whether all letters were letters, by the groups they gave, joined.
    func isValid(_ groups: UInt32) -> Bool { groups & Base64Tables.invalid == 0 }

    /// The eight letters, the first one lowest, of the upper 48 bits of a word.
    @inline(__always)
    func letters(ofTopBits word: UInt64) -> UInt64 {
        let (first, second) = (pairs[Int(word >> 52)], pairs[Int(word >> 40 & 0xFFF)])
        let (third, fourth) = (pairs[Int(word >> 28 & 0xFFF)], pairs[Int(word >> 16 & 0xFFF)])
        return UInt64(first) | UInt64(second) << 16 | UInt64(third) << 32 | UInt64(fourth) << 48
    }
}
