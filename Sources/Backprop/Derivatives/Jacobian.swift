/// Explicit Jacobians: of one layer with respect to its operands, and of the network's output with respect to its
/// inputs. A Jacobian's shape is the output's followed by the variable's.
extension Linearization {
    /// The Jacobians of layer `index` with respect to some of its operands.
    ///
    /// In closed form where the layer has one; else row by row, each row a basis vector pulled back, or column by
    /// column in forward mode, whichever is less work.
    ///
    /// - Parameters:
    ///   - index: The layer's position.
    ///   - operands: The operands, from ``Network/differentiableOperands(of:inputs:parameters:)``.
    ///   - isCancelled: Asked between rows; `true` gives the run up.
    /// - Returns: A Jacobian for each of `operands`.
    /// - Throws: ``Cancelled``.
    public func jacobians(
        ofLayer index: Int,
        withRespectTo operands: [Network.Operand],
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> [Tensor<S>] {
        var found: [Int: [S]] = [:]
        for operand in operands {
            found[operand.position] = structuredJacobian(ofLayer: index, operand.position)?.entries()
        }
        let missing = operands.filter { found[$0.position] == nil }
        if !missing.isEmpty {
            let general = try generalJacobians(ofLayer: index, withRespectTo: missing, isCancelled: isCancelled)
            for (operand, jacobian) in zip(missing, general) { found[operand.position] = jacobian.elements }
        }
        let output = network.steps[index].shape
        return operands.map { Tensor(shape: output + $0.shape, elements: found[$0.position] ?? []) }
    }

    /// The same Jacobians without the closed forms, which are tested against these.
    package func generalJacobians(
        ofLayer index: Int,
        withRespectTo operands: [Network.Operand],
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> [Tensor<S>] {
        let step = network.steps[index]
        let columns = operands.reduce(0) { $0 + $1.shape.count }
        // A gradient may be defined as zero where the value does move (an embedding's padding), so what takes indices
        // is always pulled back.
        let isPulledBack = type(of: step.layer).takesIndices || Self.prefersRows(step.shape.count, columns)
        let entries =
            try isPulledBack
            ? rows(ofLayer: index, operands, isCancelled) : self.columns(ofLayer: index, operands, isCancelled)
        return zip(operands, entries).map { Tensor(shape: step.shape + $0.shape, elements: $1) }
    }

    /// The Jacobian in closed form, where the layer has one.
    func structuredJacobian(ofLayer index: Int, _ position: Int) -> StructuredJacobian<S>? {
        network.steps[index].layer.jacobian(at: position, operands(of: index), output: output(of: index))
    }

    /// A pass on duals takes about twice as long as a pullback.
    private static func prefersRows(_ rows: Int, _ columns: Int) -> Bool { rows <= 2 * columns }

    /// Each row a basis vector of the output pulled back: eᵢ ↦ ∂yᵢ/∂x.
    @specialized(where S == Double)
    @specialized(where S == Float)
    private func rows(
        ofLayer index: Int,
        _ operands: [Network.Operand],
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> [[S]] {
        let shape = network.steps[index].shape
        var wanted = Wanted.none
        for operand in operands { wanted[operand.position] = true }
        var entries = operands.map { operand in
            var rows: [S] = []
            rows.reserveCapacity(shape.count * operand.shape.count)
            return rows
        }
        for row in 0..<shape.count {
            if isCancelled() { throw Cancelled() }
            let gradients = pass.pullbacks[index](.basis(shape, row), wanted)
            for (slot, operand) in operands.enumerated() {
                guard let gradient = gradients[operand.position] else { preconditionFailure("what is wanted is given") }
                entries[slot] += gradient.elements
            }
        }
        return entries
    }

    /// Each column the tangent of the output as one element of an operand moves: eⱼ ↦ ∂y/∂xⱼ.
    @specialized(where S == Double)
    @specialized(where S == Float)
    private func columns(
        ofLayer index: Int,
        _ operands: [Network.Operand],
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> [[S]] {
        let step = network.steps[index]
        let resting = self.operands(of: index).tensors.map { $0?.dual(along: nil) }
        var entries: [[S]] = []
        for operand in operands {
            let width = operand.shape.count
            var matrix = [S](repeating: .zero, count: step.shape.count * width)
            guard let values = resting[operand.position] else { preconditionFailure("the operand is there") }
            for column in 0..<width {
                if isCancelled() { throw Cancelled() }
                var moving = values.elements
                moving[column] = Dual(moving[column].value, tangent: 1)
                var tensors = resting
                tensors[operand.position] = Tensor(shape: values.shape, elements: moving)
                let operands = Operands(inputCount: step.inputs.count, tensors: tensors)
                let output = Dual.entries.layer(step.layer, operands).value
                for row in 0..<step.shape.count { matrix[row * width + column] = S(output.elements[row].tangent) }
            }
            entries.append(matrix)
        }
        return entries
    }
}

extension Linearization {
    /// The Jacobian of the network's output with respect to each network input, by whichever mode is less work.
    ///
    /// - Parameter isCancelled: Asked before each layer of each pass; `true` gives the run up.
    /// - Returns: A Jacobian for each network input; `nil` for indices.
    /// - Throws: ``Cancelled``.
    public func networkJacobians(isCancelled: () -> Bool = { false }) throws(Cancelled) -> [Tensor<S>?] {
        let moving = network.inputs.filter { !$0.isIndices }
        if moving.isEmpty { return network.inputs.map { _ in nil } }
        let isPulledBack = Self.prefersRows(network.outputShape.count, moving.reduce(0) { $0 + $1.shape.count })
        let entries = try isPulledBack ? networkRows(isCancelled) : networkColumns(isCancelled)
        return zip(network.inputs, entries).map { input, entries in
            input.isIndices ? nil : Tensor(shape: network.outputShape + input.shape, elements: entries)
        }
    }

    private func networkRows(_ isCancelled: () -> Bool) throws(Cancelled) -> [[S]] {
        let demand = GradientDemand(inputs: true, parameters: false, layers: [])
        var entries = network.inputs.map { _ in [S]() }
        for row in 0..<network.outputShape.count {
            let gradients = try pass.backward(
                from: .basis(network.outputShape, row),
                demand: demand,
                isCancelled: isCancelled
            )
            for (index, gradient) in gradients.inputs.enumerated() { entries[index] += gradient?.elements ?? [] }
        }
        return entries
    }

    private func networkColumns(_ isCancelled: () -> Bool) throws(Cancelled) -> [[S]] {
        let height = network.outputShape.count
        var entries: [[S]] = []
        for (index, input) in network.inputs.enumerated() {
            let width = input.isIndices ? 0 : input.shape.count
            var matrix = [S](repeating: .zero, count: height * width)
            for column in 0..<width {
                var direction = VariableTensors<S>(of: network)
                direction.inputs[index] = .basis(input.shape, column)
                let moved = try network.forward(
                    inputs: inputs,
                    parameters: parameters,
                    along: direction,
                    keeping: Keeping(outputs: false, pullbacks: false),
                    isCancelled: isCancelled
                )
                for row in 0..<height { matrix[row * width + column] = S(moved.output.elements[row].tangent) }
            }
            entries.append(matrix)
        }
        return entries
    }
}
