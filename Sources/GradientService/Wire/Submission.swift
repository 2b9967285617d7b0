package import Backprop

/// A request as the core takes it: validated, with every tensor in place.
package struct Submission<S: Scalar & TextScalar> {
    /// The plan.
    package let network: Network
    /// The values of the network's inputs.
    package let inputs: [Tensor<S>]
    /// The values of the parameters, in the plan's order.
    package let parameters: [Tensor<S>]
    /// The loss, if one was given.
    package let loss: (any Loss)?
    /// How the loss's entries become one number.
    package let reduction: String?
    /// The gradient that back-propagation starts from, if one was given.
    package let outputGradient: Tensor<S>?
    /// What is asked for.
    package let options: RequestOptions

    /// Whether the layer at `index` is returned.
    package let returnedLayers: [Int]
}
