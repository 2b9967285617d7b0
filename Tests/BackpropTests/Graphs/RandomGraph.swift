import Backprop

/// A network made up from the catalogue's examples, with its values; the same seed makes the same one.
///
/// Layers are drawn from the catalogue and put onto what stands before them: as they are where the shapes happen to
/// fit, else behind layers that bring a tensor into the shape that is asked for, or on a further network input. So a new
/// layer takes part by being listed.
struct RandomGraph: Sendable, CustomStringConvertible {
    let seed: Int
    let network: Network
    let inputs: [Tensor<Double>]
    let parameters: [Tensor<Double>]
    /// The type of the loss, if there is one.
    let lossType: String?
    let objective: Objective
    /// The layers as they were written.
    let layers: [LayerDefinition]

    /// The types of the layers.
    var types: Set<String> { Set(network.steps.map(\.type)) }

    /// The parameters that more than one layer takes.
    var sharedUses: Int {
        let uses = network.steps.flatMap(\.parameters).compactMap { $0 }
        return Set(uses.filter { use in uses.count { $0 == use } > 1 }).count
    }

    /// All that is needed to see what a failure is about, and the seed to have it again.
    var description: String {
        func name(_ source: Network.Source) -> String {
            switch source {
            case .input(let index): network.inputs[index].name
            case .layer(let index): network.steps[index].name
            }
        }
        func name(_ parameter: Network.Parameter) -> String {
            if case .shared(let name) = parameter.owner { "\(name)\(parameter.shape)" } else { "\(parameter.shape)" }
        }
        var lines = ["seed \(seed), loss \(lossType ?? "none")"]
        lines += network.inputs.map { "  input \($0.name) \($0.shape)" }
        for (step, layer) in zip(network.steps, layers) {
            let from = step.inputs.map(name).joined(separator: ", ")
            let fields = layer.fields.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value)" }
            let weights = zip(step.parameterFields, step.parameters)
                .compactMap { field, position in position.map { "\(field)=\(name(network.parameters[$0]))" } }
            let settings = (weights + fields).joined(separator: " ")
            lines.append("  \(step.name) = \(step.type)(\(from)) \(settings) \(step.shape)")
        }
        return (lines + ["  output \(network.steps[network.output].name)"]).joined(separator: "\n")
    }

    /// Makes the graph of a seed.
    init(seed: Int) throws {
        var builder = RandomGraphBuilder(seed: seed)
        self = try builder.build()
    }

    init(
        seed: Int,
        network: Network,
        inputs: [Tensor<Double>],
        parameters: [Tensor<Double>],
        lossType: String?,
        objective: Objective,
        layers: [LayerDefinition]
    ) {
        self.seed = seed
        self.network = network
        self.inputs = inputs
        self.parameters = parameters
        self.lossType = lossType
        self.objective = objective
        self.layers = layers
    }

    /// The forward pass on dual numbers, every variable moving along `direction`, and the objective there.
    func forward(along direction: VariableTensors<Double>) throws -> (pass: ForwardPass<Dual>, objective: Dual) {
        let pass = try network.forward(inputs: inputs, parameters: parameters, along: direction)
        return (pass, objective.evaluate(at: pass.output).value)
    }

    /// Every gradient of the objective.
    func gradients() throws -> Gradients<Double> {
        let pass = try network.forward(
            inputs: inputs,
            parameters: parameters,
            keeping: Keeping(outputs: false, pullbacks: true)
        )
        return try pass.backward(from: objective.evaluate(at: pass.output).gradient())
    }

    /// A direction in which every variable that has a gradient moves.
    func direction(seed: Int) -> VariableTensors<Double> {
        var direction = VariableTensors<Double>(of: network)
        for (index, variable) in network.differentiableVariables.enumerated() {
            direction[variable] = .probe(network.shape(of: variable), seed: seed &* 131 &+ index)
        }
        return direction
    }
}

extension Network {
    func shape(of variable: Variable) -> Shape {
        switch variable {
        case .input(let index): inputs[index].shape
        case .parameter(let index): parameters[index].shape
        }
    }
}
