package import Backprop

/// A request as the core takes it: validated, with every tensor in place.
package struct Submission<S: Scalar & TextScalar> {
    /// The plan.
    package private(set) var network: Network
    /// The values of the network's inputs.
    package internal(set) var inputs: [Tensor<S>]
    /// The values of the parameters, in the plan's order.
    package internal(set) var parameters: [Tensor<S>]
    /// The loss, if one was given.
    package internal(set) var loss: (any Loss)?
    /// How the loss's entries become one number.
    package let reduction: String?
    /// The gradient that back-propagation starts from, if one was given.
    package internal(set) var outputGradient: Tensor<S>?
    /// The gradients to start from one after another, if a list was given.
    package let outputGradients: [Tensor<S>]?
    /// The directions that derivatives are taken along, for an operation that needs them.
    package let directions: [VariableTensors<S>]
    /// Whether the directions were given as a list, so that the answer has one as well.
    package let hasManyDirections: Bool
    /// The gradients that a client claims, for an operation that checks them.
    package let claims: VariableTensors<Double>?
    /// What is asked for.
    package let options: RequestOptions

    /// The bounds of the request.
    package let limits: RequestLimits
    /// The positions of the layers that are returned.
    package let returnedLayers: LayerSelection
    /// The positions of the layers whose Jacobians are asked for.
    package let jacobianLayers: LayerSelection
    /// What is told how long the parts take, if this request is timed.
    package private(set) var timing: RequestTiming?
    /// The room for the answer's text that is reserved at once.
    package private(set) var replyCapacity = 1_024
    /// Whether large tensors of the answer are printed while it is sent.
    package private(set) var isSentInPieces = false

    /// The cores that may help to write the answer.
    package private(set) var spare: SpareCores?

    /// What others that differ in their numbers alone have in common with the request, where that was asked for.
    package internal(set) var outline: RequestOutline?

    /// A writer for the answer.
    var writer: JSONWriter { JSONWriter(capacity: replyCapacity, spare: spare, defersTensors: isSentInPieces) }

    /// Notes what the answer takes, who may help with it, and who is told how long the parts take.
    mutating func expect(_ memory: MemoryNeed, spare: SpareCores?, timing: RequestTiming?) {
        (replyCapacity, isSentInPieces) = (memory.replyCapacity, memory.isSentInPieces)
        self.spare = spare
        guard let timing else { return }
        self.timing = timing
        network.timing = timing
    }

    /// The same request with tensors that have no elements in place of its values, and with a plan of its own.
    var withoutNumbers: Submission {
        let none = Tensor<S>(shape: [0], elements: [])
        var submission = self
        submission.network = network.separated()
        submission.inputs = inputs.map { _ in none }
        submission.parameters = parameters.map { _ in none }
        submission.outline = nil
        return submission
    }
}
