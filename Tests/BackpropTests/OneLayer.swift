import Backprop

/// A network of a single layer, made from one of its examples, with its values.
struct OneLayer {
    let network: Network
    let inputs: [Tensor<Double>]
    let parameters: [Tensor<Double>]

    init(_ type: any Layer.Type, _ example: LayerExample) throws {
        let names = example.inputs.indices.map { "x\($0)" }
        let definition = NetworkDefinition(
            inputs: zip(names, example.inputs).map { .init($0, $1.shape) },
            layers: [
                LayerDefinition(
                    type,
                    fields: example.fields,
                    parameters: example.parameters.mapValues { .own($0.shape) },
                    inputs: .named(names)
                )
            ]
        )
        let check = Network.check(definition)
        guard let network = check.network else { throw Faults(faults: check.faults) }
        self.network = network
        inputs = example.inputs
        parameters = network.parameters.map { parameter in
            guard case .layer(_, let field) = parameter.owner, let value = example.parameters[field] else {
                fatalError("an example's parameters are its layer's own")
            }
            return value
        }
    }

    struct Faults: Error { let faults: [Fault] }

    /// All operands that have a gradient, by name.
    var variables: [(name: String, value: Tensor<Double>)] {
        zip(network.inputs, inputs).filter { !$0.0.isIndices }.map { ($0.0.name, $0.1) }
            + zip(network.steps[0].parameterFields.filter { has($0) }, parameters).map { ($0.0, $0.1) }
    }

    private func has(_ field: String) -> Bool {
        network.parameters.contains { $0.owner == .layer(0, field: field) }
    }

    /// The output, with the variables' tangents carried along.
    func forward(_ tangents: [Tensor<Double>]) throws -> Tensor<Dual> {
        try forward(tangents, keepsPullbacks: false).output
    }

    /// The pass on duals, the variables having these tangents.
    func forward(_ tangents: [Tensor<Double>], keepsPullbacks: Bool) throws -> ForwardPass<Dual> {
        var tangents = tangents[...]
        let lift = { (value: Tensor<Double>, moves: Bool) -> Tensor<Dual> in
            guard moves, let tangent = tangents.popFirst() else { return value.map { Dual($0) } }
            return value.lifted(along: tangent)
        }
        let dualInputs = zip(network.inputs, inputs).map { lift($1, !$0.isIndices) }
        let dualParameters = parameters.map { lift($0, true) }
        return try network.forward(
            inputs: dualInputs,
            parameters: dualParameters,
            keeping: Keeping(outputs: false, pullbacks: keepsPullbacks)
        )
    }

    /// The same layer with all variables moved along a direction.
    func moved(along direction: [Tensor<Double>], by distance: Double) -> OneLayer {
        var direction = direction[...]
        let move = { (value: Tensor<Double>, moves: Bool) -> Tensor<Double> in
            guard moves, let tangent = direction.popFirst() else { return value }
            return value.moved(along: tangent, by: distance)
        }
        let movedInputs = zip(network.inputs, inputs).map { move($1, !$0.isIndices) }
        return OneLayer(self, inputs: movedInputs, parameters: parameters.map { move($0, true) })
    }

    /// The same layer with one element of one variable moved.
    func moved(_ variable: Int, _ element: Int, by distance: Double) -> OneLayer {
        var copy = self
        var remaining = variable
        let move = { (tensor: Tensor<Double>) -> Tensor<Double> in
            var elements = tensor.elements
            elements[element] += distance
            return Tensor(shape: tensor.shape, elements: elements)
        }
        for index in inputs.indices where !network.inputs[index].isIndices {
            if remaining == 0 { copy = OneLayer(self, inputs: inputs.replacing(index, move(inputs[index]))) }
            remaining -= 1
        }
        for index in parameters.indices {
            if remaining == 0 {
                copy = OneLayer(self, parameters: parameters.replacing(index, move(parameters[index])))
            }
            remaining -= 1
        }
        return copy
    }

    private init(_ other: OneLayer, inputs: [Tensor<Double>]? = nil, parameters: [Tensor<Double>]? = nil) {
        network = other.network
        self.inputs = inputs ?? other.inputs
        self.parameters = parameters ?? other.parameters
    }

    /// The output's elements.
    func output() throws -> [Double] { try run(keepsPullbacks: false).output.elements }

    func run(keepsPullbacks: Bool) throws -> ForwardPass<Double> {
        try network.forward(
            inputs: inputs,
            parameters: parameters,
            keeping: Keeping(outputs: false, pullbacks: keepsPullbacks)
        )
    }
}

extension Array {
    func replacing(_ index: Int, _ value: Element) -> [Element] {
        var copy = self
        copy[index] = value
        return copy
    }
}

/// Whether two numbers agree: |a − b| ≤ absolute + relative · max(|a|, |b|).
func agree(_ a: Double, _ b: Double, absolute: Double, relative: Double) -> Bool {
    abs(a - b) <= absolute + relative * max(abs(a), abs(b))
}
