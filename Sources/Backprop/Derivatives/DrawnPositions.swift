/// Positions drawn at random without repetition, in rising order, or all of them where there are no more than wanted.
///
/// Selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm S): each position is taken with the
/// probability that is still needed, so nothing is kept but two counts.
struct DrawnPositions: IteratorProtocol {
    private let count: Int
    /// A position that is taken in any case.
    private let required: Int?
    /// How many are still to be taken by chance.
    private var missing: Int
    private var passed = 0
    private var generator: SplitMix64

    /// Makes the draw.
    ///
    /// - Parameters:
    ///   - wanted: How many positions are drawn, at least one.
    ///   - count: How many there are.
    ///   - required: One that is among those drawn.
    ///   - seed: What the draw follows from.
    init(_ wanted: Int, of count: Int, including required: Int? = nil, seed: UInt64) {
        self.count = count
        self.required = required
        missing = min(wanted, count) - (required == nil ? 0 : 1)
        generator = SplitMix64(state: seed)
    }

    mutating func next() -> Int? {
        while passed < count {
            let position = passed
            passed += 1
            if position == required { return position }
            let isRequiredAhead = required.map { $0 > position } ?? false
            let left = count - position - (isRequiredAhead ? 1 : 0)
            if missing == left || (missing > 0 && Int.random(in: 0..<left, using: &generator) < missing) {
                missing -= 1
                return position
            }
        }
        return nil
    }
}

/// Sebastiano Vigna's SplitMix64, a small generator whose numbers follow from its seed.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
