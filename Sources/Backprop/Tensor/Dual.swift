import Glibc

/// A value with its tangent, v + v̇ε with ε² = 0: arithmetic on it carries first derivatives along (forward mode).
///
/// Equality and order look at the value alone, so that a layer run on duals takes the same branches as on `Double`.
public struct Dual: Sendable {
    /// The value.
    public let value: Double
    /// The derivative of the value along the direction that is followed.
    public let tangent: Double

    /// Makes a dual number from its two parts.
    @inlinable public init(_ value: Double, tangent: Double) {
        self.value = value
        self.tangent = tangent
    }

    /// f(x) for an f whose value and derivative at `x` are given: the chain rule.
    ///
    /// A zero tangent stays zero where the derivative is infinite: what is not moved does not move the result.
    @inline(__always) static func chain(_ x: Dual, _ value: Double, _ derivative: Double) -> Dual {
        Dual(value, tangent: x.tangent == 0 ? 0 : x.tangent * derivative)
    }
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Dual: Scalar {
    public init(_ value: Double) { self.init(value, tangent: 0) }
    public init(floatLiteral value: Double) { self.init(value, tangent: 0) }
    public init(integerLiteral value: Int) { self.init(Double(value), tangent: 0) }

    public var isFinite: Bool { value.isFinite && tangent.isFinite }
    public static var zero: Dual { Dual(0, tangent: 0) }
    public static var machineEpsilon: Double { Double.ulpOfOne }

    public static func == (left: Dual, right: Dual) -> Bool { left.value == right.value }
    public static func < (left: Dual, right: Dual) -> Bool { left.value < right.value }

    public static func + (left: Dual, right: Dual) -> Dual {
        Dual(left.value + right.value, tangent: left.tangent + right.tangent)
    }
    public static func - (left: Dual, right: Dual) -> Dual {
        Dual(left.value - right.value, tangent: left.tangent - right.tangent)
    }
    public static prefix func - (operand: Dual) -> Dual { Dual(-operand.value, tangent: -operand.tangent) }
    public static func * (left: Dual, right: Dual) -> Dual {
        Dual(left.value * right.value, tangent: left.tangent * right.value + left.value * right.tangent)
    }
    public static func / (left: Dual, right: Dual) -> Dual {
        let quotient = left.value / right.value
        return Dual(quotient, tangent: (left.tangent - quotient * right.tangent) / right.value)
    }

    public static func exp(_ x: Dual) -> Dual {
        let y = Glibc.exp(x.value)
        return chain(x, y, y)
    }
    public static func expMinusOne(_ x: Dual) -> Dual { chain(x, expm1(x.value), Glibc.exp(x.value)) }
    public static func log(_ x: Dual) -> Dual { chain(x, Glibc.log(x.value), 1 / x.value) }
    public static func log(onePlus x: Dual) -> Dual { chain(x, log1p(x.value), 1 / (1 + x.value)) }
    public static func sqrt(_ x: Dual) -> Dual {
        let y = x.value.squareRoot()
        return chain(x, y, 0.5 / y)
    }
    public static func sin(_ x: Dual) -> Dual { chain(x, Glibc.sin(x.value), Glibc.cos(x.value)) }
    public static func cos(_ x: Dual) -> Dual { chain(x, Glibc.cos(x.value), -Glibc.sin(x.value)) }
    public static func tanh(_ x: Dual) -> Dual {
        let y = Glibc.tanh(x.value)
        return chain(x, y, 1 - y * y)
    }
    public static func erf(_ x: Dual) -> Dual {
        chain(x, Glibc.erf(x.value), bell(x.value))
    }
    public static func erfc(_ x: Dual) -> Dual { chain(x, Glibc.erfc(x.value), -bell(x.value)) }
    public static func pow(_ x: Dual, _ exponent: Double) -> Dual {
        // x⁰ is 1 everywhere, so its derivative is 0 even where x⁻¹ is infinite.
        let derivative = exponent == 0 ? 0 : exponent * Glibc.pow(x.value, exponent - 1)
        return chain(x, Glibc.pow(x.value, exponent), derivative)
    }

    public static func converting(_ tensor: Tensor<Double>) -> Tensor<Dual> { tensor.map { Dual($0) } }

    public static func multiply(
        _ product: MatrixProduct,
        _ a: Span<Dual>,
        _ b: Span<Dual>,
        into c: inout MutableSpan<Dual>
    ) {
        product.isWorthBLAS ? product.multiplyPlanes(a, b, &c) : product.loop(a, b, &c)
    }

    public static var entries: Entries<Dual> {
        Entries(layer: { $0.forwardDual($1) }, loss: { $0.forwardDual($1) })
    }
}

/// erf′(x) = 2/√π exp(−x²).
private func bell(_ x: Double) -> Double { 1.128_379_167_095_512_6 * exp(-x * x) }
