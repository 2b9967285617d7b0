/// A layer that applies one function to each entry: yᵢ = f(xᵢ), so its Jacobian is diagonal.
///
/// The slope alone gives gradients and tangents, and on duals the second derivative as well.
public protocol Entrywise: Layer {
    /// f(x), never asked for on duals.
    func f<S: Scalar>(_ x: S) -> S

    /// f′(x), where `y` is f(x).
    func slope<S: Scalar>(_ x: S, _ y: S) -> S

    /// f′(x_i) in LaTeX, written with x_i and y_i.
    static var slopeFormula: String { get }

    /// The multiply-adds that f takes about as long as.
    static var operationsPerEntry: Double { get }
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Entrywise {
    public static var shapeRule: String { "the input's shape" }
    public static var keepsPositions: Bool { true }

    /// A transcendental function takes about as long as ten multiply-adds.
    public static var operationsPerEntry: Double { 10 }

    public static var gradients: [GradientFormula] {
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_i = f'(x_i)\\, g_i,\\quad f'(x_i) = \(slopeFormula)",
                matrix: "\\partial C/\\partial x = f'(x) \\odot g"
            )
        ]
    }

    public func shape(of operands: inout OperandShapes) -> Shape? { operands.input() }

    public func work(operands: [Shape], output: Shape) -> Work {
        Work(operations: Self.operationsPerEntry * Double(output.count))
    }

    public func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let xs = x.elements.span
        let values = [S](capacity: xs.count) { out in
            for i in 0..<xs.count { out.append(f(xs[i])) }
        }
        return evaluation(x, Tensor(shape: x.shape, elements: values))
    }

    /// The tangent is the slope's, so that forward and reverse mode agree at kinks as well, and f may be written for
    /// accuracy alone.
    public func forwardDual(_ operands: Operands<Dual>) -> Evaluation<Dual> {
        let x = operands.input()
        let xs = x.elements.span
        let values = [Dual](capacity: xs.count) { out in
            for i in 0..<xs.count {
                let y = f(xs[i].value)
                out.append(Dual.chain(xs[i], y, slope(xs[i].value, y)))
            }
        }
        return evaluation(x, Tensor(shape: x.shape, elements: values))
    }

    /// Likewise.
    public func forwardDuals(_ operands: Operands<Duals>) -> Evaluation<Duals> {
        let x = operands.input()
        let xs = x.elements.span
        let values = [Duals](capacity: xs.count) { out in
            for i in 0..<xs.count {
                let y = f(xs[i].value)
                out.append(Duals.chain(xs[i], y, slope(xs[i].value, y)))
            }
        }
        return evaluation(x, Tensor(shape: x.shape, elements: values))
    }

    public func jacobian<S: Scalar>(
        at position: Int,
        _ operands: Operands<S>,
        output: Tensor<S>
    ) -> StructuredJacobian<S>? {
        let (xs, ys) = (operands.input().elements, output.elements)
        return .diagonal(xs.indices.map { slope(xs[$0], ys[$0]) })
    }

    @inline(__always) private func evaluation<S: Scalar>(_ x: Tensor<S>, _ y: Tensor<S>) -> Evaluation<S> {
        Evaluation(y) { cotangent, _ in
            let (xs, ys, gs) = (x.elements.span, y.elements.span, cotangent.elements.span)
            let slopes = [S](capacity: xs.count) { out in
                for i in 0..<xs.count { out.append(slope(xs[i], ys[i]) * gs[i]) }
            }
            return [Tensor(shape: x.shape, elements: slopes)]
        }
    }
}
