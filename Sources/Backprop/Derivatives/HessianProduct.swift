/// A scalar's value, and the product of its Hessian with a direction.
public struct HessianProduct: Sendable {
    /// The objective's value.
    public let value: Double
    /// H v for each variable that the direction moves, of the variable's shape.
    public let product: VariableTensors<Double>
    /// Where outputs, gradients or their tangents first were not finite.
    public let nonFinite: [NonFinite]
}

extension Network {
    /// The product of an objective's Hessian, over all variables that the direction moves, with that direction.
    ///
    /// H v is the derivative of the gradient along v, so it is the backward pass run on dual numbers: exact, for some
    /// two to four times the work of a gradient, and without a second-order rule in any layer (Pearlmutter, 1994).
    /// It is computed in float64, whatever `S` is.
    ///
    /// - Parameters:
    ///   - inputs: The network's inputs, in order and of the plan's shapes.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - objective: The scalar whose Hessian it is.
    ///   - direction: How far each variable moves.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The objective and the product.
    /// - Throws: ``Cancelled``.
    public func hessianProduct<S: Scalar>(
        inputs: [Tensor<S>],
        parameters: [Tensor<S>],
        of objective: Objective,
        along direction: VariableTensors<S>,
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> HessianProduct {
        let pass = try forward(
            inputs: inputs,
            parameters: parameters,
            along: direction,
            keeping: Keeping(outputs: false, pullbacks: true),
            isCancelled: isCancelled
        )
        let evaluation = objective.evaluate(at: pass.output)
        let gradients = try pass.backward(
            from: evaluation.gradient(),
            demand: demand(for: direction),
            isCancelled: isCancelled
        )
        let moved = gradients.ofVariables(direction, of: self)
        var product = VariableTensors<Double>(of: self)
        product.inputs = moved.inputs.map { $0?.tangents }
        product.parameters = moved.parameters.map { $0?.tangents }
        return HessianProduct(
            value: evaluation.value.value,
            product: product,
            nonFinite: pass.nonFinite + gradients.nonFinite
        )
    }

    /// The products of an objective's Hessian with several directions, ``Duals/lanes`` of them at most, in one run.
    ///
    /// - Parameters:
    ///   - inputs: The network's inputs, in order and of the plan's shapes.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - objective: The scalar whose Hessian it is.
    ///   - directions: How far each variable moves.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The objective and the product for each direction; where numbers were not finite stands in the first.
    /// - Throws: ``Cancelled``.
    public func hessianProducts<S: Scalar>(
        inputs: [Tensor<S>],
        parameters: [Tensor<S>],
        of objective: Objective,
        alongEach directions: [VariableTensors<S>],
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> [HessianProduct] {
        let pass = try forward(
            inputs: inputs,
            parameters: parameters,
            alongEach: directions,
            keeping: Keeping(outputs: false, pullbacks: true),
            isCancelled: isCancelled
        )
        let evaluation = objective.evaluate(at: pass.output)
        // What any of the directions moves.
        var moved = VariableTensors<S>(of: self)
        for direction in directions {
            moved.inputs = zip(moved.inputs, direction.inputs).map { $0 ?? $1 }
            moved.parameters = zip(moved.parameters, direction.parameters).map { $0 ?? $1 }
        }
        let gradients = try pass.backward(
            from: evaluation.gradient(),
            demand: demand(for: moved),
            isCancelled: isCancelled
        )
        return directions.enumerated().map { lane, direction in
            let found = gradients.ofVariables(direction, of: self)
            var product = VariableTensors<Double>(of: self)
            product.inputs = found.inputs.map { $0?.tangents(along: lane) }
            product.parameters = found.parameters.map { $0?.tangents(along: lane) }
            return HessianProduct(
                value: evaluation.value.value,
                product: product,
                nonFinite: lane == 0 ? pass.nonFinite + gradients.nonFinite : []
            )
        }
    }
}
