import Backprop

/// The bounds that a request must keep; past one it is refused before memory is taken for it.
package struct RequestLimits: Sendable {
    /// How deep arrays and objects may be nested.
    package var depth = 64
    /// The most dimensions of a tensor.
    package var rank = 16
    /// The most layers of a network.
    package var layers = 10_000
    /// The most elements of a tensor.
    package var elements = 1 << 26
    /// The most bytes that one computation may take with its answer.
    package var memory = MachineMemory.standardBudget / 2

    /// The defaults.
    package init() {}

    /// The bounds of a tensor that is read.
    var tensor: TensorLimits { TensorLimits(rank: rank, elements: elements) }

    /// The bounds of a network that is validated.
    var network: NetworkLimits {
        var limits = NetworkLimits()
        limits.rank = rank
        limits.elements = elements
        return limits
    }
}
