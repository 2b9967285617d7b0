package import Backprop

/// `POST /v1/check`: gradients against central differences, ours or those that a client claims.
package enum CheckOperation: Operation {
    package static let name = "check"
    package static let operationID = "checkGradients"
    package static let summary = "Gradients against central differences, ours or those that you claim."
    package static let description = """
        Moves entries of the inputs and parameters a little to either side and compares how the loss changes with the \
        gradient: ours, or with `claimed` your own and nothing else. An entry passes if |a − n| ≤ absolute_tolerance + \
        relative_tolerance · max(|a|, |n|). Where the differences to the two sides disagree (`near_kink`) it can't \
        fail. Computed in float64, whatever the `dtype`.
        """
    package static let needs: Needs = [.cotangent, .claims]
    package static let exampleRequests = ExampleRequests.checked

    /// A gradient, and for each entry that is tried the objective to either side of it.
    package static func work<S>(_ submission: Submission<S>) -> Double {
        let network = submission.network
        let entries = network.differentiableVariables.reduce(0.0) { sum, variable in
            if let claims = submission.claims, claims[variable] == nil { return sum }
            return sum + Double(min(network.shape(of: variable).count, submission.options.samples))
        }
        return network.cost.gradientOperations + 2 * entries * network.cost.forwardOperations
    }

    /// A gradient in float64, and beside it one variable moved and a forward pass.
    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        let network = submission.network
        let widest = network.differentiableVariables.reduce(0.0) { max($0, Double(network.shape(of: $1).count)) }
        return submission.need(
            tensors: submission.guestBytes + submission.valueBytes
                + network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: false, on: Double.self)
                + network.peakBytes(ofForward: Keeping(outputs: false, pullbacks: false), on: Double.self)
                + submission.lossBytes(on: Double.self) + widest * Double(MemoryLayout<Double>.stride),
            numbers: 0,
            kept: nil,
            layers: network.inputs.count + network.parameters.count
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let report = try report(on: submission, progress: { _, _ in }, isCancelled: isCancelled)
        submission.timing?.hasComputed()
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("passed")
        writer.bool(report.passes)
        writer.name("worst")
        if let worst = report.ranking.first { writer.found(worst, submission.network) } else { writer.null() }
        writer.name("tensors")
        writer.beginArray()
        for variable in report.variables { writer.found(variable, submission.network) }
        writer.endArray()
        writer.endObject()
        writer.endLine()
        return .success(AnswerText(writer.take()))
    }

    /// Checks the gradients of a request.
    static func report<S: Scalar & TextScalar>(
        on submission: Submission<S>,
        progress: (_ done: Int, _ total: Int) -> Void,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> GradientReport {
        var check = GradientCheck()
        check.epsilon = submission.options.epsilon
        check.relativeTolerance = submission.options.relativeTolerance
        check.absoluteTolerance = submission.options.absoluteTolerance
        check.samples = submission.options.samples
        check.seed = submission.options.seed
        return try submission.network.runCheck(
            check,
            of: submission.objective,
            inputs: submission.inputs.map { $0.map(\.value) },
            parameters: submission.parameters.map { $0.map(\.value) },
            claims: submission.claims,
            progress: progress,
            isCancelled: isCancelled
        )
    }

    package static var responseSchema: JSONTree {
        let position: JSONTree = ["type": "integer", "minimum": 0]
        let tensor: [(String, JSONTree)] = [
            (
                "layer",
                [
                    "anyOf": [["type": "string"], ["type": "null"]],
                    "description": "Null for network inputs and shared parameters.",
                ]
            ),
            ("variable", ["type": "string", "description": "The input's, parameter's or field's name."]),
            ("checked", ["type": "integer", "description": "How many entries were tried.", "minimum": 1]),
            ("max_absolute_error", Schemas.number),
            ("max_relative_error", Schemas.number),
            ("at", Schemas.list("The place of the worst entry, to which the next three belong.", of: position)),
            ("analytic", Schemas.number),
            ("numeric", Schemas.number),
            ("near_kink", ["type": "boolean", "description": "Whether the differences to the two sides disagree."]),
        ]
        let required = JSONTree.array(tensor.map { .string($0.0) })
        let properties = JSONTree.members(tensor)
        return [
            "type": "object",
            "description": "Whether the gradients passed, and how far each tensor's lie from the differences.",
            "required": ["passed", "worst", "tensors"],
            "properties": [
                "passed": ["type": "boolean"],
                "worst": [
                    "description": "The worst of the tensors; null where there is none.",
                    "anyOf": [
                        ["type": "object", "title": "WorstTensor", "required": required, "properties": properties],
                        ["type": "null"],
                    ],
                ],
                "tensors": Schemas.list(
                    "Each network input, shared parameter and layer's own field.",
                    of: ["type": "object", "title": "CheckedTensor", "required": required, "properties": properties]
                ),
            ],
        ]
    }
}

extension Network {
    /// The layer that a variable belongs to, if it is a layer's own, and the variable's name.
    func names(of variable: Variable) -> (layer: String?, variable: String) {
        switch variable {
        case .input(let index): return (nil, inputs[index].name)
        case .parameter(let index):
            switch parameters[index].owner {
            case .shared(let name): return (nil, name)
            case .layer(let layer, let field): return (steps[layer].name, field)
            }
        }
    }

    /// The shape of a variable.
    func shape(of variable: Variable) -> Shape {
        switch variable {
        case .input(let index): inputs[index].shape
        case .parameter(let index): parameters[index].shape
        }
    }
}

extension Shape {
    /// The indices of the element at a row-major position.
    func indices(of position: Int) -> [Int] { zip(strides, dimensions).map { position / $0 % $1 } }
}

extension JSONWriter {
    fileprivate mutating func found(_ found: GradientReport.OfVariable, _ network: Network) {
        let names = network.names(of: found.variable)
        beginObject()
        name("layer")
        if let layer = names.layer { string(layer) } else { null() }
        name("variable")
        string(names.variable)
        name("checked")
        integer(found.checked)
        name("max_absolute_error")
        number(found.maximumAbsoluteError)
        name("max_relative_error")
        number(found.maximumRelativeError)
        name("at")
        integers(found.shape.indices(of: found.worst.position))
        name("analytic")
        number(found.worst.analytic)
        name("numeric")
        number(found.worst.numeric)
        name("near_kink")
        bool(found.worst.isNearKink)
        endObject()
    }
}
