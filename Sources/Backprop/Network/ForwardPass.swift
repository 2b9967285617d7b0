/// The run was given up because its caller said so.
public struct Cancelled: Error, Sendable {}

/// The network run forward: the outputs that are kept, and for each layer the pullback of its cotangent.
public struct ForwardPass<S: Scalar> {
    /// The network that was run.
    public let network: Network
    /// Each layer's output, as far as kept; the network's output always is.
    public fileprivate(set) var outputs: [Tensor<S>?]
    /// Each layer's pullback; empty where only values were asked for.
    fileprivate(set) var pullbacks: [Pullback<S>]

    /// Where outputs first were not finite, in the order of the layers.
    public fileprivate(set) var nonFinite: [NonFinite] = []

    /// The network's output.
    public var output: Tensor<S> {
        guard let output = outputs[network.output] else { preconditionFailure("the network's output is kept") }
        return output
    }
}

/// A layer's pullback at the operands of a pass.
///
/// In a structure, since an array of functions would wrap each of them in another one.
struct Pullback<S: Scalar> {
    fileprivate let pull: (_ cotangent: Tensor<S>, _ wanted: Wanted) -> [Tensor<S>?]

    @inline(__always) func callAsFunction(_ cotangent: Tensor<S>, _ wanted: Wanted) -> [Tensor<S>?] {
        pull(cotangent, wanted)
    }
}

/// What a forward pass keeps.
public struct Keeping: Sendable {
    /// Whether every layer's output is kept, rather than freed after its last use.
    public var outputs: Bool
    /// Whether the pullbacks are kept, for a backward pass.
    public var pullbacks: Bool

    /// Makes a choice.
    public init(outputs: Bool, pullbacks: Bool) {
        self.outputs = outputs
        self.pullbacks = pullbacks
    }
}

extension Network {
    /// Runs the network forward.
    ///
    /// - Parameters:
    ///   - inputs: The network's inputs, in order and of the plan's shapes; indices are integers within bounds.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - keeping: What is kept beside the network's output.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The outputs and pullbacks that are kept.
    /// - Throws: ``Cancelled``.
    @specialized(where S == Double)
    @specialized(where S == Float)
    @specialized(where S == Dual)
    @specialized(where S == Duals)
    public func forward<S: Scalar>(
        inputs: [Tensor<S>],
        parameters: [Tensor<S>],
        keeping: Keeping,
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> ForwardPass<S> {
        precondition(inputs.count == self.inputs.count && parameters.count == self.parameters.count)
        var pass = ForwardPass<S>(
            network: self,
            outputs: [Tensor<S>?](repeating: nil, count: steps.count),
            pullbacks: []
        )
        if keeping.pullbacks { pass.pullbacks.reserveCapacity(steps.count) }
        let lastUses = keeping.outputs ? [] : lastUses
        var watch = NonFiniteWatch()
        let stopwatch = LayerStopwatch(self)

        let steps = steps
        for index in steps.indices {
            if isCancelled() { throw Cancelled() }
            let step = steps[index]
            var tensors: [Tensor<S>?] = []
            tensors.reserveCapacity(step.inputs.count + step.parameters.count)
            for slot in step.inputs.indices {
                switch step.inputs[slot] {
                case .input(let position): tensors.append(inputs[position])
                case .layer(let position): tensors.append(pass.outputs[position])
                }
            }
            for slot in step.parameters.indices { tensors.append(step.parameters[slot].map { parameters[$0] }) }

            let operands = Operands(inputCount: step.inputs.count, tensors: tensors, outputShape: step.shape)
            let evaluation = S.entries.layer(step.layer, operands)
            precondition(evaluation.value.shape == step.shape, "a layer's output has the shape its rule says")
            watch.watch(output: evaluation.value, of: index, step)
            pass.outputs[index] = evaluation.value
            if keeping.pullbacks { pass.pullbacks.append(Pullback(pull: evaluation.pullback)) }
            if !keeping.outputs {
                for position in lastUses[index] { pass.outputs[position] = nil }
            }
            stopwatch?.lap(index)
        }
        stopwatch?.finish(.forward, of: self)
        pass.nonFinite = watch.found
        return pass
    }
}
