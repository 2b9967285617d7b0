import Backprop
import Glibc

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// A number of the standard normal distribution, by the method of Box and Muller.
    mutating func normal() -> Double {
        let (a, b) = (Double.random(in: 0..<1, using: &self), Double.random(in: 0..<1, using: &self))
        return (-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b)
    }

    /// A tensor of normal numbers times a factor.
    mutating func normals<S: Scalar>(_ shape: Shape, of type: S.Type = S.self, scale: Double = 1) -> Tensor<S> {
        var elements: [S] = []
        elements.reserveCapacity(shape.count)
        for _ in 0..<shape.count { elements.append(S(scale * normal())) }
        return Tensor(shape: shape, elements: elements)
    }
}
