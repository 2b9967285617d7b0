import Glibc

/// A value with its tangents along four directions: what ``Dual`` is for one.
///
/// The value is computed once for all of them, and each tangent is to the last bit what `Dual` gives for its direction.
public struct Duals: Sendable {
    /// How many directions are followed at once.
    public static let lanes = 4

    /// The value.
    public let value: Double
    /// The derivative of the value along each direction.
    public let tangents: SIMD4<Double>

    /// Makes a number from its parts.
    @inlinable public init(_ value: Double, tangents: SIMD4<Double>) {
        self.value = value
        self.tangents = tangents
    }

    /// f(x) for an f whose value and derivative at `x` are given, as `Dual.chain` has it.
    @inline(__always) static func chain(_ x: Duals, _ value: Double, _ derivative: Double) -> Duals {
        Duals(value, tangents: (x.tangents * derivative).replacing(with: 0, where: x.tangents .== 0))
    }

    /// f(x) by `Dual`'s own rule for f.
    @inline(__always) private static func chain(_ x: Duals, _ f: (Dual) -> Dual) -> Duals {
        let y = f(Dual(x.value, tangent: 1))
        return chain(x, y.value, y.tangent)
    }
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Duals: Scalar {
    public init(_ value: Double) { self.init(value, tangents: .zero) }
    public init(floatLiteral value: Double) { self.init(value) }
    public init(integerLiteral value: Int) { self.init(Double(value)) }

    public var isFinite: Bool {
        // The sum of what is finite may overflow, so each is looked at.
        value.isFinite && tangents[0].isFinite && tangents[1].isFinite && tangents[2].isFinite && tangents[3].isFinite
    }
    public static var zero: Duals { Duals(0) }
    public static var machineEpsilon: Double { Double.ulpOfOne }

    public static func == (left: Duals, right: Duals) -> Bool { left.value == right.value }
    public static func < (left: Duals, right: Duals) -> Bool { left.value < right.value }

    public static func + (left: Duals, right: Duals) -> Duals {
        Duals(left.value + right.value, tangents: left.tangents + right.tangents)
    }
    public static func - (left: Duals, right: Duals) -> Duals {
        Duals(left.value - right.value, tangents: left.tangents - right.tangents)
    }
    public static prefix func - (operand: Duals) -> Duals {
        // The operator takes them from +0, which makes +0 of it again.
        Duals(-operand.value, tangents: SIMD4(repeating: -0.0) - operand.tangents)
    }
    public static func * (left: Duals, right: Duals) -> Duals {
        Duals(left.value * right.value, tangents: left.tangents * right.value + left.value * right.tangents)
    }
    public static func / (left: Duals, right: Duals) -> Duals {
        let quotient = left.value / right.value
        return Duals(quotient, tangents: (left.tangents - quotient * right.tangents) / right.value)
    }

    public static func exp(_ x: Duals) -> Duals { chain(x) { Dual.exp($0) } }
    public static func expMinusOne(_ x: Duals) -> Duals { chain(x) { Dual.expMinusOne($0) } }
    public static func log(_ x: Duals) -> Duals { chain(x) { Dual.log($0) } }
    public static func log(onePlus x: Duals) -> Duals { chain(x) { Dual.log(onePlus: $0) } }
    public static func sqrt(_ x: Duals) -> Duals { chain(x) { Dual.sqrt($0) } }
    public static func sin(_ x: Duals) -> Duals { chain(x) { Dual.sin($0) } }
    public static func cos(_ x: Duals) -> Duals { chain(x) { Dual.cos($0) } }
    public static func tanh(_ x: Duals) -> Duals { chain(x) { Dual.tanh($0) } }
    public static func erf(_ x: Duals) -> Duals { chain(x) { Dual.erf($0) } }
    public static func erfc(_ x: Duals) -> Duals { chain(x) { Dual.erfc($0) } }
    public static func pow(_ x: Duals, _ exponent: Double) -> Duals { chain(x) { Dual.pow($0, exponent) } }

    public static func converting(_ tensor: Tensor<Double>) -> Tensor<Duals> { tensor.map { Duals($0) } }

    public static func multiply(
        _ product: MatrixProduct,
        _ a: Span<Duals>,
        _ b: Span<Duals>,
        into c: inout MutableSpan<Duals>
    ) {
        product.isWorthBLAS ? product.multiplyPlanes(a, b, &c) : product.loop(a, b, &c)
    }

    public static var entries: Entries<Duals> {
        Entries(layer: { $0.forwardDuals($1) }, loss: { $0.forwardDuals($1) })
    }
}

extension MatrixProduct {
    /// The product as products of planes, as that of ``Dual`` is; that of the values is computed once.
    fileprivate func multiplyPlanes(_ a: Span<Duals>, _ b: Span<Duals>, _ c: inout MutableSpan<Duals>) {
        let (a, b) = (Planes(a), Planes(b))
        var values = [Double](repeating: 0, count: rows * columns)
        var form = self
        form.accumulates = false
        form.multiply(a.values, b.values, into: &values)
        form.accumulates = true
        let slopes = (0..<Duals.lanes).map { lane in
            var slopes = [Double](repeating: 0, count: values.count)
            if !a.tangents[lane].isEmpty { form.multiply(a.tangents[lane], b.values, into: &slopes) }
            if !b.tangents[lane].isEmpty { form.multiply(a.values, b.tangents[lane], into: &slopes) }
            return slopes
        }
        let (p0, p1, p2, p3) = (slopes[0], slopes[1], slopes[2], slopes[3])
        let (s0, s1) = (p0.span, p1.span)
        let (s2, s3) = (p2.span, p3.span)
        for index in 0..<values.count {
            let product = Duals(values[index], tangents: SIMD4(s0[index], s1[index], s2[index], s3[index]))
            c[index] = accumulates ? c[index] + product : product
        }
    }

    /// A matrix taken apart.
    private struct Planes {
        let values: [Double]
        /// The tangents along each direction; empty where all are zero.
        let tangents: [[Double]]

        init(_ span: Span<Duals>) {
            // Matrices are large and far apart in memory, so they are gone through as seldom as possible.
            var moves = SIMDMask<SIMD4<Int64>>(repeating: false)
            values = [Double](capacity: span.count) { out in
                for i in 0..<span.count {
                    let entry = span[i]
                    out.append(entry.value)
                    moves .|= entry.tangents .!= 0
                }
            }
            tangents = (0..<Duals.lanes).map { lane in
                guard moves[lane] else { return [] }
                return [Double](capacity: span.count) { out in
                    for i in 0..<span.count { out.append(span[i].tangents[lane]) }
                }
            }
        }
    }
}

extension Tensor<Duals> {
    /// The values, without the tangents.
    public var values: Tensor<Double> { map(\.value) }

    /// The tangents along one direction.
    public func tangents(along lane: Int) -> Tensor<Double> { map { $0.tangents[lane] } }
}
