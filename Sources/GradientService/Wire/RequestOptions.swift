/// What a request asks for beside the network and its values.
///
/// Every operation takes the same members and uses its own, so that one file serves all.
package struct RequestOptions: Sendable {
    /// The type of number computed with.
    package var dtype = DType.float64
    /// The form of tensors in the answer.
    package var encoding = TensorForm.nested
    /// Whether each layer's output is returned.
    package var returnsOutputs = true
    /// Whether each layer's gradients are returned.
    package var returnsGradients = true
    /// The layers returned, by name; `nil` for all.
    package var layers: [String]?
    /// Whether gradients with respect to inputs are wanted.
    package var wantsInputs = true
    /// Whether gradients with respect to parameters are wanted.
    package var wantsParameters = true
}
