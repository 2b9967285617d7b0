import Backprop

extension ReferenceCase.Plan {
    /// The answer to `/v1/jvp`.
    func tangents() throws -> JSON {
        let pass = try forwardAlongTangents()
        let layers = zip(network.steps, pass.outputs).map { step, output in
            JSON.object([
                "name": .string(step.name), "type": .string(step.type),
                "output_tangent": output.map { JSON($0.map(\.tangent)) } ?? .null,
            ])
        }
        var response: [String: JSON] = [
            "output": JSON(pass.output.map(\.value)), "output_tangent": JSON(pass.output.map(\.tangent)),
            "layers": .array(layers),
        ]
        if let loss = try loss(at: pass.output) {
            response["loss"] = JSON(loss.value.value)
            response["loss_tangent"] = JSON(loss.value.tangent)
        }
        return .object(response)
    }

    /// The answer to `/v1/hvp`.
    func hessianProduct() throws -> JSON {
        let pass = try forwardAlongTangents()
        let loss = try loss(at: pass.output)
        let gradients = try pass.backward(from: loss?.gradient() ?? outputGradient.map { Dual($0) })
        var layers: [String: JSON] = [:]
        for (step, own) in zip(network.steps, gradients.layers) {
            layers[step.name] = named(step.parameterFields, own?.parameters.map { $0?.map(\.tangent) } ?? [])
        }
        return .object([
            "loss": loss.map { JSON($0.value.value) } ?? .null,
            "hvp": .object([
                "inputs": named(network.inputs.map(\.name), gradients.inputs.map { $0?.map(\.tangent) }),
                "parameters": named(sharedNames, gradients.shared.map { $0.map(\.tangent) }),
                "layers": .object(layers),
            ]),
        ])
    }

    private func forwardAlongTangents() throws -> ForwardPass<Dual> {
        let tangents = request["tangents"]
        let lift = { (value: Tensor<Double>, tangent: JSON?) in
            tangent.map { value.lifted(along: $0.tensor) } ?? value.map { Dual($0) }
        }
        return try network.forward(
            inputs: zip(network.inputs, inputs).map { lift($1, tangents?["inputs"]?[$0.name]) },
            parameters: zip(network.parameters, parameters).map { parameter, value in
                switch parameter.owner {
                case .shared(let name): lift(value, tangents?["parameters"]?[name])
                case .layer(let index, let field):
                    lift(value, tangents?["layers"]?[network.steps[index].name]?[field])
                }
            },
            keeping: Keeping(outputs: true, pullbacks: true)
        )
    }
}
