/// Which gradients are asked for; what is not asked for is not computed.
public struct GradientDemand: Sendable {
    /// Gradients with respect to inputs, of the network and of its layers.
    public var inputs: Bool
    /// Gradients with respect to parameters.
    public var parameters: Bool
    /// The layers whose own gradients are asked for, by position; `nil` for all.
    public var layers: Set<Int>?

    /// Makes a demand; by default for everything.
    public init(inputs: Bool = true, parameters: Bool = true, layers: Set<Int>? = nil) {
        self.inputs = inputs
        self.parameters = parameters
        self.layers = layers
    }

    func includes(layer index: Int) -> Bool { layers?.contains(index) ?? true }
}

/// The gradients of one scalar C with respect to everything in a network.
public struct Gradients<S: Scalar> {
    /// The gradients of one layer.
    public struct OfLayer {
        /// ∂C/∂output in total, summed over the output's uses.
        public let output: Tensor<S>
        /// This layer's own contribution to ∂C/∂input, for each input.
        ///
        /// `nil` for indices; empty if not asked for.
        public let inputs: [Tensor<S>?]
        /// This layer's own contribution to ∂C/∂parameter, for each learnable field.
        ///
        /// `nil` for one left out; empty if not asked for.
        public let parameters: [Tensor<S>?]
    }

    /// Each layer's gradients; `nil` where not asked for.
    public let layers: [OfLayer?]
    /// ∂C/∂input for each network input, summed over its uses.
    ///
    /// `nil` for indices; empty if not asked for.
    public let inputs: [Tensor<S>?]
    /// ∂C/∂parameter for each shared parameter, summed over its uses; empty if not asked for.
    public let shared: [Tensor<S>]
    /// Where gradients first were not finite, in the order of the run, which is from the output to the inputs.
    public let nonFinite: [NonFinite]
}

extension ForwardPass {
    /// Runs the network backward: from ∂C/∂output to every gradient that is asked for.
    ///
    /// Each layer's pullback multiplies by its transposed Jacobian; where an output is used more than once the
    /// cotangents are added (Goodfellow et al., eq. 6.46). What does not reach the output has zero gradients.
    ///
    /// - Parameters:
    ///   - cotangent: ∂C/∂output, of the output's shape.
    ///   - demand: The gradients asked for.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The gradients asked for.
    /// - Throws: ``Cancelled``.
    @specialized(where S == Double)
    @specialized(where S == Float)
    @specialized(where S == Dual)
    @specialized(where S == Duals)
    public func backward(
        from cotangent: Tensor<S>,
        demand: GradientDemand = GradientDemand(),
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> Gradients<S> {
        precondition(pullbacks.count == network.steps.count, "the forward pass kept its pullbacks")
        precondition(cotangent.shape == network.outputShape)
        let steps = network.steps
        let needed = network.cotangentsNeeded(for: demand)
        var cotangents = [Cotangent<S>?](repeating: nil, count: steps.count)
        var inputSums = [Tensor<S>?](repeating: nil, count: network.inputs.count)
        var sharedSums = [Tensor<S>?](repeating: nil, count: network.sharedCount)
        var layers = [Gradients<S>.OfLayer?](repeating: nil, count: steps.count)
        cotangents[network.output] = Cotangent(sum: cotangent, isSeen: false)
        var watch = NonFiniteWatch()
        let stopwatch = LayerStopwatch(network)

        for index in steps.indices.reversed() {
            if isCancelled() { throw Cancelled() }
            let step = steps[index]
            let isAsked = demand.includes(layer: index)
            guard let reached = take(&cotangents[index]), needed[index] else {
                if isAsked { layers[index] = zeros(for: step, demand) }
                continue
            }
            let wanted = network.wantedOperands(of: step, isAsked: isAsked, needed: needed, demand)
            var operands = wanted.isEmpty ? [] : pullbacks[index](reached.sum, wanted)
            watch.watch(cotangent: reached.sum, isSeen: reached.isSeen, of: index)

            let inputCount = step.inputs.count
            var (inputs, parameters): ([Tensor<S>?], [Tensor<S>?]) = ([], [])
            if isAsked && demand.inputs { inputs.reserveCapacity(inputCount) }
            for position in 0..<inputCount {
                let contribution = wanted[position] ? take(&operands[position]) : nil
                if let contribution {
                    watch.watch(contribution, at: position, of: index, step)
                    switch step.inputs[position] {
                    case .input(let input): accumulate(contribution, into: &inputSums[input])
                    case .layer(let layer): Cotangent.add(contribution, to: &cotangents[layer])
                    }
                }
                if isAsked && demand.inputs { inputs.append(contribution) }
            }
            if demand.parameters {
                if isAsked { parameters.reserveCapacity(step.parameters.count) }
                for slot in step.parameters.indices {
                    let position = inputCount + slot
                    let contribution = wanted[position] ? take(&operands[position]) : nil
                    if let contribution {
                        watch.watch(contribution, at: position, of: index, step)
                        if let parameter = step.parameters[slot], parameter < sharedSums.count {
                            accumulate(contribution, into: &sharedSums[parameter])
                        }
                    }
                    if isAsked { parameters.append(contribution) }
                }
            }
            if isAsked {
                layers[index] = Gradients.OfLayer(output: reached.sum, inputs: inputs, parameters: parameters)
            }
            stopwatch?.lap(index)
        }
        stopwatch?.finish(.backward, of: network)
        return Gradients(
            layers: layers,
            inputs: demand.inputs ? filled(inputSums) : [],
            shared: demand.parameters
                ? sharedSums.enumerated().map { $1 ?? Tensor(shape: network.parameters[$0].shape, repeating: .zero) }
                : [],
            nonFinite: watch.found
        )
    }

    private func filled(_ sums: [Tensor<S>?]) -> [Tensor<S>?] {
        zip(network.inputs, sums).map { input, sum in
            input.isIndices ? nil : sum ?? Tensor(shape: input.shape, repeating: .zero)
        }
    }

    /// The gradients of a layer that the output does not depend on.
    private func zeros(for step: Network.Step, _ demand: GradientDemand) -> Gradients<S>.OfLayer {
        let ofInput = { (source: Network.Source) -> Tensor<S>? in
            network.isIndices(source) ? nil : Tensor(shape: network.shape(of: source), repeating: .zero)
        }
        let ofParameter = { (position: Int?) -> Tensor<S>? in
            position.map { Tensor(shape: network.parameters[$0].shape, repeating: .zero) }
        }
        return Gradients.OfLayer(
            output: Tensor(shape: step.shape, repeating: .zero),
            inputs: demand.inputs ? step.inputs.map(ofInput) : [],
            parameters: demand.parameters ? step.parameters.map(ofParameter) : []
        )
    }
}

extension Network {
    /// For each layer, whether its cotangent leads to anything that is asked for.
    func cotangentsNeeded(for demand: GradientDemand) -> [Bool] {
        var needed: [Bool] = []
        needed.reserveCapacity(steps.count)
        let (steps, sharedCount) = (steps, sharedCount)
        for index in steps.indices {
            let step = steps[index]
            let isAsked = demand.includes(layer: index)
            let parameters =
                demand.parameters && step.parameters.contains { $0.map { isAsked || $0 < sharedCount } ?? false }
            let inputs = step.inputs.contains { source in
                switch source {
                case .input(let input): demand.inputs && !self.inputs[input].isIndices
                case .layer(let layer): needed[layer]
                }
            }
            needed.append(isAsked || parameters || inputs)
        }
        return needed
    }

    /// The operands of a layer whose cotangents lead to anything that is asked for.
    func wantedOperands(
        of step: Step,
        isAsked: Bool,
        needed: [Bool],
        _ demand: GradientDemand
    ) -> Wanted {
        var wanted = Wanted.none
        for (position, source) in step.inputs.enumerated() {
            switch source {
            case .input(let input): if demand.inputs && !inputs[input].isIndices { wanted[position] = true }
            case .layer(let layer): if needed[layer] || (isAsked && demand.inputs) { wanted[position] = true }
            }
        }
        for (slot, parameter) in step.parameters.enumerated() {
            guard demand.parameters, let parameter else { continue }
            if isAsked || parameter < sharedCount { wanted[step.inputs.count + slot] = true }
        }
        return wanted
    }
}

/// What has reached a layer's output so far.
private struct Cotangent<S: Scalar> {
    let sum: Tensor<S>
    /// Whether it is one layer's contribution, which the watch for numbers that are not finite has seen.
    let isSeen: Bool

    static func add(_ contribution: Tensor<S>, to cotangent: inout Cotangent?) {
        var sum = take(&cotangent)?.sum
        let isSeen = sum == nil
        accumulate(contribution, into: &sum)
        cotangent = sum.map { Cotangent(sum: $0, isSeen: isSeen) }
    }
}

/// Takes a value out of its place, without counting a reference to it.
@inline(__always) private func take<Value>(_ place: inout Value?) -> Value? {
    var taken: Value?
    swap(&taken, &place)
    return taken
}

/// Adds `contribution` to `sum`, which it becomes where there was none.
private func accumulate<S: Scalar>(_ contribution: Tensor<S>, into sum: inout Tensor<S>?) {
    guard let before = sum else {
        sum = contribution
        return
    }
    sum = nil
    let (a, b) = (before.elements.span, contribution.elements.span)
    let total = [S](capacity: a.count) { out in
        for i in 0..<a.count { out.append(a[i] + b[i]) }
    }
    sum = Tensor(shape: before.shape, elements: total)
}
