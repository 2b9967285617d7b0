package import Backprop

/// `POST /v1/hvp`: the product of the loss's Hessian with a direction, exact.
package enum HVPOperation: Operation {
    package static let name = "hvp"
    package static let operationID = "computeHVP"
    package static let summary = "The product of the loss's Hessian with a direction, exact."
    package static let description = """
        Answers how fast the gradient with respect to the variables named in `tangents` moves as they all move along \
        them: one joint Hessian times the tangents, for the variables that were named. Without a loss it is the \
        Hessian of the output's entries, each times its `output_gradient`. `tangents` may also be a list, of which \
        each gets an entry in `results`.
        """
    package static let needs: Needs = [.cotangent, .tangents]
    package static let exampleRequests = ExampleRequests.directed

    /// Arithmetic on dual numbers takes about four times as long.
    package static func work<S>(_ submission: Submission<S>) -> Double {
        4 * submission.network.cost.gradientOperations * Double(max(submission.directions.count, 1))
    }

    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        submission.runsTogether(memory) ? memory(submission, on: Duals.self) : memory(submission, on: Dual.self)
    }

    private static func memory<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        on number: (some Scalar).Type
    ) -> MemoryNeed {
        let network = submission.network
        let demand = GradientDemand()
        let products = Double(submission.directions.count + 1) * submission.variableElements
        return submission.need(
            tensors: submission.lossBytes(on: number) + submission.guestBytes + submission.valueBytes
                + network.peakBytes(ofGradients: demand, keepingOutputs: false, on: number)
                + products * Double(MemoryLayout<Double>.stride),
            numbers: Double(submission.directions.count) * submission.variableElements,
            kept: Double(submission.directions.count) * submission.variableElements,
            layers: network.steps.count * submission.directions.count
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let network = submission.network
        var products: [HessianProduct] = []
        for group in submission.directionGroups(together: submission.runsTogether(memory)) {
            products += try self.products(submission, along: group, isCancelled)
        }
        let nonFinite = products.flatMap(\.nonFinite).firstOfEachPlace
        if let rejection = submission.rejection(of: nonFinite) { return .failure(rejection) }
        submission.timing?.hasComputed()
        var writer = submission.writer
        writer.beginObject()
        writer.name("loss")
        writer.optionalNumber(submission.loss == nil ? nil : products.first.map { S($0.value) })
        if submission.hasManyDirections {
            writer.name("results")
            writer.beginArray()
            for product in products {
                writer.beginObject()
                writer.product(product.product, submission)
                writer.endObject()
            }
            writer.endArray()
        } else {
            for product in products { writer.product(product.product, submission) }
        }
        writer.warnings(nonFinite, in: network)
        writer.endObject()
        writer.endLine()
        return .success(writer.takeAnswer())
    }

    /// The products with one direction, or with a few in one run.
    private static func products<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        along group: [VariableTensors<S>],
        _ isCancelled: () -> Bool
    ) throws(Cancelled) -> [HessianProduct] {
        let (network, inputs, parameters) = (submission.network, submission.inputs, submission.parameters)
        if group.count > 1 {
            return try network.hessianProducts(
                inputs: inputs,
                parameters: parameters,
                of: submission.objective,
                alongEach: group,
                isCancelled: isCancelled
            )
        }
        let product = try network.hessianProduct(
            inputs: inputs,
            parameters: parameters,
            of: submission.objective,
            along: group[0],
            isCancelled: isCancelled
        )
        return [product]
    }

    package static var responseSchema: JSONTree {
        let byName = Schemas.map("By name.", of: Schemas.reference("Tensor"))
        let hvp: JSONTree = [
            "type": "object",
            "title": "HessianProduct",
            "description": "The product for each variable that tangents names.",
            "required": ["inputs", "parameters", "layers"],
            "properties": [
                "inputs": byName,
                "parameters": byName,
                "layers": Schemas.map("By the layer's name and the field's.", of: byName),
            ],
        ]
        let result: JSONTree = [
            "type": "object", "title": "HVPResult", "required": ["hvp"], "properties": ["hvp": hvp],
        ]
        return [
            "type": "object",
            "description": "The loss, and its Hessian times the tangents.",
            "required": ["loss"],
            "properties": [
                "loss": Schemas.nullableNumber("The loss; null where none was given."),
                "hvp": hvp,
                "results": Schemas.list("Where tangents is a list: what each gives.", of: result),
                "warnings": Schemas.warnings,
            ],
        ]
    }
}

extension JSONWriter {
    /// Writes a product as a member.
    fileprivate mutating func product<S: Scalar & TextScalar>(
        _ product: VariableTensors<Double>,
        _ submission: Submission<S>
    ) {
        let network = submission.network
        let tensor = { (writer: inout JSONWriter, tensor: Tensor<Double>) in
            writer.tensor(tensor.map { S($0) }, as: submission.options.encoding)
        }
        name("hvp")
        beginObject()
        name("inputs")
        beginObject()
        for (input, entry) in zip(network.inputs, product.inputs) {
            guard let entry else { continue }
            name(input.name)
            tensor(&self, entry)
        }
        endObject()
        name("parameters")
        beginObject()
        for (parameter, entry) in zip(network.parameters, product.parameters) {
            guard let entry, case .shared(let shared) = parameter.owner else { continue }
            name(shared)
            tensor(&self, entry)
        }
        endObject()
        name("layers")
        beginObject()
        for step in network.steps {
            let fields = zip(step.parameterFields, step.parameters).compactMap { field, position in
                // A shared parameter's product is not a layer's own.
                position.flatMap { $0 < network.sharedCount ? nil : product.parameters[$0] }.map { (field, $0) }
            }
            if fields.isEmpty { continue }
            name(step.name)
            beginObject()
            for (field, entry) in fields {
                name(field)
                tensor(&self, entry)
            }
            endObject()
        }
        endObject()
        endObject()
    }
}
