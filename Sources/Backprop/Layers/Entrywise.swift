/// A layer that applies one function to each entry: yᵢ = f(xᵢ), so its Jacobian is diagonal.
///
/// The slope alone gives gradients, and on duals the second derivative as well.
package protocol Entrywise: Layer {
    /// f(x).
    func f<S: Scalar>(_ x: S) -> S

    /// f′(x), where `y` is f(x).
    func slope<S: Scalar>(_ x: S, _ y: S) -> S

    /// f′(x_i) in LaTeX, written with x_i and y_i.
    static var slopeFormula: String { get }
}

extension Entrywise {
    package static var shapeRule: String { "the input's shape" }

    package static var gradients: [GradientFormula] {
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_i = f'(x_i)\\, g_i,\\quad f'(x_i) = \(slopeFormula)",
                matrix: "\\partial C/\\partial x = f'(x) \\odot g"
            )
        ]
    }

    package func shape(of operands: inout OperandShapes) -> Shape? { operands.input() }

    /// A transcendental function takes about as long as ten multiply-adds.
    package func work(operands: [Shape], output: Shape) -> Work { Work(operations: 10 * Double(output.count)) }

    package func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let y = x.map(f)
        return Evaluation(y) { cotangent, _ in
            let (xs, ys, gs) = (x.elements.span, y.elements.span, cotangent.elements.span)
            let slopes = [S](capacity: xs.count) { out in
                for i in 0..<xs.count { out.append(slope(xs[i], ys[i]) * gs[i]) }
            }
            return [Tensor(shape: x.shape, elements: slopes)]
        }
    }
}
