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
        submission.runsTogether(memory) ? memory(submission, on: Duals.self) : memory(submission, on: Dual.self)
    }

    private static func memory<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        on number: (some Scalar).Type
    ) -> MemoryNeed {
        let (network, layers) = (submission.network, submission.returnedLayers)
        let keeping = Keeping(outputs: submission.options.returnsOutputs, pullbacks: false)
        let outputs = submission.options.returnsOutputs ? submission.outputElements(layers) : 0
        let widest = network.steps.reduce(0.0) { max($0, Double($1.shape.count)) }
        return submission.need(
            // A part of the duals is taken out of them for each tensor that is written.
            tensors: submission.guestBytes + submission.valueBytes
                + network.peakBytes(ofForward: keeping, on: number) + submission.lossBytes(on: number)
                + widest * Double(MemoryLayout<S>.stride),
            numbers: Double(network.outputShape.count)
                + Double(submission.directions.count) * (Double(network.outputShape.count) + outputs),
            kept: Double(network.outputShape.count)
                + Double(submission.directions.count) * (Double(network.outputShape.count) + outputs),
            layers: layers.count * submission.directions.count
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        var writer = submission.writer
        writer.beginObject()
        var isFirst = true
        var nonFinite: [NonFinite] = []
        for group in submission.directionGroups(together: submission.runsTogether(memory)) {
            submission.timing?.hasWritten()
            let run = try run(submission, along: group, isCancelled)
            nonFinite = (nonFinite + run.nonFinite).firstOfEachPlace
            submission.timing?.hasComputed()
            if isFirst {
                // The values are the same along every direction.
                writer.name("output")
                writer.tensor(run.output, as: submission.options.encoding)
                if let loss = run.loss {
                    writer.name("loss")
                    writer.number(loss)
                }
                if submission.hasManyDirections {
                    writer.name("results")
                    writer.beginArray()
                }
                isFirst = false
            }
            for tangents in run.tangents {
                if submission.hasManyDirections { writer.beginObject() }
                writer.tangents(tangents, submission)
                if submission.hasManyDirections { writer.endObject() }
            }
        }
        if let rejection = submission.rejection(of: nonFinite) { return .failure(rejection) }
        if submission.hasManyDirections { writer.endArray() }
        writer.warnings(nonFinite, in: submission.network)
        writer.endObject()
        writer.endLine()
        return .success(writer.takeAnswer())
    }

    /// Runs the network along one direction, or along a few at once.
    private static func run<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        along group: [VariableTensors<S>],
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> JVPRun<S> {
        let (network, inputs, parameters) = (submission.network, submission.inputs, submission.parameters)
        let keeping = Keeping(outputs: submission.options.returnsOutputs, pullbacks: false)
        if group.count == 1 {
            let pass = try network.forward(
                inputs: inputs,
                parameters: parameters,
                along: group[0],
                keeping: keeping,
                isCancelled: isCancelled
            )
            let loss = submission.loss.map { Dual.entries.loss($0, pass.output).value }
            return JVPRun(
                output: S.converting(pass.output.values),
                loss: loss.map { S($0.value) },
                tangents: [
                    .init(ofOutput: S.converting(pass.output.tangents), ofLoss: loss.map { S($0.tangent) }) { index in
                        pass.outputs[index].map { S.converting($0.tangents) }
                    }
                ],
                nonFinite: pass.nonFinite
            )
        }
        let pass = try network.forward(
            inputs: inputs,
            parameters: parameters,
            alongEach: group,
            keeping: keeping,
            isCancelled: isCancelled
        )
        let loss = submission.loss.map { Duals.entries.loss($0, pass.output).value }
        return JVPRun(
            output: S.converting(pass.output.values),
            loss: loss.map { S($0.value) },
            tangents: group.indices.map { lane in
                .init(
                    ofOutput: S.converting(pass.output.tangents(along: lane)),
                    ofLoss: loss.map { S($0.tangents[lane]) }
                ) { index in
                    pass.outputs[index].map { S.converting($0.tangents(along: lane)) }
                }
            },
            nonFinite: pass.nonFinite
        )
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

/// What a run along one direction, or along a few at once, has found.
private struct JVPRun<S: Scalar> {
    /// What moves along one direction.
    struct Tangents {
        let ofOutput: Tensor<S>
        let ofLoss: S?
        /// That of a layer's output, where it was kept.
        let ofLayer: (Int) -> Tensor<S>?

        init(ofOutput: Tensor<S>, ofLoss: S?, ofLayer: @escaping (Int) -> Tensor<S>?) {
            self.ofOutput = ofOutput
            self.ofLoss = ofLoss
            self.ofLayer = ofLayer
        }
    }

    let output: Tensor<S>
    let loss: S?
    let tangents: [Tangents]
    let nonFinite: [NonFinite]
}

extension JSONWriter {
    /// Writes the members that differ from direction to direction.
    fileprivate mutating func tangents<S: Scalar & TextScalar>(
        _ tangents: JVPRun<S>.Tangents,
        _ submission: Submission<S>
    ) {
        let options = submission.options
        name("output_tangent")
        tensor(tangents.ofOutput, as: options.encoding)
        if let loss = tangents.ofLoss {
            name("loss_tangent")
            number(loss)
        }
        name("layers")
        beginArray()
        for index in submission.returnedLayers {
            beginLayer(submission.network.steps[index])
            if options.returnsOutputs, let tangent = tangents.ofLayer(index) {
                name("output_tangent")
                tensor(tangent, as: options.encoding)
            }
            endObject()
        }
        endArray()
    }
}
