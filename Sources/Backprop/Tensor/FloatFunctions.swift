/// The functions of e for float32, in arithmetic without a branch: the compiler makes vectors of the loops that call them,
/// and since each lane computes what a lone number would, a value does not depend on where it stands.
///
/// No product is fused with a sum, so that the bits are the same on every processor. The most that they are off, of all
/// numbers from 10⁻⁶ to 110 in size: eˣ 0.99 ulp, eˣ − 1 1.57 ulp, tanh 2.42 ulp (libm: 0.51, 0.77 and 2.1).
enum FloatFunctions {
    /// eˣ = 2ᵏ eʳ with |r| ≤ ½ ln 2.
    @inline(__always) static func exp(_ x: Float) -> Float {
        let (k, r) = reduced(x, from: -104, to: 89)
        let y = 1 + minusOne(r)
        // In two steps, neither of which leaves the range of exponents; what is subnormal is rounded once.
        let half = k &>> 1
        return y * power(half) * power(k &- half)
    }

    /// eˣ − 1 = 2ᵏ (eʳ − 1) + (2ᵏ − 1).
    @inline(__always) static func expMinusOne(_ x: Float) -> Float {
        let (k, r) = reduced(x, from: -20, to: 89)
        // Half of it first, since 2ᵏ itself may be too large.
        let half = power(k &- 1)
        let y = 2 * (half * minusOne(r) + (half - 0.5))
        // Half of a subnormal number may lose a digit, and 0 its sign.
        return Float(bitPattern: x.bitPattern & 0x7FFF_FFFF) < 0x1p-25 ? x : y
    }

    /// tanh |x| = m / (m + 2), where m = e²ˡˣˡ − 1.
    @inline(__always) static func tanh(_ x: Float) -> Float {
        let size = Float(bitPattern: x.bitPattern & 0x7FFF_FFFF)
        // Of no number below 0, nor of one so large that 2ᵏ could be.
        let (k, r) = reduced(2 * (size > 10 ? 10 : size))
        let scale = power(k)
        let m = scale * minusOne(r) + (scale - 1)
        let y = m / (m + 2)
        return Float(bitPattern: y.bitPattern | (x.bitPattern & 0x8000_0000))
    }

    /// k and r with x = k ln 2 + r, x being held within bounds beyond which nothing changes; a NaN is not held.
    @inline(__always) private static func reduced(_ x: Float, from least: Float, to most: Float) -> (k: Int32, r: Float)
    {
        let above = x < least ? least : x
        return reduced(above > most ? most : above)
    }

    @inline(__always) private static func reduced(_ x: Float) -> (k: Int32, r: Float) {
        // Added to this number, another is rounded to an integer, which then stands in the last bits.
        let shift: Float = 12_582_912
        let shifted = x * 1.442_695_04 + shift
        let k = shifted - shift
        // ln 2 in two parts, the first of so few digits that its products are exact.
        let r = (x - k * 0.693_359_375) - k * -2.121_944_40e-4
        return (Int32(bitPattern: shifted.bitPattern) &- 0x4B40_0000, r)
    }

    /// eʳ − 1 by the polynomial of Moshier's Cephes library (expf).
    @inline(__always) private static func minusOne(_ r: Float) -> Float {
        var p: Float = 1.987_569_150_0e-4
        p = p * r + 1.398_199_950_7e-3
        p = p * r + 8.333_451_907_3e-3
        p = p * r + 4.166_579_589_4e-2
        p = p * r + 1.666_666_545_9e-1
        p = p * r + 5.000_000_120_1e-1
        return r + r * r * p
    }

    /// 2ᵏ, k being within the range of exponents; for a NaN's k some other number.
    @inline(__always) private static func power(_ k: Int32) -> Float {
        Float(bitPattern: UInt32(bitPattern: k &+ 127) &<< 23)
    }
}
