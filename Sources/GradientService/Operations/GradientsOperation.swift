package import Backprop

/// `POST /v1/gradients`: forward and backward pass, the output of every layer and every gradient.
package enum GradientsOperation: Operation {
    package static let name = "gradients"
    package static let operationID = "computeGradients"
    package static let summary = "The output of every layer and every gradient."
    package static let description = """
        Runs the network forward and backward. The answer has the loss, the output, the gradient with respect to each \
        input and shared parameter, and for each layer its output and the gradients with respect to its output, its \
        inputs and its parameters. `return` and `layers` thin it out; `wrt` leaves out what is not wanted. With \
        `output_gradients`, a list, one forward pass serves them all, and each gets an entry in `results`.
        """
    package static let needs: Needs = [.cotangent, .manyCotangents]
    package static let exampleRequests = ExampleRequests.all
    package static let forms: [AnswerForm] = [.json, .graphviz, .mermaid]

    package static func work<S>(_ submission: Submission<S>) -> Double {
        let cost = submission.network.cost
        // A backward pass takes about what two forward passes take.
        let more = Double(max(submission.outputGradients?.count ?? 1, 1) - 1)
        return cost.gradientOperations + 2 * more * cost.forwardOperations
    }

    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        let (network, options) = (submission.network, submission.options)
        let runs = max(submission.outputGradients?.count ?? 1, 1)
        if let need = submission.smallNeed(runs: runs) { return need }
        let (outputs, layers) = (submission.outputElements(submission.returnedLayers), submission.returnedLayers)
        return submission.need(
            tensors: submission.lossBytes(on: S.self) + submission.guestBytes
                + Double(runs)
                * network.peakBytes(
                    ofGradients: demand(submission),
                    keepingOutputs: options.returnsOutputs || options.graph,
                    on: S.self
                ) + (options.graph ? Double(network.steps.count) * 4096 : 0),
            numbers: Double(runs)
                * (submission.variableElements + Double(network.outputShape.count)
                    + (options.returnsOutputs ? outputs : 0)
                    + (options.returnsGradients ? outputs + submission.operandElements(layers) : 0)),
            kept: 0,
            layers: runs * layers.count + network.parameters.count + network.inputs.count,
            textOfLayer: options.graph ? 4096 : 512
        )
    }

    /// What a backward pass is asked for.
    private static func demand<S>(_ submission: Submission<S>) -> GradientDemand {
        let options = submission.options
        // The graph shows every gradient.
        if options.graph { return GradientDemand() }
        return GradientDemand(
            inputs: options.wantsInputs,
            parameters: options.wantsParameters,
            layers: options.returnsGradients ? submission.returnedLayers.set : []
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let (network, options) = (submission.network, submission.options)
        if let rejection = submission.graphOfManyRejection(isAsked: options.graph) { return .failure(rejection) }
        let pass = try network.forward(
            inputs: submission.inputs,
            parameters: submission.parameters,
            keeping: Keeping(outputs: options.returnsOutputs || options.graph, pullbacks: true),
            isCancelled: isCancelled
        )
        let loss = submission.evaluateLoss(at: pass.output)
        var found: [Gradients<S>] = []
        for cotangent in submission.outputGradients ?? [submission.cotangent(loss)] {
            found.append(
                try pass.backward(from: cotangent, demand: demand(submission), isCancelled: isCancelled)
            )
        }
        let nonFinite = (pass.nonFinite + found.flatMap(\.nonFinite)).firstOfEachPlace
        if let rejection = submission.rejection(of: nonFinite) { return .failure(rejection) }

        submission.timing?.hasComputed()
        var writer = submission.writer
        writer.beginObject()
        writer.member("loss")
        writer.optionalNumber(loss?.value)
        writer.member("output")
        writer.tensor(pass.output, as: options.encoding)
        if submission.outputGradients == nil {
            for gradients in found { writer.members(gradients, of: pass, submission) }
        } else {
            writer.member("results")
            writer.beginArray()
            for gradients in found {
                writer.beginObject()
                writer.members(gradients, of: pass, submission)
                writer.endObject()
            }
            writer.endArray()
        }
        if options.graph, let gradients = found.first {
            writer.member("graph")
            let graph = ComputationalGraph(submission, outputs: pass.outputs, loss: loss?.value, gradients: gradients)
            writer.graph(graph, in: S.self)
        }
        writer.batch(of: submission)
        writer.warnings(nonFinite, in: network)
        writer.endObject()
        writer.endLine()
        return .success(writer.takeAnswer())
    }

    /// The graph alone, as text to draw it from.
    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        if let rejection = submission.graphOfManyRejection(isAsked: true) { return .failure(rejection) }
        let pass = try submission.network.forward(
            inputs: submission.inputs,
            parameters: submission.parameters,
            keeping: Keeping(outputs: true, pullbacks: true),
            isCancelled: isCancelled
        )
        let loss = submission.evaluateLoss(at: pass.output)
        let gradients = try pass.backward(from: submission.cotangent(loss), isCancelled: isCancelled)
        if let rejection = submission.rejection(of: pass.nonFinite + gradients.nonFinite) { return .failure(rejection) }
        let graph = ComputationalGraph(submission, outputs: pass.outputs, loss: loss?.value, gradients: gradients)
        return .success(AnswerText(Array((form == .mermaid ? graph.mermaid : graph.graphviz).utf8)))
    }

    package static var responseSchema: JSONTree {
        let tensor = Schemas.reference("Tensor")
        let nullable: JSONTree = ["anyOf": [tensor, ["type": "null"]]]
        let values: [(String, JSONTree)] = [
            ("loss", Schemas.nullableNumber("The loss; null where none was given.")), ("output", tensor),
        ]
        let gradients: [(String, JSONTree)] = [
            (
                "input_gradients",
                Schemas.map("The gradient with respect to each network input; null for integers.", of: nullable)
            ),
            (
                "parameter_gradients",
                Schemas.map("The gradient with respect to each shared parameter, summed over its uses.", of: tensor)
            ),
            ("layers", Schemas.list("The layers in the network's order.", of: layerSchema(tensor, nullable))),
        ]
        let results = Schemas.list(
            "Where output_gradients is given: what each gives, in place of the members above.",
            of: [
                "type": "object", "title": "GradientsResult",
                "required": ["input_gradients", "parameter_gradients", "layers"],
                "properties": .members(gradients),
            ]
        )
        let others: [(String, JSONTree)] = [
            ("graph", Schemas.reference("Graph")),
            (
                "batch",
                [
                    "anyOf": [["type": "integer", "minimum": 1], ["type": "null"]],
                    "description": "The number of samples; null where the inputs have no batch dimension.",
                ]
            ),
            (
                "reduction",
                [
                    "anyOf": [["type": "string"], ["type": "null"]],
                    "description": "How the loss makes the samples one number; null where there is no loss.",
                ]
            ),
            (
                "couples_samples",
                Schemas.list(
                    "The layers that mix samples; where there are none the batch may be split and gradients added.",
                    of: ["type": "string"]
                )
            ),
            ("warnings", Schemas.warnings),
        ]
        return [
            "type": "object",
            "description": "The output and every gradient.",
            "required": ["loss", "output", "batch", "reduction", "couples_samples"],
            "properties": .members(values + gradients + [("results", results)] + others),
        ]
    }

    private static func layerSchema(_ tensor: JSONTree, _ nullable: JSONTree) -> JSONTree {
        [
            "type": "object",
            "title": "LayerGradients",
            "required": ["name", "type"],
            "properties": [
                "name": ["type": "string"],
                "type": ["type": "string"],
                "output": tensor,
                "gradients": [
                    "type": "object",
                    "title": "GradientsOfLayer",
                    "required": ["output"],
                    "properties": [
                        "output": tensor,
                        "inputs": Schemas.list("This layer's own contribution, for each input.", of: nullable),
                        "parameters": Schemas.map("For each learnable field.", of: tensor),
                    ],
                ],
            ],
        ]
    }
}

extension Submission {
    /// The rejection of a graph for many gradients at the output, of which it could show only one.
    fileprivate func graphOfManyRejection(isAsked: Bool) -> Rejection? {
        guard isAsked, outputGradients != nil else { return nil }
        return Rejection("a graph shows the gradients from one output_gradient", at: ["output_gradients"])
    }
}

extension JSONWriter {
    /// Writes what one backward pass gives, as members.
    fileprivate mutating func members<S: Scalar & TextScalar>(
        _ gradients: Gradients<S>,
        of pass: ForwardPass<S>,
        _ submission: Submission<S>
    ) {
        let (network, options) = (submission.network, submission.options)
        member("input_gradients")
        beginObject()
        for (input, gradient) in zip(network.inputs, gradients.inputs) where options.wantsInputs {
            name(input.name)
            optionalTensor(gradient, as: options.encoding)
        }
        endObject()
        member("parameter_gradients")
        beginObject()
        for (parameter, gradient) in zip(network.parameters, gradients.shared) where options.wantsParameters {
            guard case .shared(let shared) = parameter.owner else { continue }
            name(shared)
            tensor(gradient, as: options.encoding)
        }
        endObject()
        member("layers")
        beginArray()
        for index in submission.returnedLayers {
            beginLayer(network.steps[index])
            if options.returnsOutputs, let output = pass.outputs[index] {
                member("output")
                tensor(output, as: options.encoding)
            }
            if options.returnsGradients, let own = gradients.layers[index] {
                member("gradients")
                self.gradients(own, of: network.steps[index], options)
            }
            endObject()
        }
        endArray()
    }

    /// Begins the object of a layer with its name and type.
    mutating func beginLayer(_ step: Network.Step) {
        beginObject()
        member("name")
        string(step.name)
        member("type")
        string(step.type)
    }

    /// Writes a tensor, or `null` where there is none.
    mutating func optionalTensor<Element: TextScalar>(_ tensor: Tensor<Element>?, as form: TensorForm) {
        if let tensor { self.tensor(tensor, as: form) } else { null() }
    }

    /// Writes a number, or `null` where there is none.
    mutating func optionalNumber<Number: TextScalar>(_ number: Number?) {
        if let number { self.number(number) } else { null() }
    }

    /// Writes what says whether a batch may be split and the gradients added.
    fileprivate mutating func batch<S>(of submission: Submission<S>) {
        let batch = submission.network.batch(submission.loss)
        member("batch")
        if let size = batch.size { integer(size) } else { null() }
        member("reduction")
        if let reduction = submission.reduction { string(reduction) } else { null() }
        member("couples_samples")
        beginArray()
        for layer in batch.mixingLayers { string(submission.network.steps[layer].name) }
        endArray()
    }

    fileprivate mutating func gradients<S: Scalar & TextScalar>(
        _ gradients: Gradients<S>.OfLayer,
        of step: Network.Step,
        _ options: RequestOptions
    ) {
        beginObject()
        member("output")
        tensor(gradients.output, as: options.encoding)
        if options.wantsInputs {
            member("inputs")
            beginArray()
            for gradient in gradients.inputs { optionalTensor(gradient, as: options.encoding) }
            endArray()
        }
        if options.wantsParameters {
            member("parameters")
            beginObject()
            for (field, gradient) in zip(step.parameterFields, gradients.parameters) {
                guard let gradient else { continue }
                name(field)
                tensor(gradient, as: options.encoding)
            }
            endObject()
        }
        endObject()
    }
}
