/// The tensors that a layer is evaluated at: its inputs in order, then its parameters in the order of its fields.
public struct Operands<S: Scalar> {
    /// How many of the operands are inputs.
    public let inputCount: Int
    /// Inputs, then a place for each learnable field, `nil` where it was left out.
    public let tensors: [Tensor<S>?]
    /// The output's shape by the layer's rule, where it has been found out before.
    public let outputShape: Shape?

    /// Makes operands from inputs and parameters.
    @inlinable public init(inputCount: Int, tensors: [Tensor<S>?], outputShape: Shape? = nil) {
        self.inputCount = inputCount
        self.tensors = tensors
        self.outputShape = outputShape
    }

    /// The number of operands, those left out included.
    public var count: Int { tensors.count }

    /// Input `index`.
    public func input(_ index: Int = 0) -> Tensor<S> { present(index) }

    /// The parameter of the learnable field at `index`, which must not have been left out.
    public func parameter(_ index: Int) -> Tensor<S> { present(inputCount + index) }

    /// The parameter of the learnable field at `index`, if it is there.
    public func optionalParameter(_ index: Int) -> Tensor<S>? { tensors[inputCount + index] }

    private func present(_ position: Int) -> Tensor<S> {
        guard let tensor = tensors[position] else { preconditionFailure("a validated layer has its operands") }
        return tensor
    }
}

/// A layer's value at its operands, and the transposed Jacobian there as a function: vⱼ ↦ Σᵢ (∂yᵢ/∂xⱼ) gᵢ.
public struct Evaluation<S: Scalar> {
    /// The output.
    public let value: Tensor<S>
    /// Takes the output's cotangent to those of the operands, in their order; only the wanted ones are computed, and
    /// those of integers or of operands left out are `nil`.
    public let pullback: (_ cotangent: Tensor<S>, _ wanted: Wanted) -> [Tensor<S>?]

    /// Makes an evaluation.
    @inlinable public init(
        _ value: Tensor<S>,
        pullback: @escaping (_ cotangent: Tensor<S>, _ wanted: Wanted) -> [Tensor<S>?]
    ) {
        self.value = value
        self.pullback = pullback
    }
}

/// A set of operands whose cotangents are asked for.
public struct Wanted: Sendable, Equatable {
    private var bits: UInt64

    /// Every operand.
    public static let all = Wanted(bits: .max)
    /// No operand.
    public static let none = Wanted(bits: 0)

    private init(bits: UInt64) { self.bits = bits }

    /// Whether the operand at `index` is asked for.
    ///
    /// The last bit stands for every operand from 63 on.
    public subscript(index: Int) -> Bool {
        get { bits & (1 << UInt64(min(index, 63))) != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(min(index, 63))
            // A later operand that is not wanted must not take the shared bit from an earlier one that is.
            if newValue { bits |= bit } else if index < 63 { bits &= ~bit }
        }
    }

    /// Whether nothing is asked for.
    public var isEmpty: Bool { bits == 0 }
}

/// Through which a scalar evaluates layers and losses: in each entry the compiler has specialised the layer's code.
public struct Entries<S: Scalar> {
    package let layer: (any Layer, Operands<S>) -> Evaluation<S>
    package let loss: (any Loss, Tensor<S>) -> LossEvaluation<S>
}
