import Backprop

extension RequestDecoder {
    /// The stored model that the request names, if it names one and no network.
    func model(in library: ModelLibrary?) throws(Rejection) -> LoadedModel? {
        guard network == nil, let modelName else { return nil }
        guard let library else {
            throw Rejection("a model is named, and there is no model store here", at: ["model"])
        }
        return try library.model(named: modelName, at: ["model"])
    }

    /// Validates the request's inputs with a stored model and takes its network; `nil` where they are not its inputs.
    mutating func check(_ model: LoadedModel) throws -> NetworkCheck? {
        var decoded = model.network(as: S.self)
        let given = Dictionary(inputs.map { (JSONName($0.name), $0.pointer) }) { first, _ in first }
        let known = model.interface.inputs.map(\.name)
        var isComplete = true
        for name in known where given[JSONName(name)] == nil {
            faults.add(["inputs", .name(JSONName(name))], "the model has an input \(quoted(name)), which is missing")
            isComplete = false
        }
        for input in inputs where !known.contains(where: { JSONName($0) == JSONName(input.name) }) {
            let hint = Suggestion.hint(input.name, among: known)
            faults.add(input.pointer, "the model has no input called \(quoted(input.name))\(hint)")
            isComplete = false
        }
        decoded.definition.inputs = inputs.map { .init($0.name, $0.value?.tensor.shape) }
        network = decoded
        guard isComplete else { return nil }
        let check = model.check(decoded.definition.inputs, limits: limits.network)
        for fault in check.faults { note(fault, inModel: decoded.definition) }
        return check
    }

    /// Notes a fault that inputs have with a model's network: it lies in the inputs, since the network was valid.
    private mutating func note(_ fault: Fault, inModel definition: NetworkDefinition) {
        let pointer: JSONPointer =
            switch fault.place {
            case .input(let name), .inputElement(let name, _):
                inputs.first { JSONName($0.name) == JSONName(name) }?.pointer ?? ["inputs"]
            default: inputs.count == 1 ? inputs[0].pointer : ["inputs"]
            }
        var detail = fault.detail
        if let layer = fault.place.layer, layer < definition.layers.count {
            let name = definition.layerNames.first { $0.index == layer }?.name
            detail = "layer \(quoted(name ?? String(layer))) of the model: \(detail)"
        }
        faults.add(pointer, detail)
    }
}

extension Fault.Place {
    /// The position of the layer that the place is in.
    fileprivate var layer: Int? {
        switch self {
        case .layer(let index), .layerName(let index), .layerInputs(let index), .layerInput(let index, _),
            .field(let index, _), .fieldElement(let index, _, _), .parameterName(let index, _):
            index
        case .layers, .output, .input, .inputElement: nil
        }
    }
}
