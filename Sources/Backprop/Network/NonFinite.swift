/// A place where numbers first were not finite: what went into it still was, or came from outside.
public struct NonFinite: Sendable, Equatable {
    /// A tensor of a layer.
    public enum Place: Sendable, Hashable {
        /// The output.
        case output
        /// The gradient with respect to the output, before the layer's own part in it.
        case outputGradient
        /// The layer's contribution to the gradient with respect to its input of this position.
        case input(Int)
        /// The layer's contribution to the gradient with respect to the parameter of this field.
        case field(String)
    }

    /// The layer, by its position.
    public let layer: Int
    /// Which of its tensors.
    public let place: Place
    /// The tensor's shape.
    public let shape: Shape
    /// How many of its elements are not finite.
    public let count: Int
    /// The row-major position of the first of them.
    public let first: Int
    /// What stands there; finite where only its tangent is not.
    public let value: Double

    /// Describes a tensor, of which at least one element is not finite.
    init<S: Scalar>(layer: Int, _ place: Place, _ tensor: Tensor<S>) {
        self.layer = layer
        self.place = place
        shape = tensor.shape
        count = tensor.elements.count { !$0.isFinite }
        first = tensor.elements.firstIndex { !$0.isFinite } ?? 0
        value = tensor.elements[first].value
    }
}

/// Watches a run for where numbers first turn out not to be finite.
struct NonFiniteWatch {
    private(set) var found: [NonFinite] = []
    /// The layers whose output, or whose cotangent, is known not to be finite; empty in nearly every run.
    private var strays: Set<Int> = []

    /// Looks at a layer's output: the first of its line if no layer before it had such numbers.
    mutating func watch<S: Scalar>(output: Tensor<S>, of index: Int, _ step: Network.Step) {
        if output.isFinite() { return }
        if !step.inputs.contains(where: isStray) { found.append(NonFinite(layer: index, .output, output)) }
        strays.insert(index)
    }

    /// Looks at the cotangent of a layer's output, unless it has been seen as what another layer's pullback made.
    mutating func watch<S: Scalar>(cotangent: Tensor<S>, isSeen: Bool, of index: Int) {
        if isSeen || cotangent.isFinite() || strays.contains(index) { return }
        found.append(NonFinite(layer: index, .outputGradient, cotangent))
        strays.insert(index)
    }

    /// Looks at what a layer's pullback made, for one of its operands, of a cotangent that has been looked at before.
    mutating func watch<S: Scalar>(_ operand: Tensor<S>, at position: Int, of index: Int, _ step: Network.Step) {
        if operand.isFinite() { return }
        let isInput = position < step.inputs.count
        if isInput, case .layer(let source) = step.inputs[position] { strays.insert(source) }
        if strays.contains(index) { return }
        let place: NonFinite.Place =
            isInput ? .input(position) : .field(step.parameterFields[position - step.inputs.count])
        found.append(NonFinite(layer: index, place, operand))
    }

    private func isStray(_ source: Network.Source) -> Bool {
        if case .layer(let index) = source { strays.contains(index) } else { false }
    }
}

extension Tensor where Element: Scalar {
    /// Whether every element is finite.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    @specialized(where Element == Dual)
    @specialized(where Element == Duals)
    func isFinite() -> Bool { Element.areFinite(elements.span) }
}
