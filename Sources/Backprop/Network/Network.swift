/// A validated network: operands resolved to positions, every shape known, the cost known.
///
/// It holds no weights: ``forward(inputs:parameters:keeping:isCancelled:)`` takes them, so one plan serves any values.
public struct Network: Sendable {
    /// Where a layer's input comes from.
    public enum Source: Sendable, Equatable {
        /// A network input, by its position.
        case input(Int)
        /// An earlier layer's output, by its position.
        case layer(Int)
    }

    /// An input of the network.
    public struct Input: Sendable {
        /// The name.
        public let name: String
        /// The shape.
        public let shape: Shape
        /// Whether it holds indices, for which there is no gradient.
        public let isIndices: Bool
    }

    /// A parameter: shared ones first, in the order written, then each layer's own in the order of its fields.
    public struct Parameter: Sendable {
        /// Who holds the parameter.
        public enum Owner: Sendable, Equatable {
            /// The network, under this name; layers refer to it.
            case shared(String)
            /// A layer's field.
            case layer(Int, field: String)
        }

        /// Who holds it.
        public let owner: Owner
        /// The shape.
        public let shape: Shape
    }

    /// One layer with its operands resolved.
    ///
    /// By reference, as the plan is: passes over the layers would otherwise count references to all that is in them.
    public final class Step: Sendable {
        /// The name.
        public let name: String
        package let layer: any Layer
        /// Where its inputs come from.
        public let inputs: [Source]
        /// The positions of its parameters, one for each learnable field; `nil` for one left out.
        public let parameters: [Int?]
        /// The output's shape.
        public let shape: Shape
        /// Whether the network's output depends on it.
        public let reachesOutput: Bool
        /// The layer's type on the wire.
        public let type: String
        /// The names of its learnable fields.
        public let parameterFields: [String]

        init(
            name: String,
            layer: any Layer,
            inputs: [Source],
            parameters: [Int?],
            shape: Shape,
            reachesOutput: Bool
        ) {
            (self.name, self.layer, self.inputs, self.parameters) = (name, layer, inputs, parameters)
            (self.shape, self.reachesOutput) = (shape, reachesOutput)
            type = Swift.type(of: layer).type
            parameterFields = Swift.type(of: layer).fields.lazy.filter(\.isParameter).map(\.name)
        }
    }

    /// What never changes, shared by all that hold the network.
    private final class Plan: Sendable {
        let inputs: [Input]
        let parameters: [Parameter]
        let steps: [Step]
        let output: Int
        let sharedCount: Int
        let cost: Cost
        let knownWays: [SampleWay]?
        /// For each layer, the outputs that nobody uses after it; the network's own output is never among them.
        let lastUses: [[Int]]

        private static func lastUses(_ steps: [Step], _ output: Int) -> [[Int]] {
            var lastUse = Array(steps.indices)
            for (index, step) in steps.enumerated() {
                for case .layer(let source) in step.inputs { lastUse[source] = index }
            }
            var freed = [[Int]](repeating: [], count: steps.count)
            for (source, use) in lastUse.enumerated() where source != output { freed[use].append(source) }
            return freed
        }

        init(inputs: [Input], parameters: [Parameter], steps: [Step], output: Int, cost: Cost, ways: [SampleWay]?) {
            (self.inputs, self.parameters, self.steps) = (inputs, parameters, steps)
            (self.output, self.cost, knownWays) = (output, cost, ways)
            lastUses = Plan.lastUses(steps, output)
            sharedCount = parameters.prefix { if case .shared = $0.owner { true } else { false } }.count
        }
    }

    private let plan: Plan
    /// For each layer, the outputs that nobody uses after it; the network's own output is never among them.
    var lastUses: [[Int]] { plan.lastUses }
    /// Who is told how long layers take; nobody by default, and then nothing is timed.
    public var timing: (any LayerTiming)?

    /// Makes a plan whose parts agree with each other.
    init(
        inputs: [Input],
        parameters: [Parameter],
        steps: [Step],
        output: Int,
        cost: Cost,
        ways: [SampleWay]? = nil
    ) {
        plan = Plan(inputs: inputs, parameters: parameters, steps: steps, output: output, cost: cost, ways: ways)
    }

    /// The same network in objects of its own: processors that run it at once would wait for each other where they count
    /// references to the same ones.
    package func separated() -> Network {
        var copy = Network(
            inputs: inputs.map(\.self),
            parameters: parameters.map(\.self),
            steps: steps.map { step in
                Step(
                    name: step.name,
                    layer: step.layer,
                    inputs: step.inputs.map(\.self),
                    parameters: step.parameters.map(\.self),
                    shape: step.shape,
                    reachesOutput: step.reachesOutput
                )
            },
            output: output,
            cost: cost,
            ways: knownWays
        )
        copy.timing = timing
        return copy
    }

    /// The inputs.
    public var inputs: [Input] { plan.inputs }
    /// The parameters.
    public var parameters: [Parameter] { plan.parameters }
    /// The layers in their order.
    public var steps: [Step] { plan.steps }
    /// The position of the layer whose output is the network's.
    public var output: Int { plan.output }
    /// What running it costs.
    public var cost: Cost { plan.cost }
    /// The ways of samples through it, where they were found out in advance; see ``batch(_:)``.
    var knownWays: [SampleWay]? { plan.knownWays }

    /// The shape of the network's output.
    public var outputShape: Shape { steps[output].shape }

    /// The number of shared parameters, which are the first.
    public var sharedCount: Int { plan.sharedCount }

    /// The shape of what `source` names.
    public func shape(of source: Source) -> Shape {
        switch source {
        case .input(let index): inputs[index].shape
        case .layer(let index): steps[index].shape
        }
    }

    /// Whether `source` holds indices.
    func isIndices(_ source: Source) -> Bool {
        if case .input(let index) = source { inputs[index].isIndices } else { false }
    }

    /// The shapes of a step's operands, without those left out.
    func operandShapes(of step: Step) -> [Shape] {
        step.inputs.map(shape(of:)) + step.parameters.compactMap { $0.map { parameters[$0].shape } }
    }
}

/// What running a network costs in time, estimated before anything is allocated.
public struct Cost: Sendable {
    /// Multiply-adds of a forward pass, or what takes about as long.
    public var forwardOperations = 0.0
    /// The elements of all inputs and parameters.
    package var givenElements = 0.0
    /// The elements of all inputs and parameters, and of every layer's operands, output and scratch.
    package var elements = 0.0
    /// The bytes of all names.
    package var nameBytes = 0

    /// Multiply-adds of a forward and a backward pass; the latter costs about twice the former.
    public var gradientOperations: Double { 3 * forwardOperations }
}
