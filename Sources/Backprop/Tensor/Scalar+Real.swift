import Glibc

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Double: Scalar {
    public var value: Double { self }
    public static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    public static func expMinusOne(_ x: Double) -> Double { expm1(x) }
    public static func log(_ x: Double) -> Double { Glibc.log(x) }
    public static func log(onePlus x: Double) -> Double { log1p(x) }
    public static func sqrt(_ x: Double) -> Double { x.squareRoot() }
    public static func sin(_ x: Double) -> Double { Glibc.sin(x) }
    public static func cos(_ x: Double) -> Double { Glibc.cos(x) }
    public static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
    public static func erf(_ x: Double) -> Double { Glibc.erf(x) }
    public static func erfc(_ x: Double) -> Double { Glibc.erfc(x) }
    public static func pow(_ x: Double, _ exponent: Double) -> Double { Glibc.pow(x, exponent) }
    public static var machineEpsilon: Double { Double.ulpOfOne }
    public static func converting(_ tensor: Tensor<Double>) -> Tensor<Double> { tensor }

    // Without a branch, so that it runs in vectors; it is on the path of every number of every request. The exponent of
    // what is not finite is all ones: one more carries into the sign.
    public static func areFinite(_ numbers: Span<Double>) -> Bool {
        var carries: UInt64 = 0
        for index in 0..<numbers.count {
            carries |= (numbers[index].bitPattern & 0x7FFF_FFFF_FFFF_FFFF) &+ 0x0010_0000_0000_0000
        }
        return carries >> 63 == 0
    }

    public static func multiply(
        _ product: MatrixProduct,
        _ a: Span<Double>,
        _ b: Span<Double>,
        into c: inout MutableSpan<Double>
    ) {
        product.isWorthBLAS ? product.callBLAS(a, b, &c) : product.loop(a, b, &c)
    }

    public static func add(_ runs: Runs, of terms: Span<Double>, to sums: inout MutableSpan<Double>, _ places: Runs) {
        sums.addFours(runs, of: terms, to: places)
    }

    public static var entries: Entries<Double> {
        Entries(layer: { $0.forwardDouble($1) }, loss: { $0.forwardDouble($1) })
    }
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Float: Scalar {
    public var value: Double { Double(self) }
    @inline(__always) public static func exp(_ x: Float) -> Float { FloatFunctions.exp(x) }
    @inline(__always) public static func expMinusOne(_ x: Float) -> Float { FloatFunctions.expMinusOne(x) }
    public static func log(_ x: Float) -> Float { logf(x) }
    public static func log(onePlus x: Float) -> Float { log1pf(x) }
    public static func sqrt(_ x: Float) -> Float { x.squareRoot() }
    public static func sin(_ x: Float) -> Float { sinf(x) }
    public static func cos(_ x: Float) -> Float { cosf(x) }
    @inline(__always) public static func tanh(_ x: Float) -> Float { FloatFunctions.tanh(x) }
    public static func erf(_ x: Float) -> Float { erff(x) }
    public static func erfc(_ x: Float) -> Float { erfcf(x) }
    public static func pow(_ x: Float, _ exponent: Double) -> Float { powf(x, Float(exponent)) }
    public static var machineEpsilon: Double { Double(Float.ulpOfOne) }
    public static func converting(_ tensor: Tensor<Double>) -> Tensor<Float> { tensor.map { Float($0) } }

    // Without a branch, so that it runs in vectors; it is on the path of every number of every request. The exponent of
    // what is not finite is all ones: one more carries into the sign.
    public static func areFinite(_ numbers: Span<Float>) -> Bool {
        var carries: UInt32 = 0
        for index in 0..<numbers.count { carries |= (numbers[index].bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000 }
        return carries >> 31 == 0
    }

    public static func multiply(
        _ product: MatrixProduct,
        _ a: Span<Float>,
        _ b: Span<Float>,
        into c: inout MutableSpan<Float>
    ) {
        product.isWorthBLAS ? product.callBLAS(a, b, &c) : product.loop(a, b, &c)
    }

    public static func add(_ runs: Runs, of terms: Span<Float>, to sums: inout MutableSpan<Float>, _ places: Runs) {
        sums.addFours(runs, of: terms, to: places)
    }

    public static func pool(_ pairs: PairPooling, _ x: Tensor<Float>, to shape: Shape) -> Evaluation<Float>? {
        Evaluation(Tensor(shape: shape, elements: pairs.maxima(x.elements))) { cotangent, _ in
            [Tensor(shape: x.shape, elements: pairs.gradient(x.elements, cotangent.elements))]
        }
    }

    public static var entries: Entries<Float> {
        Entries(layer: { $0.forwardFloat($1) }, loss: { $0.forwardFloat($1) })
    }
}
