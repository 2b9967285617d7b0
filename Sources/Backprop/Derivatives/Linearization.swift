/// A network at a point, with what its Jacobians there need: the operands of every layer and its pullback.
public struct Linearization<S: Scalar> {
    /// The forward pass, its outputs and pullbacks kept.
    public let pass: ForwardPass<S>
    let inputs: [Tensor<S>]
    let parameters: [Tensor<S>]

    /// The network.
    public var network: Network { pass.network }
}

extension Network {
    /// Runs the network forward and keeps what Jacobians and gradients need.
    ///
    /// - Parameters:
    ///   - inputs: The network's inputs, in order and of the plan's shapes.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The network at the point.
    /// - Throws: ``Cancelled``.
    public func linearize<S: Scalar>(
        inputs: [Tensor<S>],
        parameters: [Tensor<S>],
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> Linearization<S> {
        let pass = try forward(
            inputs: inputs,
            parameters: parameters,
            keeping: Keeping(outputs: true, pullbacks: true),
            isCancelled: isCancelled
        )
        return Linearization(pass: pass, inputs: inputs, parameters: parameters)
    }

    /// One operand of a layer that has a gradient.
    public struct Operand: Sendable {
        /// Its position among the layer's operands, inputs before parameters.
        public let position: Int
        /// `inputs[k]`, or the name of the parameter's field.
        public let name: String
        /// Its shape.
        public let shape: Shape
        /// Whether it is an input, and not a parameter.
        public let isInput: Bool
    }

    /// The operands of layer `index` that have gradients, those that are not asked for left out.
    ///
    /// - Parameters:
    ///   - index: The layer's position.
    ///   - inputs: Whether inputs are wanted.
    ///   - parameters: Whether parameters are wanted.
    /// - Returns: The operands in their order; without indices and fields that were left out.
    public func differentiableOperands(of index: Int, inputs: Bool = true, parameters: Bool = true) -> [Operand] {
        let step = steps[index]
        var operands: [Operand] = []
        for (position, source) in step.inputs.enumerated() where inputs && !isIndices(source) {
            let shape = shape(of: source)
            operands.append(Operand(position: position, name: "inputs[\(position)]", shape: shape, isInput: true))
        }
        for (slot, (field, parameter)) in zip(step.parameterFields, step.parameters).enumerated() where parameters {
            guard let parameter else { continue }
            let (position, shape) = (step.inputs.count + slot, self.parameters[parameter].shape)
            operands.append(Operand(position: position, name: field, shape: shape, isInput: false))
        }
        return operands
    }
}

extension Network {
    /// The formulas of layer `index` as they read for its operands.
    package func formulas(of index: Int) -> LayerFormulas {
        let step = steps[index]
        let parameters = step.parameters.map { $0.map { self.parameters[$0].shape } }
        return step.layer.formulas(operands: step.inputs.map { shape(of: $0) } + parameters)
    }
}

extension Linearization {
    /// The tensors that layer `index` was evaluated at.
    func operands(of index: Int) -> Operands<S> {
        let step = network.steps[index]
        let values = step.inputs.map { source -> Tensor<S>? in
            switch source {
            case .input(let position): inputs[position]
            case .layer(let position): pass.outputs[position]
            }
        }
        return Operands(
            inputCount: step.inputs.count,
            tensors: values + step.parameters.map { $0.map { parameters[$0] } }
        )
    }

    /// The output of layer `index`.
    func output(of index: Int) -> Tensor<S> {
        guard let output = pass.outputs[index] else { preconditionFailure("every output is kept") }
        return output
    }
}

extension Tensor where Element: Scalar {
    /// The tensor that is 1 at `position` and 0 elsewhere.
    static func basis(_ shape: Shape, _ position: Int) -> Tensor {
        var elements = [Element](repeating: .zero, count: shape.count)
        elements[position] = 1
        return Tensor(shape: shape, elements: elements)
    }
}
