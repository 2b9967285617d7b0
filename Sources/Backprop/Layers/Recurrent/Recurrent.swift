/// A recurrent layer that starts from zero and returns the whole sequence of its hidden states: what such layers have
/// in common.
///
/// x is (N, T, in) or, without a batch, (T, in), and y (N, T, H) or (T, H). Step t computes gates from
/// aₜ = W_ih xₜ + b_ih and bₜ = W_hh hₜ₋₁ + b_hh and from them the next state. With gates of H units each W_ih is
/// (gates · H, in), W_hh (gates · H, H), and both biases (gates · H).
///
/// The gradients run back through time: what reaches hₜ is gₜ and, through step t + 1, W_hhᵀ ∂C/∂bₜ₊₁. With
/// δₜ = ∂C/∂aₜ: ∂C/∂xₜ = W_ihᵀ δₜ, ∂C/∂W_ih = Σ δₜ xₜᵀ, ∂C/∂W_hh = Σ ∂C/∂bₜ hₜ₋₁ᵀ (Goodfellow et al., ch. 10.2.2).
protocol Recurrent: Layer {
    /// How many gates a unit has.
    static var gates: Int { get }
    /// How many numbers a unit hands on to the next step; the first is its output.
    static var states: Int { get }
    /// How many numbers of a step its unit's pullback needs.
    static var saved: Int { get }
    /// Whether gates depend on aₜ + bₜ alone, so that both have the same gradient.
    static var addsParts: Bool { get }

    /// One step: from `a`, `b` and the states before to those after, keeping what the pullback needs.
    func advance<S: Scalar>(
        _ step: RecurrentStep,
        _ a: Span<S>,
        _ b: Span<S>,
        states: inout MutableSpan<S>,
        saved: inout MutableSpan<S>
    )

    /// The step's pullback: from the cotangents of the states after it to those of `a`, of `b`, and of the states
    /// before it as far as they are used directly.
    func pull<S: Scalar>(
        _ step: RecurrentStep,
        _ saved: Span<S>,
        states: inout MutableSpan<S>,
        a: inout MutableSpan<S>,
        b: inout MutableSpan<S>
    )
}

/// How the numbers of one step lie in memory.
///
/// States and saved numbers are planes of (samples, width), gates are (samples, gates, width).
struct RecurrentStep: Sendable {
    let samples: Int
    let width: Int
    let gates: Int

    /// The units of all samples: the size of a plane.
    var units: Int { samples * width }

    /// Calls `body` for each unit with its place in a plane and that of its first gate; the next gate lies `width`
    /// further.
    @inline(__always) func forEachUnit(_ body: (_ unit: Int, _ gate: Int) -> Void) {
        for sample in 0..<samples {
            for column in 0..<width { body(sample * width + column, sample * gates * width + column) }
        }
    }
}

extension Recurrent {
    static var weightFields: [Field] {
        let rows = gates == 1 ? "H" : "\(gates) H"
        return [
            .required("weight_ih", .parameter, "The weights of the input; (\(rows), in)."),
            .required("weight_hh", .parameter, "The weights of the state before; (\(rows), H)."),
            .optional("bias_ih", .parameter, "Added to the input's part; (\(rows))."),
            .optional("bias_hh", .parameter, "Added to the part of the state before; (\(rows))."),
        ]
    }
    static var fields: [Field] { weightFields }
    static var shapeRule: String { "(N, T, in) or (T, in) to (N, T, H) or (T, H)" }

    /// The gradients by δ = ∂C/∂a and ε = ∂C/∂b, for which `recursion` gives the formulas.
    static func gradientFormulas(delta: String, epsilon: String, recursion: String) -> [GradientFormula] {
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{t,j} = \\sum_k W^{ih}_{kj}\\, \(delta)_{t,k},\\quad \(recursion)",
                matrix: "\\partial C/\\partial x_t = W_{ih}^\\top \(delta)_t"
            ),
            GradientFormula(
                "weight_ih",
                index: "\\partial C/\\partial W^{ih}_{kj} = \\sum_{n,t} \(delta)_{n,t,k}\\, x_{n,t,j}",
                matrix: "\\partial C/\\partial W_{ih} = \\sum_t \(delta)_t\\, x_t^\\top"
            ),
            GradientFormula(
                "weight_hh",
                index: "\\partial C/\\partial W^{hh}_{kj} = \\sum_{n,t} \(epsilon)_{n,t,k}\\, h_{n,t-1,j}",
                matrix: "\\partial C/\\partial W_{hh} = \\sum_t \(epsilon)_t\\, h_{t-1}^\\top"
            ),
            GradientFormula(
                "bias_ih",
                index: "\\partial C/\\partial b^{ih}_k = \\sum_{n,t} \(delta)_{n,t,k}",
                matrix: "\\partial C/\\partial b_{ih} = \\sum_t \(delta)_t"
            ),
            GradientFormula(
                "bias_hh",
                index: "\\partial C/\\partial b^{hh}_k = \\sum_{n,t} \(epsilon)_{n,t,k}",
                matrix: "\\partial C/\\partial b_{hh} = \\sum_t \(epsilon)_t"
            ),
        ]
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let weight = operands["weight_ih"] else {
            guard let own = operands["weight_hh"] else { return nil }
            if own.rank != 2 || own[0] / Self.gates != own[1] || !own[0].isMultiple(of: Self.gates) {
                operands.fault("weight_hh", "weight_hh must be (\(Self.gates) · H, H); it is \(own)")
            }
            return nil
        }
        guard weight.rank == 2, weight[0].isMultiple(of: Self.gates) else {
            return operands.fault("weight_ih", "weight_ih must be (\(Self.gates) · H, in); it is \(weight)")
        }
        let width = weight[0] / Self.gates
        let reason = "weight_ih is \(weight)"
        let fits = operands.check("weight_hh", has: [weight[0], width], because: reason)
        operands.check("bias_ih", has: [weight[0]], because: reason)
        operands.check("bias_hh", has: [weight[0]], because: reason)
        guard let x = operands.input() else { return nil }
        guard x.rank == 2 || x.rank == 3, x.last == weight[1] else {
            let expected = "the input must be (N, T, \(weight[1])) or (T, \(weight[1]))"
            return operands.fault("weight_ih", "\(reason), so \(expected); it is \(x)")
        }
        return fits && operands["weight_hh"] != nil ? x.replacing(x.rank - 1, with: width) : nil
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim == input.rank - 2 ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        let steps = Double(operands[0].count / (operands[0].last ?? 1))
        let (inner, width) = (Double(operands[0].last ?? 1), Double(output.last ?? 1))
        let gates = Double(Self.gates) * width
        // Copies in order of time, gates or their cotangents and what is saved; and duals taken apart.
        let copies = Self.addsParts ? 2.0 : 3
        return Work(
            operations: steps * gates * (inner + width + 12),
            scratch: steps * (3 * inner + copies * gates + Double(Self.saved + 2) * width) + gates * (inner + width)
        )
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let run = RecurrentRun(layer: self, x: x.shape, width: operands.parameter(1).shape[1])
        let pass = run.forward(
            x.elements,
            operands.parameter(0).elements,
            operands.parameter(1).elements,
            operands.optionalParameter(2)?.elements,
            operands.optionalParameter(3)?.elements
        )
        let shape = x.shape.replacing(x.shape.rank - 1, with: run.step.width)
        let y = Tensor(shape: shape, elements: run.batchMajor(pass.hidden, run.step.width))
        return Evaluation(y) { cotangent, wanted in
            let parts = run.backward(
                cotangent.elements,
                pass,
                inputWeight: operands.parameter(0).elements,
                stateWeight: operands.parameter(1).elements,
                wanted
            )
            return zip(parts, operands.tensors).map { part, operand in
                part.flatMap { elements in operand.map { Tensor(shape: $0.shape, elements: elements) } }
            }
        }
    }
}
