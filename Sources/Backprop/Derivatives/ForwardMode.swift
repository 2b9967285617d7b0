extension Network {
    /// Runs the network forward on dual numbers, so that every output comes with its derivative along a direction:
    /// the Jacobian-vector product, for about twice the work of a forward pass.
    ///
    /// Layers have no rule of their own for this: a dual number follows the chain rule through whatever they compute.
    /// It is computed in float64, whatever `S` is.
    ///
    /// - Parameters:
    ///   - inputs: The network's inputs, in order and of the plan's shapes.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - direction: How far each variable moves; one without a tensor stays where it is. Indices never move.
    ///   - keeping: What is kept beside the network's output.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The forward pass, each output an array of values with their tangents.
    /// - Throws: ``Cancelled``.
    @specialized(where S == Double)
    @specialized(where S == Float)
    public func forward<S: Scalar>(
        inputs: [Tensor<S>],
        parameters: [Tensor<S>],
        along direction: VariableTensors<S>,
        keeping: Keeping = Keeping(outputs: true, pullbacks: false),
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> ForwardPass<Dual> {
        try forward(
            inputs: zip(inputs, direction.inputs).map { $0.dual(along: $1) },
            parameters: zip(parameters, direction.parameters).map { $0.dual(along: $1) },
            keeping: keeping,
            isCancelled: isCancelled
        )
    }
}

extension Network {
    /// Runs the network forward once along several directions, ``Duals/lanes`` of them at most.
    ///
    /// Each tangent is to the last bit what a run along its direction alone gives.
    ///
    /// - Parameters:
    ///   - inputs: The network's inputs, in order and of the plan's shapes.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - directions: How far each variable moves.
    ///   - keeping: What is kept beside the network's output.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: The forward pass, each output an array of values with their tangents.
    /// - Throws: ``Cancelled``.
    @specialized(where S == Double)
    @specialized(where S == Float)
    public func forward<S: Scalar>(
        inputs: [Tensor<S>],
        parameters: [Tensor<S>],
        alongEach directions: [VariableTensors<S>],
        keeping: Keeping = Keeping(outputs: true, pullbacks: false),
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> ForwardPass<Duals> {
        precondition(directions.count <= Duals.lanes)
        return try forward(
            inputs: inputs.enumerated().map { index, value in value.duals(along: directions.map { $0.inputs[index] }) },
            parameters: parameters.enumerated().map { index, value in
                value.duals(along: directions.map { $0.parameters[index] })
            },
            keeping: keeping,
            isCancelled: isCancelled
        )
    }
}

extension Tensor where Element: Scalar {
    /// The tensor with tangents of its shape, zero where there is none.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    func duals(along tangents: [Tensor?]) -> Tensor<Duals> {
        for tangent in tangents {
            precondition(tangent == nil || tangent?.shape == shape, "a tangent fits its variable")
        }
        let value = elements.span
        guard tangents.contains(where: { $0 != nil }) else {
            let still = [Duals](capacity: value.count) { out in
                for i in 0..<value.count { out.append(Duals(value[i].value)) }
            }
            return Tensor<Duals>(shape: shape, elements: still)
        }
        let slopes = (0..<Duals.lanes).map { lane in lane < tangents.count ? tangents[lane]?.elements ?? [] : [] }
        let (p0, p1, p2, p3) = (slopes[0], slopes[1], slopes[2], slopes[3])
        let (s0, s1) = (p0.span, p1.span)
        let (s2, s3) = (p2.span, p3.span)
        let duals = [Duals](capacity: value.count) { out in
            for i in 0..<value.count {
                let moved = SIMD4(
                    s0.isEmpty ? 0 : s0[i].value,
                    s1.isEmpty ? 0 : s1[i].value,
                    s2.isEmpty ? 0 : s2[i].value,
                    s3.isEmpty ? 0 : s3[i].value
                )
                out.append(Duals(value[i].value, tangents: moved))
            }
        }
        return Tensor<Duals>(shape: shape, elements: duals)
    }
}

extension Tensor where Element: Scalar {
    /// The tensor with a tangent of its shape, or a zero one.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    func dual(along tangent: Tensor?) -> Tensor<Dual> {
        guard let tangent else { return map { Dual($0.value) } }
        precondition(tangent.shape == shape, "a tangent has its variable's shape")
        let (value, slope) = (elements.span, tangent.elements.span)
        let duals = [Dual](capacity: value.count) { out in
            for i in 0..<value.count { out.append(Dual(value[i].value, tangent: slope[i].value)) }
        }
        return Tensor<Dual>(shape: shape, elements: duals)
    }
}

extension Tensor<Dual> {
    /// The values, without the tangents.
    public var values: Tensor<Double> { map(\.value) }

    /// The tangents: the derivative of each value along the direction.
    public var tangents: Tensor<Double> { map(\.tangent) }
}
