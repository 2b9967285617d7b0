import Backprop
import HTTPServer

/// A stored model at a point: values for its inputs and its parameters, with what can be computed there.
struct ModelPoint {
    private let network: Network
    private let inputs: [Tensor<Double>]
    private let parameters: [Tensor<Double>]
    private let interface: ModelInterface
    private let limits: RequestLimits
    private let work: PooledWork

    /// Makes a point.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - inputs: A value for each input, with the batch dimension that the network is run with.
    ///   - overrides: Values in place of the stored parameters', by position; of the parameters' shapes.
    ///   - limits: The bounds.
    ///   - work: What the point is made for: asked while computing, and for memory before.
    /// - Throws: What is wrong with the inputs: 422.
    init(
        _ model: LoadedModel,
        inputs: [Tensor<Double>],
        overrides: [Int: Tensor<Double>],
        limits: RequestLimits,
        work: PooledWork
    ) throws(Rejection) {
        let shapes = zip(model.interface.inputs, inputs).map { NetworkDefinition.NamedShape($0.name, $1.shape) }
        let check = model.check(shapes, limits: limits.network)
        guard var network = check.network else {
            throw Rejection(422, check.faults.first?.detail ?? "the inputs do not fit the model")
        }
        if let fault = network.indexFaults(of: inputs).first { throw Rejection(422, fault.detail) }
        work.willRun(network)
        network.timing = work.timing
        self.network = network
        self.inputs = inputs
        self.limits = limits
        self.work = work
        interface = model.interface
        let replaced = network.parameters.indices.map { overrides[$0] }
        parameters = model.network(as: Double.self).parameters(of: network, replacing: replaced)
    }

    /// The output's shape as the network is run.
    var outputShape: Shape { network.outputShape }

    /// The output.
    func output() throws(Rejection) -> Tensor<Double> {
        let keeping = Keeping(outputs: false, pullbacks: false)
        try reserve(network.peakBytes(ofForward: keeping, on: Double.self), numbers: [network.outputShape])
        return try computing { isCancelled throws(Cancelled) in
            try network.forward(
                inputs: inputs,
                parameters: parameters,
                keeping: keeping,
                isCancelled: isCancelled
            ).output
        }
    }

    /// The output, and a cotangent of it pulled back to some variables: (∂y/∂x)ᵀ g for each.
    ///
    /// - Parameters:
    ///   - variables: The variables, none of which holds indices.
    ///   - cotangent: The cotangent, of as many elements as the output has.
    /// - Returns: The output and a gradient for each variable, of the shapes that the network is run with.
    /// - Throws: That the computation was given up.
    func pullback(
        to variables: [ModelInterface.Variable],
        from cotangent: Tensor<Double>
    ) throws(Rejection) -> (output: Tensor<Double>, gradients: [Tensor<Double>]) {
        let start = cotangent.reshaped(to: network.outputShape)
        try reserve(backwardBytes(on: Double.self), numbers: [network.outputShape] + variables.map(\.shape))
        return try computing { isCancelled throws(Cancelled) in
            let pass = try network.forward(
                inputs: inputs,
                parameters: parameters,
                keeping: Keeping(outputs: false, pullbacks: true),
                isCancelled: isCancelled
            )
            return (pass.output, try gradients(of: pass, from: start, variables, isCancelled))
        }
    }

    /// The tangent of the output along directions of some variables: Σ (∂y/∂x) v.
    func pushforward(_ directions: [(ModelInterface.Variable, Tensor<Double>)]) throws(Rejection) -> Tensor<Double> {
        try reserve(pushforwardBytes, numbers: [network.outputShape])
        return try tangent(directions)
    }

    private func tangent(_ directions: [(ModelInterface.Variable, Tensor<Double>)]) throws(Rejection) -> Tensor<Double>
    {
        try computing { isCancelled throws(Cancelled) in
            try network.forward(
                inputs: inputs,
                parameters: parameters,
                along: self.directions(directions),
                keeping: Keeping(outputs: false, pullbacks: false),
                isCancelled: isCancelled
            ).output.tangents
        }
    }

    /// The gradient with respect to one variable of the output weighted by a cotangent, and how fast it moves along a
    /// direction of another: ∂/∂x₂ [(∂y/∂x₁)ᵀ g] v.
    func curvature(
        of variable: ModelInterface.Variable,
        along direction: (ModelInterface.Variable, Tensor<Double>),
        weights: Tensor<Double>
    ) throws(Rejection) -> Tensor<Double> {
        let isSame = direction.0.variable == variable.variable
        let resting = (variable, Tensor<Double>(shape: variable.shape, repeating: 0))
        try reserve(backwardBytes(on: Dual.self), numbers: [variable.shape])
        let moved = self.directions(isSame ? [direction] : [resting, direction])
        let product: HessianProduct = try computing { isCancelled throws(Cancelled) in
            try network.hessianProduct(
                inputs: inputs,
                parameters: parameters,
                of: Objective(weights: weights.reshaped(to: network.outputShape)),
                along: moved,
                isCancelled: isCancelled
            )
        }
        guard let result = product.product[variable.variable] else {
            preconditionFailure("what has a direction has a product")
        }
        return result.reshaped(to: variable.shape)
    }

    /// The Jacobians of the output with respect to some variables, row by row or column by column, whichever is less.
    func jacobians(of variables: [ModelInterface.Variable]) throws(Rejection) -> [Tensor<Double>] {
        let rows = network.outputShape.count
        let columns = variables.reduce(0) { $0 + $1.shape.count }
        for variable in variables {
            guard let count = (network.outputShape + variable.shape).checkedCount, count <= limits.elements else {
                let detail = "has more than \(limits.elements) elements"
                throw Rejection(422, "the Jacobian with respect to \(quoted(variable.name)) \(detail)")
            }
        }
        // Rows are gathered in arrays that grow to at most twice what they hold, the old one beside them.
        let gathered = 24 * Double(rows) * variables.reduce(0) { $0 + Double($1.shape.count) }
        let isByRows = rows <= columns
        let pass = isByRows ? backwardBytes(on: Double.self) : pushforwardBytes
        try reserve(pass + gathered, numbers: variables.map { network.outputShape + $0.shape })
        let entries = try isByRows ? pulledRows(variables) : pushedColumns(variables)
        return zip(variables, entries).map { Tensor(shape: interface.outputShape + $0.shape, elements: $1) }
    }

    private func pulledRows(_ variables: [ModelInterface.Variable]) throws(Rejection) -> [[Double]] {
        try computing { isCancelled throws(Cancelled) in
            let pass = try network.forward(
                inputs: inputs,
                parameters: parameters,
                keeping: Keeping(outputs: false, pullbacks: true),
                isCancelled: isCancelled
            )
            var entries = variables.map { _ in [Double]() }
            for row in 0..<network.outputShape.count {
                let start = Tensor<Double>.unit(network.outputShape, row)
                let found = try gradients(of: pass, from: start, variables, isCancelled)
                for (index, gradient) in found.enumerated() { entries[index] += gradient.elements }
            }
            return entries
        }
    }

    private func pushedColumns(_ variables: [ModelInterface.Variable]) throws(Rejection) -> [[Double]] {
        let rows = network.outputShape.count
        var entries: [[Double]] = []
        for variable in variables {
            let width = variable.shape.count
            var matrix = [Double](repeating: 0, count: rows * width)
            for column in 0..<width {
                let tangent = try tangent([(variable, .unit(variable.shape, column))])
                for row in 0..<rows { matrix[row * width + column] = tangent.elements[row] }
            }
            entries.append(matrix)
        }
        return entries
    }

    private func gradients(
        of pass: ForwardPass<Double>,
        from cotangent: Tensor<Double>,
        _ variables: [ModelInterface.Variable],
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> [Tensor<Double>] {
        var wanted = VariableTensors<Bool>(of: network)
        for variable in variables { wanted[variable.variable] = Tensor(true) }
        let all = try pass.backward(from: cotangent, demand: network.demand(for: wanted), isCancelled: isCancelled)
        let found = all.ofVariables(wanted, of: network)
        return variables.map { variable in
            guard let gradient = found[variable.variable] else {
                preconditionFailure("what is asked for and holds no indices has a gradient")
            }
            return gradient
        }
    }

    private func directions(_ directions: [(ModelInterface.Variable, Tensor<Double>)]) -> VariableTensors<Double> {
        var moved = VariableTensors<Double>(of: network)
        for (variable, direction) in directions {
            let shape = network.shape(of: variable.variable)
            moved[variable.variable] = direction.reshaped(to: shape)
        }
        return moved
    }

    // MARK: Memory

    private var pushforwardBytes: Double {
        network.peakBytes(ofForward: Keeping(outputs: false, pullbacks: false), on: Dual.self)
    }

    private func backwardBytes<S: Scalar>(on scalar: S.Type) -> Double {
        network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: false, on: scalar)
    }

    /// Reserves what a computation takes, with the numbers of its answer and their text.
    private func reserve(_ bytes: Double, numbers: [Shape]) throws(Rejection) {
        let need = bytes + numbers.reduce(0) { $0 + 40 * Double($1.count) }
        guard need <= Double(limits.memory) else {
            let (given, limit) = (MemoryNeed.text(need), MemoryNeed.text(Double(limits.memory)))
            throw Rejection(422, "computing this would take up to \(given) of memory; a request has \(limit)")
        }
        try work.reserve(need)
    }

    private func computing<Result>(
        _ body: (_ isCancelled: () -> Bool) throws(Cancelled) -> Result
    ) throws(Rejection) -> Result {
        do throws(Cancelled) {
            let result = try body { work.cancellation.isCancelled }
            work.timing?.hasComputed()
            return result
        } catch {
            throw Rejection(503, "the computation was given up", fields: ["Retry-After": "1"])
        }
    }
}

extension ModelInterface {
    /// A value of one example's input with the batch dimension that the network is run with.
    func batched(_ example: Tensor<Double>) -> Tensor<Double> {
        isBatched ? example.reshaped(to: [1] + example.shape) : example
    }
}

extension Tensor<Double> {
    /// Zeros with a one.
    fileprivate static func unit(_ shape: Shape, _ index: Int) -> Tensor {
        var elements = [Double](repeating: 0, count: shape.count)
        elements[index] = 1
        return Tensor(shape: shape, elements: elements)
    }

    /// Whether all elements are finite.
    var isFinite: Bool { elements.allSatisfy(\.isFinite) }
}
