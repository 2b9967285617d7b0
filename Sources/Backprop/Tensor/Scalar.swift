/// What tensors are made of and layers compute with: `Double`, `Float`, or `Dual` (a value with its tangent).
///
/// Layers are written once against this protocol. Run on `Double` or `Float` they give values and gradients; run on
/// `Dual` the same code gives Jacobian-vector and Hessian-vector products, so no layer has a second rule to get wrong.
///
/// Comparisons look at the value alone, so that ties and kinks fall the same way on every scalar.
public protocol Scalar: Sendable, BitwiseCopyable, AdditiveArithmetic, Comparable, ExpressibleByFloatLiteral,
    ExpressibleByIntegerLiteral
{
    /// The constant nearest to `value`; its tangent is zero.
    init(_ value: Double)

    /// The value, without a tangent.
    var value: Double { get }

    /// Whether the value, and the tangent if there is one, is neither infinite nor NaN.
    var isFinite: Bool { get }

    /// Whether each of some numbers is finite.
    static func areFinite(_ numbers: Span<Self>) -> Bool

    static func * (left: Self, right: Self) -> Self
    static func / (left: Self, right: Self) -> Self
    static prefix func - (operand: Self) -> Self

    /// eˣ.
    static func exp(_ x: Self) -> Self
    /// eˣ − 1, accurate for small x.
    static func expMinusOne(_ x: Self) -> Self
    /// The natural logarithm.
    static func log(_ x: Self) -> Self
    /// log(1 + x), accurate for small x.
    static func log(onePlus x: Self) -> Self
    /// The square root.
    static func sqrt(_ x: Self) -> Self
    static func sin(_ x: Self) -> Self
    static func cos(_ x: Self) -> Self
    static func tanh(_ x: Self) -> Self
    /// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
    static func erf(_ x: Self) -> Self
    /// 1 − erf(x), accurate for large x.
    static func erfc(_ x: Self) -> Self
    /// x to a constant power, as C's `pow`.
    static func pow(_ x: Self, _ exponent: Double) -> Self

    /// The distance from 1 to the next larger number of the real type: PyTorch's `finfo.eps`.
    static var machineEpsilon: Double { get }

    /// A constant tensor as one of this scalar; for `Double` the tensor itself.
    static func converting(_ tensor: Tensor<Double>) -> Tensor<Self>

    /// `c = op(a) · op(b)`, or `c += …` where `accumulate` says so; see ``MatrixProduct``.
    static func multiply(_ product: MatrixProduct, _ a: Span<Self>, _ b: Span<Self>, into c: inout MutableSpan<Self>)

    /// Adds runs of `terms` to as many runs of `sums`.
    static func add(_ runs: Runs, of terms: Span<Self>, to sums: inout MutableSpan<Self>, _ places: Runs)

    /// Max pooling in a way of the scalar's own; `nil` where it has none.
    static func pool(_ pairs: PairPooling, _ x: Tensor<Self>, to shape: Shape) -> Evaluation<Self>?

    /// The scalar's own entries of a layer and a loss; see ``Entries``.
    static var entries: Entries<Self> { get }
}

extension Scalar {
    /// Whether each is finite, one after another.
    public static func areFinite(_ numbers: Span<Self>) -> Bool {
        for index in 0..<numbers.count where !numbers[index].isFinite { return false }
        return true
    }

    /// One after another.
    public static func add(_ runs: Runs, of terms: Span<Self>, to sums: inout MutableSpan<Self>, _ places: Runs) {
        for run in 0..<runs.count {
            let (place, start) = (places.start(of: run), runs.start(of: run))
            for index in 0..<runs.length { sums[place + index] += terms[start + index] }
        }
    }

    /// None.
    public static func pool(_ pairs: PairPooling, _ x: Tensor<Self>, to shape: Shape) -> Evaluation<Self>? { nil }

    static func *= (left: inout Self, right: Self) { left = left * right }

    /// The logistic function 1 / (1 + e⁻ˣ), without overflow in either direction.
    public static func sigmoid(_ x: Self) -> Self {
        // Choices, not a branch, so that loops over it run in vectors.
        let e = exp(x < 0 ? x : -x)
        return (x < 0 ? e : 1) / (1 + e)
    }

    /// The logistic function of x and of −x, which add up to 1, each to its last digits.
    public static func sigmoids(_ x: Self) -> (of: Self, opposite: Self) {
        let e = exp(x < 0 ? x : -x)
        let (less, more) = (e / (1 + e), 1 / (1 + e))
        return x < 0 ? (less, more) : (more, less)
    }

    /// log(1 + eˣ), without overflow and accurate for very negative x.
    public static func softplus(_ x: Self) -> Self { x > 0 ? x + log(onePlus: exp(-x)) : log(onePlus: exp(x)) }

    /// |x|, whose tangent at 0 is 0.
    public static func abs(_ x: Self) -> Self { x < 0 ? -x : x == 0 ? 0 : x }

    /// −1, 0 or 1.
    public static func sign(_ x: Self) -> Self { x < 0 ? -1 : x > 0 ? 1 : 0 }

    /// The larger of two by value; the first where they are equal; a NaN wins, as in PyTorch.
    public static func maximum(_ a: Self, _ b: Self) -> Self { b > a || b.value.isNaN ? b : a }
}
