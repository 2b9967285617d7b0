package import Backprop

/// `POST /v1/jacobians`: explicit Jacobians of layers and of the whole network.
package enum JacobiansOperation: Operation {
    package static let name = "jacobians"
    package static let operationID = "computeJacobians"
    package static let summary = "Explicit Jacobians of every layer and of the whole network."
    package static let description = """
        A Jacobian's shape is the output's followed by the variable's: for z = W y with z of length 2 and y of length \
        4, the Jacobian of z with respect to W is (2, 2, 4). `of` names the layers that are wanted, `wrt` says \
        whether with respect to inputs or parameters, and `whole_network: false` leaves out the Jacobian of the \
        network's output with respect to its inputs. Integers have none: `null`.
        """
    package static let needs: Needs = .jacobianLayers
    package static let exampleRequests = ExampleRequests.all

    /// The most elements that the Jacobians of one answer have together.
    static let mostElements = 1 << 27

    package static func work<S>(_ submission: Submission<S>) -> Double {
        let network = submission.network
        let passes = submission.options.wholeNetwork ? Double(network.outputShape.checkedCount ?? .max) : 0
        return submission.jacobianLayers.reduce(network.cost.gradientOperations * (1 + passes)) { sum, index in
            let step = network.steps[index]
            let rows = Double(step.shape.count)
            return network.differentiableOperands(of: index).reduce(sum) { $0 + rows * Double($1.shape.count) }
        }
    }

    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        let network = submission.network
        let size = Double(MemoryLayout<S>.stride)
        var (widest, numbers) = (0.0, 0.0)
        for index in submission.jacobianLayers {
            let rows = Double(network.steps[index].shape.count)
            let entries = submission.operands(of: index).reduce(0.0) { $0 + rows * Double($1.shape.count) }
            (widest, numbers) = (max(widest, entries), numbers + entries)
        }
        if submission.options.wholeNetwork {
            let rows = Double(network.outputShape.count)
            let entries = network.inputs.reduce(0.0) { $1.isIndices ? $0 : $0 + rows * Double($1.shape.count) }
            (widest, numbers) = (max(widest, entries), numbers + entries)
        }
        // Rows of a Jacobian are gathered in an array that grows to at most twice what it holds, the old one beside it.
        return submission.need(
            tensors: submission.guestBytes
                + network.peakBytes(ofGradients: GradientDemand(layers: []), keepingOutputs: true, on: S.self)
                + network.peakBytes(ofForward: Keeping(outputs: false, pullbacks: false), on: Dual.self)
                + 3 * widest * size,
            numbers: numbers,
            kept: numbers,
            layers: submission.jacobianLayers.count + network.inputs.count
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let (network, options) = (submission.network, submission.options)
        let point = try network.linearize(
            inputs: submission.inputs,
            parameters: submission.parameters,
            isCancelled: isCancelled
        )
        if let rejection = submission.rejection(of: point.pass.nonFinite) { return .failure(rejection) }
        submission.timing?.hasComputed()
        var writer = submission.writer
        writer.beginObject()
        writer.name("layers")
        writer.beginArray()
        for index in submission.jacobianLayers {
            let operands = submission.operands(of: index)
            submission.timing?.hasWritten()
            let jacobians = try point.jacobians(ofLayer: index, withRespectTo: operands, isCancelled: isCancelled)
            submission.timing?.hasComputed()
            writer.beginLayer(network.steps[index])
            writer.name("jacobians")
            writer.jacobians(zip(operands, jacobians), of: network.steps[index], options)
            writer.endObject()
        }
        writer.endArray()
        if options.wholeNetwork {
            writer.name("network")
            writer.beginObject()
            submission.timing?.hasWritten()
            let jacobians = try point.networkJacobians(isCancelled: isCancelled)
            submission.timing?.hasComputed()
            for (input, jacobian) in zip(network.inputs, jacobians) {
                writer.name(input.name)
                writer.optionalTensor(jacobian, as: options.encoding)
            }
            writer.endObject()
        }
        writer.warnings(point.pass.nonFinite, in: network)
        writer.endObject()
        writer.endLine()
        return .success(writer.takeAnswer())
    }

    package static func refusal<S: Scalar & TextScalar>(_ submission: Submission<S>) -> Rejection? {
        let network = submission.network
        var total = 0
        func excess(_ output: Shape, _ variable: Shape, _ what: String) -> String? {
            let shape = output + variable
            let limit = submission.limits.elements
            guard let count = shape.checkedCount, count <= limit else {
                let given = shape.checkedCount.map(String.init) ?? "more than \(Int.max)"
                return "the Jacobian \(what) is \(shape), \(given) elements, and a tensor has at most \(limit)"
            }
            total += count
            guard total <= mostElements else {
                return "the Jacobians up to here have \(total) elements together, and an answer at most \(mostElements)"
            }
            return nil
        }
        for index in submission.jacobianLayers {
            for operand in submission.operands(of: index) {
                let what = "of \(quoted(network.steps[index].name)) with respect to \(operand.name)"
                if let detail = excess(network.steps[index].shape, operand.shape, what) {
                    return Rejection(detail, at: ["network", "layers", .index(index)])
                }
            }
        }
        for input in network.inputs where submission.options.wholeNetwork && !input.isIndices {
            let what = "of the network with respect to \(quoted(input.name))"
            if let detail = excess(network.outputShape, input.shape, what) {
                return Rejection(detail, at: ["network", "layers", .index(network.output)])
            }
        }
        return nil
    }

    package static var responseSchema: JSONTree {
        let tensor = Schemas.reference("Tensor")
        let nullable: JSONTree = ["anyOf": [tensor, ["type": "null"]]]
        let jacobians: JSONTree = [
            "type": "object",
            "title": "JacobiansOfLayer",
            "properties": [
                "inputs": Schemas.list("With respect to each input; null for integers.", of: nullable),
                "parameters": Schemas.map("With respect to each learnable field.", of: tensor),
            ],
        ]
        return [
            "type": "object",
            "description": "The Jacobians.",
            "required": ["layers"],
            "properties": [
                "layers": Schemas.list(
                    "The layers in the network's order.",
                    of: [
                        "type": "object",
                        "title": "LayerJacobians",
                        "required": ["name", "type", "jacobians"],
                        "properties": [
                            "name": ["type": "string"], "type": ["type": "string"], "jacobians": jacobians,
                        ],
                    ]
                ),
                "network": Schemas.map(
                    "Of the network's output with respect to each network input; null for integers.",
                    of: nullable
                ),
                "warnings": Schemas.warnings,
            ],
        ]
    }
}

extension Submission {
    /// The operands of layer `index` that have gradients and that `wrt` asks for.
    func operands(of index: Int) -> [Network.Operand] {
        network.differentiableOperands(
            of: index,
            inputs: options.wantsInputs,
            parameters: options.wantsParameters
        )
    }
}

extension Rejection {
    /// Makes the rejection of a request with one fault that is found late: 422 with its place.
    init(_ detail: String, at pointer: JSONPointer) {
        var faults = FaultList()
        faults.add(pointer, detail)
        self.init(faults)
    }
}

extension JSONWriter {
    fileprivate mutating func jacobians<S: Scalar & TextScalar>(
        _ jacobians: some Sequence<(Network.Operand, Tensor<S>)>,
        of step: Network.Step,
        _ options: RequestOptions
    ) {
        var byPosition: [Int: Tensor<S>] = [:]
        for (operand, jacobian) in jacobians { byPosition[operand.position] = jacobian }
        beginObject()
        if options.wantsInputs {
            name("inputs")
            beginArray()
            for position in step.inputs.indices { optionalTensor(byPosition[position], as: options.encoding) }
            endArray()
        }
        if options.wantsParameters {
            name("parameters")
            beginObject()
            for (slot, field) in step.parameterFields.enumerated() {
                guard let jacobian = byPosition[step.inputs.count + slot] else { continue }
                name(field)
                tensor(jacobian, as: options.encoding)
            }
            endObject()
        }
        endObject()
    }
}
