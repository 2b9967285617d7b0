/// A tensor for some of a network's variables, which are its inputs and its parameters: a direction, or derivatives.
public struct VariableTensors<Element: Sendable>: Sendable {
    /// For each network input a tensor of its shape, or `nil`.
    public var inputs: [Tensor<Element>?]
    /// For each of ``Network/parameters`` a tensor of its shape, or `nil`.
    public var parameters: [Tensor<Element>?]

    /// Makes a value with no tensor for any variable of `network`.
    @inlinable public init(of network: Network) {
        inputs = Array(repeating: nil, count: network.inputs.count)
        parameters = Array(repeating: nil, count: network.parameters.count)
    }

    /// The tensor of one variable, if there is one.
    @inlinable public subscript(variable: Variable) -> Tensor<Element>? {
        get {
            switch variable {
            case .input(let index): inputs[index]
            case .parameter(let index): parameters[index]
            }
        }
        set {
            switch variable {
            case .input(let index): inputs[index] = newValue
            case .parameter(let index): parameters[index] = newValue
            }
        }
    }
}

/// A variable of a network.
public enum Variable: Sendable, Hashable {
    /// A network input, by its position.
    case input(Int)
    /// One of ``Network/parameters``, by its position.
    case parameter(Int)
}

extension Network {
    /// The variables that have gradients: inputs that are not indices, shared parameters, layers' own parameters.
    public var differentiableVariables: [Variable] {
        inputs.indices.filter { !inputs[$0].isIndices }.map(Variable.input)
            + parameters.indices.map(Variable.parameter)
    }

    /// The demand for the gradients of the variables for which `tensors` has a tensor.
    package func demand<Element>(for tensors: VariableTensors<Element>) -> GradientDemand {
        var layers: Set<Int> = []
        for (parameter, tensor) in zip(parameters, tensors.parameters) where tensor != nil {
            if case .layer(let index, _) = parameter.owner { layers.insert(index) }
        }
        return GradientDemand(
            inputs: tensors.inputs.contains { $0 != nil },
            parameters: tensors.parameters.contains { $0 != nil },
            layers: layers
        )
    }
}

extension Gradients {
    /// The gradients of the variables for which `wanted` has a tensor; they must have been asked for.
    package func ofVariables<Element>(_ wanted: VariableTensors<Element>, of network: Network) -> VariableTensors<S> {
        var found = VariableTensors<S>(of: network)
        for index in wanted.inputs.indices where wanted.inputs[index] != nil { found.inputs[index] = inputs[index] }
        for (index, parameter) in network.parameters.enumerated() where wanted.parameters[index] != nil {
            switch parameter.owner {
            case .shared: found.parameters[index] = shared[index]
            case .layer(let layer, _):
                let slot = network.steps[layer].parameters.firstIndex(of: index)
                found.parameters[index] = slot.flatMap { layers[layer]?.parameters[$0] }
            }
        }
        return found
    }
}
