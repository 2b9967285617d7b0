import Backprop

/// A stored model as other protocols see it: a function of one example's inputs and of every parameter.
struct ModelInterface: Sendable {
    /// An input or a parameter.
    struct Variable: Sendable {
        /// The input's name; a shared parameter's, or `<layer>_<field>`.
        let name: String
        /// The shape; of an input, one example's.
        let shape: Shape
        /// Whether it holds indices, for which there is no gradient.
        let isIndices: Bool
        /// Where the plan has it.
        let variable: Backprop.Variable
    }

    /// The network's inputs.
    let inputs: [Variable]
    /// Shared parameters in the order written, then layers' own in network order.
    let parameters: [Variable]
    /// The name of the layer whose output is the network's.
    let outputName: String
    /// The output's shape for one example.
    let outputShape: Shape
    /// Whether the network is run with a batch dimension before the examples' shapes.
    let isBatched: Bool
    /// Whether the output has that dimension as well.
    let isOutputBatched: Bool

    /// Inputs and parameters.
    var variables: [Variable] { inputs + parameters }

    /// Makes the interface of a plan for one example.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - shapes: The shapes of one example's inputs.
    ///   - isBatched: Whether the plan has a batch dimension of 1 before them.
    ///   - outputOfTwo: The output's shape for a batch of two, if the network takes one.
    init(_ plan: Network, inputs shapes: [Shape?], isBatched: Bool, _ outputOfTwo: Shape?) {
        inputs = plan.inputs.indices.map { index in
            let input = plan.inputs[index]
            return Variable(
                name: input.name,
                shape: shapes[index] ?? input.shape,
                isIndices: input.isIndices,
                variable: .input(index)
            )
        }
        parameters = plan.parameters.enumerated().map { index, parameter in
            let name =
                switch parameter.owner {
                case .shared(let name): name
                case .layer(let layer, let field): "\(plan.steps[layer].name)_\(field)"
                }
            return Variable(name: name, shape: parameter.shape, isIndices: false, variable: .parameter(index))
        }
        outputName = plan.steps[plan.output].name
        let whole = plan.outputShape
        let one = isBatched && whole.dimensions.first == 1 ? Shape(Array(whole.dimensions.dropFirst())) : nil
        isOutputBatched = one.map { [2] + $0 == outputOfTwo } ?? false
        outputShape = isOutputBatched ? one ?? whole : whole
        self.isBatched = isBatched
    }

    /// The number of learnable numbers.
    var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.count } }

    /// What a list shows of the model.
    var summary: JSONTree {
        [
            "inputs": .members(
                inputs.map { input in
                    (
                        input.name,
                        [
                            "shape": .array(input.shape.dimensions.map { .integer($0) }),
                            "dtype": input.isIndices ? "int64" : "float64",
                        ]
                    )
                }
            ),
            "output": [
                "name": .string(outputName), "shape": .array(outputShape.dimensions.map { .integer($0) }),
            ],
            "parameter_count": .integer(parameterCount),
            "batched": .bool(isBatched),
        ]
    }
}
