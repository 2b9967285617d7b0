/// A loss that adds up one function of each entry: C = Σ wᵢ ℓ(xᵢ, tᵢ, cᵢ) / d.
///
/// The slope alone gives gradients and tangents, and on duals the second derivative as well.
public protocol EntrywiseLoss: Loss {
    /// The target t, of the output's shape.
    var target: Tensor<Double> { get }

    /// A factor w for each entry, of a shape that stretches to the output's; 1 if there is none.
    var weight: Tensor<Double>? { get }

    /// Another constant c for each entry, of a shape that stretches to the output's; 1 if there is none.
    var constant: Tensor<Double>? { get }

    /// The divisor d for an output of this shape.
    func divisor(_ output: Shape) -> Double

    /// ℓ(x, t, c), never asked for on duals.
    func term<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S

    /// ∂ℓ/∂x.
    func slope<S: Scalar>(_ x: S, _ t: S, _ c: S) -> S
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension EntrywiseLoss {
    public var weight: Tensor<Double>? { nil }
    public var constant: Tensor<Double>? { nil }

    public func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        checkTarget(target, has: output, faults: &faults)
    }

    public func forward<S: Scalar>(_ output: Tensor<S>) -> LossEvaluation<S> {
        let constants = EntryConstants<S>(self, output.shape)
        return LossEvaluation(value(output, constants) { term($0, $1, $2) }) { gradient(output, constants) }
    }

    /// The tangent is the slope's, so that forward and reverse mode agree at kinks as well, and ℓ may be written for
    /// accuracy alone.
    public func forwardDual(_ output: Tensor<Dual>) -> LossEvaluation<Dual> {
        let constants = EntryConstants<Dual>(self, output.shape)
        let value = value(output, constants) { (x, t, c) -> Dual in
            Dual.chain(x, term(x.value, t.value, c.value), slope(x.value, t.value, c.value))
        }
        return LossEvaluation(value) { gradient(output, constants) }
    }

    /// Likewise.
    public func forwardDuals(_ output: Tensor<Duals>) -> LossEvaluation<Duals> {
        let constants = EntryConstants<Duals>(self, output.shape)
        let value = value(output, constants) { (x, t, c) -> Duals in
            Duals.chain(x, term(x.value, t.value, c.value), slope(x.value, t.value, c.value))
        }
        return LossEvaluation(value) { gradient(output, constants) }
    }

    @inline(__always) private func value<S: Scalar>(
        _ output: Tensor<S>,
        _ constants: EntryConstants<S>,
        _ term: (S, S, S) -> S
    ) -> S {
        let (x, t) = (output.elements.span, constants.target.elements.span)
        let (w, c) = (constants.weight.span, constants.constant.span)
        if w.isEmpty { return sum(x.count) { i in term(x[i], t[i], 1) } / constants.divisor }
        let (wStep, cStep) = (constants.weightStep, constants.constantStep)
        return sum(x.count) { i in w[i * wStep] * term(x[i], t[i], c[i * cStep]) } / constants.divisor
    }

    @inline(__always) private func gradient<S: Scalar>(_ output: Tensor<S>, _ constants: EntryConstants<S>) -> Tensor<S>
    {
        let (x, t) = (output.elements.span, constants.target.elements.span)
        let (w, c) = (constants.weight.span, constants.constant.span)
        if w.isEmpty {
            let elements = [S](capacity: x.count) { out in
                for i in 0..<x.count { out.append(slope(x[i], t[i], 1) / constants.divisor) }
            }
            return Tensor(shape: output.shape, elements: elements)
        }
        let (wStep, cStep) = (constants.weightStep, constants.constantStep)
        let elements = [S](capacity: x.count) { out in
            for i in 0..<x.count { out.append(w[i * wStep] * slope(x[i], t[i], c[i * cStep]) / constants.divisor) }
        }
        return Tensor(shape: output.shape, elements: elements)
    }
}

/// The constants of an entry-wise loss; one that is the same for all entries stands there once, with a step of 0, and
/// where all are 1 there are none.
private struct EntryConstants<S: Scalar> {
    let target: Tensor<S>
    let weight: [S]
    let weightStep: Int
    let constant: [S]
    let constantStep: Int
    let divisor: S

    /// Not generic in the loss, so that it is specialised for each scalar alone.
    init(_ loss: any EntrywiseLoss, _ output: Shape) {
        target = S.converting(loss.target)
        divisor = S(loss.divisor(output))
        let (w, c) = (loss.weight, loss.constant)
        if w == nil && c == nil {
            (weight, weightStep, constant, constantStep) = ([], 0, [], 0)
        } else {
            (weight, weightStep) = Self.stretched(w, to: output)
            (constant, constantStep) = Self.stretched(c, to: output)
        }
    }

    private static func stretched(_ tensor: Tensor<Double>?, to shape: Shape) -> ([S], Int) {
        guard let tensor, let broadcast = Broadcast(shape, tensor.shape) else { return ([1], 0) }
        let given = S.converting(tensor).elements
        if given.count == 1 { return (given, 0) }
        if given.count == shape.count { return (given, 1) }
        var all = [S](repeating: .zero, count: shape.count)
        do {
            let source = given.span
            var out = all.mutableSpan
            broadcast.forEach { position, _, element in out[position] = source[element] }
        }
        return (all, 1)
    }
}

/// Notes a fault where a constant of a loss does not stretch to the output's shape.
func checkStretches(
    _ field: String,
    _ tensor: Tensor<Double>?,
    to output: Shape,
    faults: inout [OperandShapes.Fault]
) {
    guard let tensor, Broadcast.shape(output, tensor.shape) != output else { return }
    let detail = "\(field) must broadcast to the output's shape \(output); it is \(tensor.shape)"
    faults.append(OperandShapes.Fault(place: .field(field), detail: detail))
}
