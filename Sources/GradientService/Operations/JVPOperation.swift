package import Backprop

/// `POST /v1/jvp`: forward mode, the derivative of every output along a direction.
package enum JVPOperation: Operation {
    package static let name = "jvp"
    package static let operationID = "computeJVP"
    package static let summary = "Forward mode: the derivative of every output along a direction."
    package static let description = """
        Moves the inputs and parameters along `tangents` and answers how fast every layer's output, and the loss if \
        there is one, moves with them: the Jacobian-vector product. What has no tangent stays where it is. `tangents` \
        may also be a list, of which each gets an entry in `results`.
        """
    package static let needs: Needs = .tangents
    package static let exampleRequests = ExampleRequests.directed

    /// Arithmetic on dual numbers takes about four times as long.
    package static func work<S>(_ submission: Submission<S>) -> Double {
        4 * submission.network.cost.forwardOperations * Double(max(submission.directions.count, 1))
    }

    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        let (network, layers) = (submission.network, submission.returnedLayers)
        let keeping = Keeping(outputs: submission.options.returnsOutputs, pullbacks: false)
        let outputs = submission.options.returnsOutputs ? submission.outputElements(layers) : 0
        let widest = network.steps.reduce(0.0) { max($0, Double($1.shape.count)) }
        return submission.need(
            // A part of the duals is taken out of them for each tensor that is written.
            tensors: submission.guestBytes + submission.valueBytes
                + network.peakBytes(ofForward: keeping, on: Dual.self) + submission.lossBytes(on: Dual.self)
                + widest * Double(MemoryLayout<S>.stride),
            numbers: Double(network.outputShape.count)
                + Double(submission.directions.count) * (Double(network.outputShape.count) + outputs),
            layers: layers.count * submission.directions.count
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let options = submission.options
        let keeping = Keeping(outputs: options.returnsOutputs, pullbacks: false)
        var writer = submission.writer
        writer.beginObject()
        var isFirst = true
        var nonFinite: [NonFinite] = []
        for direction in submission.directions {
            submission.timing?.hasWritten()
            let pass = try submission.network.forward(
                inputs: submission.inputs,
                parameters: submission.parameters,
                along: direction,
                keeping: keeping,
                isCancelled: isCancelled
            )
            nonFinite = (nonFinite + pass.nonFinite).firstOfEachPlace
            let loss = submission.loss.map { Dual.entries.loss($0, pass.output).value }
            submission.timing?.hasComputed()
            if isFirst {
                // The values are the same along every direction.
                writer.name("output")
                writer.tensor(S.rounding(pass.output, \.value), as: options.encoding)
                if let loss {
                    writer.name("loss")
                    writer.number(S(loss.value))
                }
                if submission.hasManyDirections {
                    writer.name("results")
                    writer.beginArray()
                }
                isFirst = false
            }
            if submission.hasManyDirections { writer.beginObject() }
            writer.tangents(of: pass, loss, submission)
            if submission.hasManyDirections { writer.endObject() }
        }
        if let rejection = submission.rejection(of: nonFinite) { return .failure(rejection) }
        if submission.hasManyDirections { writer.endArray() }
        writer.warnings(nonFinite, in: submission.network)
        writer.endObject()
        writer.endLine()
        return .success(writer.take())
    }

    package static var responseSchema: JSONTree {
        let tangents: [(String, JSONTree)] = [
            ("output_tangent", Schemas.reference("Tensor")),
            ("loss_tangent", Schemas.number),
            (
                "layers",
                Schemas.list(
                    "The layers in the network's order.",
                    of: [
                        "type": "object",
                        "title": "LayerTangent",
                        "required": ["name", "type"],
                        "properties": [
                            "name": ["type": "string"], "type": ["type": "string"],
                            "output_tangent": Schemas.reference("Tensor"),
                        ],
                    ]
                )
            ),
        ]
        let result: JSONTree = [
            "type": "object", "title": "JVPResult", "required": ["output_tangent", "layers"],
            "properties": .members(tangents),
        ]
        let values: [(String, JSONTree)] = [
            ("output", Schemas.reference("Tensor")), ("loss", Schemas.number),
        ]
        let results = Schemas.list("Where tangents is a list: what each gives.", of: result)
        return [
            "type": "object",
            "description": "The output and what moves with the tangents.",
            "required": ["output"],
            "properties": .members(values + tangents + [("results", results), ("warnings", Schemas.warnings)]),
        ]
    }
}

extension JSONWriter {
    /// Writes the members that differ from direction to direction.
    fileprivate mutating func tangents<S: Scalar & TextScalar>(
        of pass: ForwardPass<Dual>,
        _ loss: Dual?,
        _ submission: Submission<S>
    ) {
        let options = submission.options
        name("output_tangent")
        tensor(S.rounding(pass.output, \.tangent), as: options.encoding)
        if let loss {
            name("loss_tangent")
            number(S(loss.tangent))
        }
        name("layers")
        beginArray()
        for index in submission.returnedLayers {
            beginLayer(submission.network.steps[index])
            if options.returnsOutputs, let output = pass.outputs[index] {
                name("output_tangent")
                tensor(S.rounding(output, \.tangent), as: options.encoding)
            }
            endObject()
        }
        endArray()
    }
}

extension Scalar {
    /// One part of dual numbers, rounded to this type.
    static func rounding(_ duals: Tensor<Dual>, _ part: (Dual) -> Double) -> Tensor<Self> {
        duals.map { Self(part($0)) }
    }
}
