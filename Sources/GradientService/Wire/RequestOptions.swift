/// What a request asks for beside the network and its values.
///
/// Every operation takes the same members and uses its own, so that one file serves all.
package struct RequestOptions: Sendable {
    /// The type of number computed with.
    package var dtype = DType.float64
    /// The form of tensors in the answer.
    package var encoding = TensorForm.nested
    /// What becomes of numbers that are not finite.
    package var nonFinite = NonFinitePolicy.string
    /// Whether each layer's output is returned.
    package var returnsOutputs = true
    /// Whether each layer's gradients are returned.
    package var returnsGradients = true
    /// Whether gradients with respect to inputs are wanted.
    package var wantsInputs = true
    /// Whether gradients with respect to parameters are wanted.
    package var wantsParameters = true

    /// Whether the computational graph is returned.
    package var graph = false
    /// Whether the whole network's Jacobian is returned.
    package var wholeNetwork = true
    /// The most elements of a Jacobian whose numbers are shown in a derivation.
    package var maxElements = 4_096

    /// The step of the gradient check's differences, if one was chosen.
    package var epsilon: Double?
    /// The gradient check's relative tolerance.
    package var relativeTolerance = 1e-5
    /// The gradient check's absolute tolerance.
    package var absoluteTolerance = 1e-7
    /// How many entries of a tensor the gradient check tries at most.
    package var samples = 64
    /// What the entries that are tried are drawn by.
    package var seed = 0
}

/// What becomes of numbers that are not finite.
package enum NonFinitePolicy: String, CaseIterable, Sendable {
    /// They are written as strings, with a warning.
    case string
    /// The request is refused, with the layer.
    case error
}
