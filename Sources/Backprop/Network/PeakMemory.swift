/// What a run of a network holds in memory at its peak, reckoned from shapes before anything is allocated.
///
/// All figures are upper bounds in bytes, the network's inputs and parameters among them. They are floating-point
/// numbers, which do not overflow whatever shapes a client makes up.
extension Network {
    /// The bytes held at the peak of a forward pass on `S`.
    ///
    /// - Parameters:
    ///   - keeping: What the pass keeps.
    ///   - scalar: What it computes with.
    /// - Returns: The bytes.
    public func peakBytes<S: Scalar>(ofForward keeping: Keeping, on scalar: S.Type) -> Double {
        var account = MemoryAccount(of: self, on: scalar)
        account.runForward(keeping)
        return account.peakBytes
    }

    /// The bytes held at the peak of a forward and a backward pass on `S`, beside what a loss between them takes.
    ///
    /// - Parameters:
    ///   - demand: The gradients that are asked for.
    ///   - keepingOutputs: Whether the forward pass keeps every output.
    ///   - scalar: What it computes with.
    /// - Returns: The bytes.
    public func peakBytes<S: Scalar>(
        ofGradients demand: GradientDemand,
        keepingOutputs: Bool,
        on scalar: S.Type
    ) -> Double {
        var account = MemoryAccount(of: self, on: scalar)
        account.runForward(Keeping(outputs: keepingOutputs, pullbacks: true))
        account.runBackward(demand)
        return account.peakBytes
    }

    /// The bytes of all inputs and parameters as numbers of type `S`.
    public func givenBytes<S: Scalar>(on scalar: S.Type) -> Double {
        cost.givenElements * Double(MemoryLayout<S>.stride)
    }
}

/// Follows a run through its allocations without making any.
private struct MemoryAccount {
    private let network: Network
    private let elementSize: Double
    /// Whether matrix products take their operands apart, as those of duals do.
    private let takesApart: Bool
    /// Elements held now, and at the most so far.
    private var held: Double
    private var peak: Double

    /// Beside its elements each layer of a run has arrays, closures and their contexts, some of them several times.
    private static let bytesOfLayer = 768.0
    /// The allocator rounds large blocks up to pages.
    private static let rounding = 1.01
    private static let bytesOfRun = 65_536.0

    init<S: Scalar>(of network: Network, on scalar: S.Type) {
        self.network = network
        elementSize = Double(MemoryLayout<S>.stride)
        takesApart = scalar == Dual.self || scalar == Duals.self
        held = network.cost.givenElements
        peak = held
    }

    var peakBytes: Double {
        Self.rounding * peak * elementSize + Double(network.steps.count) * Self.bytesOfLayer + Self.bytesOfRun
    }

    private mutating func hold(_ count: Double) {
        held += count
        peak = max(peak, held)
    }

    /// What a layer needs while it runs, which is not held when it has run.
    private mutating func pass(_ count: Double) { peak = max(peak, held + count) }

    private func count(_ source: Network.Source) -> Double { Double(network.shape(of: source).count) }

    /// What the matrix products of a layer take apart.
    private func planes(_ step: Network.Step) -> Double {
        guard takesApart else { return 0 }
        return network.operandShapes(of: step).reduce(Double(step.shape.count)) { $0 + Double($1.count) }
    }

    // MARK: Forward

    mutating func runForward(_ keeping: Keeping) {
        let lastUses = keeping.outputs || keeping.pullbacks ? [] : network.lastUses
        for (index, step) in network.steps.enumerated() {
            let work = step.layer.work(operands: network.operandShapes(of: step), output: step.shape)
            hold(Double(step.shape.count))
            pass(work.scratch + planes(step))
            // What a pullback needs beside operands and output may be all of what the layer needed.
            if keeping.pullbacks { hold(work.scratch) }
            if !lastUses.isEmpty {
                for position in lastUses[index] { held -= Double(network.steps[position].shape.count) }
            }
        }
    }

    // MARK: Backward

    mutating func runBackward(_ demand: GradientDemand) {
        let steps = network.steps
        let needed = network.cotangentsNeeded(for: demand)
        // A cotangent may be one that another layer's gradients hold, so where any are asked for none is counted out.
        let retains = demand.layers.map { !$0.isEmpty } ?? true
        var hasCotangent = [Bool](repeating: false, count: steps.count)
        var hasInputSum = [Bool](repeating: false, count: network.inputs.count)
        var hasSharedSum = [Bool](repeating: false, count: network.sharedCount)
        hold(Double(network.outputShape.count))
        hasCotangent[network.output] = true

        for index in steps.indices.reversed() {
            let step = steps[index]
            let isAsked = demand.includes(layer: index)
            guard hasCotangent[index], needed[index] else {
                let shapes = [step.shape] + network.operandShapes(of: step)
                if isAsked { hold(shapes.reduce(0) { $0 + Double($1.count) }) }
                continue
            }
            let wanted = network.wantedOperands(of: step, isAsked: isAsked, needed: needed, demand)
            let work = step.layer.work(operands: network.operandShapes(of: step), output: step.shape)
            let inputs = step.inputs.indices.filter { wanted[$0] }
            let slots = step.parameters.indices.filter { wanted[step.inputs.count + $0] }
            let shapes = slots.compactMap { step.parameters[$0].map { network.parameters[$0].shape } }
            let contributions =
                inputs.reduce(0) { $0 + count(step.inputs[$1]) } + shapes.reduce(0) { $0 + Double($1.count) }
            pass(contributions + work.scratch + planes(step))
            hold(contributions)

            // A first contribution becomes the sum; a further one is added to it, and both are dropped unless they are
            // retained.
            var dropped = 0.0
            for position in inputs {
                let source = step.inputs[position]
                let isFirst: Bool
                switch source {
                case .input(let input): isFirst = !hasInputSum.exchange(input)
                case .layer(let layer): isFirst = !hasCotangent.exchange(layer)
                }
                if !isFirst { dropped += add(count(source), retains) }
            }
            for slot in slots {
                guard let parameter = step.parameters[slot] else { continue }
                let size = Double(network.parameters[parameter].shape.count)
                if parameter < hasSharedSum.count, hasSharedSum.exchange(parameter) { dropped += add(size, retains) }
            }
            held -= dropped
            if !retains { held -= Double(step.shape.count) }
        }
        hold(zip(network.inputs, hasInputSum).reduce(0) { $1.1 ? $0 : $0 + Double($1.0.shape.count) })
        hold(zip(network.parameters, hasSharedSum).reduce(0) { $1.1 ? $0 : $0 + Double($1.0.shape.count) })
    }

    /// A sum beside what it is the sum of; gives how much of that is dropped afterwards.
    private mutating func add(_ count: Double, _ retains: Bool) -> Double {
        if retains {
            hold(count)
            return 0
        }
        pass(count)
        return count
    }
}

extension Array where Element == Bool {
    /// Sets an element and gives what it was.
    fileprivate mutating func exchange(_ index: Int) -> Bool {
        defer { self[index] = true }
        return self[index]
    }
}
