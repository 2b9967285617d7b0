package import Backprop

/// `POST /v1/forward`: the forward pass alone.
package enum ForwardOperation: Operation {
    package static let name = "forward"
    package static let operationID = "computeForward"
    package static let summary = "The output of every layer."
    package static let description = "Runs the network forward. It needs neither a loss nor an `output_gradient`."
    package static let needs: Needs = []
    package static let exampleRequests = ExampleRequests.all

    package static func work<S>(_ submission: Submission<S>) -> Double { submission.network.cost.forwardOperations }

    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        if let need = submission.smallNeed(runs: 1) { return need }
        let keeping = Keeping(outputs: submission.options.returnsOutputs, pullbacks: false)
        let layers = submission.returnedLayers
        return submission.need(
            tensors: submission.guestBytes + submission.network.peakBytes(ofForward: keeping, on: S.self)
                + submission.lossBytes(on: S.self),
            numbers: Double(submission.network.outputShape.count)
                + (submission.options.returnsOutputs ? submission.outputElements(layers) : 0),
            kept: 0,
            layers: layers.count
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let (network, options) = (submission.network, submission.options)
        let pass = try network.forward(
            inputs: submission.inputs,
            parameters: submission.parameters,
            keeping: Keeping(outputs: options.returnsOutputs, pullbacks: false),
            isCancelled: isCancelled
        )
        if let rejection = submission.rejection(of: pass.nonFinite) { return .failure(rejection) }
        submission.timing?.hasComputed()
        var writer = submission.writer
        writer.beginObject()
        writer.name("loss")
        writer.optionalNumber(submission.evaluateLoss(at: pass.output)?.value)
        writer.name("output")
        writer.tensor(pass.output, as: options.encoding)
        writer.name("layers")
        writer.beginArray()
        for index in submission.returnedLayers {
            writer.beginLayer(network.steps[index])
            if options.returnsOutputs, let output = pass.outputs[index] {
                writer.name("output")
                writer.tensor(output, as: options.encoding)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.warnings(pass.nonFinite, in: network)
        writer.endObject()
        writer.endLine()
        return .success(writer.takeAnswer())
    }

    package static var responseSchema: JSONTree {
        [
            "type": "object",
            "description": "The output of the network and of every layer.",
            "required": ["loss", "output", "layers"],
            "properties": [
                "loss": Schemas.nullableNumber("The loss; null where none was given."),
                "output": Schemas.reference("Tensor"),
                "layers": Schemas.list(
                    "The layers in the network's order.",
                    of: [
                        "type": "object",
                        "title": "LayerOutput",
                        "required": ["name", "type"],
                        "properties": [
                            "name": ["type": "string"], "type": ["type": "string"],
                            "output": Schemas.reference("Tensor"),
                        ],
                    ]
                ),
                "warnings": Schemas.warnings,
            ],
        ]
    }
}
