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
        let (aValues, bValues) = (values(a), values(b))
        var products = [Double](repeating: 0, count: rows * columns)
        var form = self
        form.accumulates = false
        form.multiply(aValues, bValues, into: &products)
        form.accumulates = true
        var slopes = [[Double]](repeating: [], count: Duals.lanes)
        for lane in 0..<Duals.lanes {
            let (aTangents, bTangents) = (tangents(a, lane), tangents(b, lane))
            slopes[lane] = [Double](repeating: 0, count: products.count)
            if let aTangents { form.multiply(aTangents, bValues, into: &slopes[lane]) }
            if let bTangents { form.multiply(aValues, bTangents, into: &slopes[lane]) }
        }
        for index in 0..<products.count {
            let tangents = SIMD4(slopes[0][index], slopes[1][index], slopes[2][index], slopes[3][index])
            let product = Duals(products[index], tangents: tangents)
            c[index] = accumulates ? c[index] + product : product
        }
    }

    private func values(_ span: Span<Duals>) -> [Double] {
        [Double](capacity: span.count) { for i in 0..<span.count { $0.append(span[i].value) } }
    }

    /// The tangents along one direction; `nil` where all are zero.
    private func tangents(_ span: Span<Duals>, _ lane: Int) -> [Double]? {
        var moves = false
        for i in 0..<span.count where span[i].tangents[lane] != 0 {
            moves = true
            break
        }
        guard moves else { return nil }
        return [Double](capacity: span.count) { for i in 0..<span.count { $0.append(span[i].tangents[lane]) } }
    }
}

extension Tensor<Duals> {
    /// The values, without the tangents.
    public var values: Tensor<Double> { map(\.value) }

    /// The tangents along one direction.
    public func tangents(along lane: Int) -> Tensor<Double> { map { $0.tangents[lane] } }
}
