extension Network {
    /// Checks gradients of an objective against central differences, entry by entry.
    ///
    /// - Parameters:
    ///   - check: Step, tolerances and how many entries are tried.
    ///   - objective: The scalar whose gradients they are.
    ///   - inputs: The network's inputs, in order and of the plan's shapes.
    ///   - parameters: The parameters, in order and of the plan's shapes.
    ///   - claims: The gradients to check; without them every gradient that back-propagation gives.
    ///   - progress: Told after each variable's entry how many have been tried, and of how many.
    ///   - isCancelled: Asked before each layer; `true` gives the run up.
    /// - Returns: What was found.
    /// - Throws: ``Cancelled``.
    public func runCheck(
        _ check: GradientCheck,
        of objective: Objective,
        inputs: [Tensor<Double>],
        parameters: [Tensor<Double>],
        claims: VariableTensors<Double>? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> GradientReport {
        let pass = try forward(
            inputs: inputs,
            parameters: parameters,
            keeping: Keeping(outputs: false, pullbacks: true),
            isCancelled: isCancelled
        )
        let evaluation = objective.evaluate(at: pass.output)
        let values = everyVariable(inputs, parameters)
        let gradients = try pass.backward(
            from: evaluation.gradient(),
            demand: demand(for: claims ?? values),
            isCancelled: isCancelled
        ).ofVariables(claims ?? values, of: self)

        let differences = Differences(
            network: self,
            objective: objective,
            inputs: inputs,
            parameters: parameters,
            value: evaluation.value,
            check: check
        )
        let variables = differentiableVariables.filter { (claims ?? values)[$0] != nil }
        let total = variables.reduce(0) { $0 + min(values[$1]?.count ?? 0, check.samples) }
        var done = 0
        var found: [GradientReport.OfVariable] = []
        for (index, variable) in variables.enumerated() {
            guard let tensor = values[variable], let own = gradients[variable] else { continue }
            let analytic = claims?[variable] ?? own
            var sum: GradientReport.OfVariable?
            var positions = DrawnPositions(
                check.samples,
                of: tensor.count,
                including: claims == nil ? nil : check.suspect(own.elements, analytic.elements),
                seed: UInt64(bitPattern: Int64(check.seed)) &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03
            )
            while let position = positions.next() {
                // An entry that is not finite can't be moved.
                if tensor.elements[position].isFinite {
                    let derivative = analytic.elements[position]
                    let entry = try differences.entry(variable, tensor, position, derivative, isCancelled)
                    sum?.add(entry)
                    if sum == nil { sum = GradientReport.OfVariable(variable, tensor.shape, first: entry) }
                }
                done += 1
                progress(done, total)
            }
            if let sum { found.append(sum) }
        }
        return GradientReport(variables: found)
    }

    /// The values of all variables that have gradients.
    private func everyVariable(_ inputs: [Tensor<Double>], _ parameters: [Tensor<Double>]) -> VariableTensors<Double> {
        var values = VariableTensors<Double>(of: self)
        for (index, input) in self.inputs.enumerated() where !input.isIndices { values.inputs[index] = inputs[index] }
        values.parameters = parameters
        return values
    }
}

extension GradientCheck {
    /// The entry where two tensors differ most for what is tolerated, if they do.
    ///
    /// Of a claimed gradient it is always tried, since one wrong entry of many would else be missed.
    fileprivate func suspect(_ own: [Double], _ claim: [Double]) -> Int? {
        var worst = 0.0
        var position: Int?
        for index in own.indices {
            let excess = excess(claim[index], own[index])
            if excess > worst {
                worst = excess
                position = index
            }
        }
        return position
    }
}

/// The objective near the point where gradients are checked.
private struct Differences {
    let network: Network
    let objective: Objective
    let inputs: [Tensor<Double>]
    let parameters: [Tensor<Double>]
    /// The objective at the point itself.
    let value: Double
    let check: GradientCheck

    /// Difference quotients about one entry.
    struct Quotients {
        /// To either side.
        let above: Double
        let below: Double
        /// From one side to the other.
        let central: Double
        /// How far each may be off because the objective is rounded.
        let noise: Double

        var gap: Double { abs(above - below) }
    }

    func entry(
        _ variable: Variable,
        _ tensor: Tensor<Double>,
        _ position: Int,
        _ analytic: Double,
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> GradientReport.Entry {
        let step = check.step(objective: value) * max(1, abs(tensor.elements[position]))
        let quotients = try self.quotients(variable, tensor, position, step, isCancelled)
        var isNearKink = false
        if !quotients.gap.isFinite {
            // To one side the objective is not defined, or it is nowhere finite.
            isNearKink = value.isFinite
        } else if quotients.gap > check.bound(quotients.above, quotients.below) + quotients.noise {
            // Curvature as well makes the sides differ, but half as much at half the step, and the middle stays.
            let half = try self.quotients(variable, tensor, position, step / 2, isCancelled)
            isNearKink =
                !(half.gap <= 0.75 * quotients.gap + half.noise)
                || !(abs(half.central - quotients.central) <= 0.1 * quotients.gap + half.noise)
        }
        return GradientReport.Entry(
            position: position,
            analytic: analytic,
            numeric: quotients.central,
            isNearKink: isNearKink,
            check
        )
    }

    private func quotients(
        _ variable: Variable,
        _ tensor: Tensor<Double>,
        _ position: Int,
        _ step: Double,
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> Quotients {
        let x = tensor.elements[position]
        let (high, low) = (x + step, x - step)
        let above = try objective(with: variable, tensor.replacing(position, with: high), isCancelled)
        let below = try objective(with: variable, tensor.replacing(position, with: low), isCancelled)
        // By the steps that were taken, which rounding makes differ from the one that was meant.
        return Quotients(
            above: (above - value) / (high - x),
            below: (value - below) / (x - low),
            central: (above - below) / (high - low),
            noise: check.roundings * max(abs(above), abs(below)).ulp / (high - low)
        )
    }

    private func objective(
        with variable: Variable,
        _ tensor: Tensor<Double>,
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> Double {
        var (inputs, parameters) = (inputs, parameters)
        switch variable {
        case .input(let index): inputs[index] = tensor
        case .parameter(let index): parameters[index] = tensor
        }
        let pass = try network.forward(
            inputs: inputs,
            parameters: parameters,
            keeping: Keeping(outputs: false, pullbacks: false),
            isCancelled: isCancelled
        )
        return objective.evaluate(at: pass.output).value
    }
}

extension Tensor<Double> {
    fileprivate func replacing(_ position: Int, with value: Double) -> Tensor {
        var elements = elements
        elements[position] = value
        return Tensor(shape: shape, elements: elements)
    }
}
