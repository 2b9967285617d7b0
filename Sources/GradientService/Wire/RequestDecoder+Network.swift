import Backprop

extension RequestDecoder {
    /// Reads the network's members.
    mutating func readNetwork(_ pointer: JSONPointer) throws {
        var decoded = DecodedNetwork()
        defer { network = decoded }
        guard try reader.beginObject() else {
            decoded.hasLayers = false
            return try wrongKind("an object with layers", pointer)
        }
        var sawLayers = false
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            switch name {
            case "parameters": try readParameters(place, &decoded)
            case "layers":
                sawLayers = true
                try readLayers(place, &decoded)
            case "output":
                decoded.definition.output = try self.name(place)
                if decoded.definition.output == nil { decoded.hasFaultyOutput = true }
            default: try skipUnknown(name, place, among: ["layers", "parameters", "output"], of: "a network")
            }
        }
        if !sawLayers { faults.add(pointer.appending("layers"), "a network needs layers") }
    }

    private mutating func readParameters(_ pointer: JSONPointer, _ decoded: inout DecodedNetwork) throws {
        guard try reader.beginObject() else { return try wrongKind("an object of tensors by name", pointer) }
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            check(name: name.text, place)
            let value = try tensor(S.self, place)
            decoded.definition.parameters.append(.init(name.text, value?.tensor.shape))
            decoded.shared.append(value?.tensor)
        }
    }

    private mutating func readLayers(_ pointer: JSONPointer, _ decoded: inout DecodedNetwork) throws {
        guard try reader.beginArray() else { return try wrongKind("a list of layers", pointer) }
        decoded.hasLayers = true
        while try reader.nextElement() {
            let index = decoded.definition.layers.count
            guard index < limits.layers else {
                try faults.end(pointer, "a network has at most \(limits.layers) layers")
            }
            try readLayer(pointer.appending(index), &decoded)
        }
    }

    private mutating func readLayer(_ pointer: JSONPointer, _ decoded: inout DecodedNetwork) throws {
        var layer = LayerDefinition(nil)
        var own = FieldMap<Tensor<S>>()
        var fields = DecodedFields()
        if try reader.peek() == .object {
            let type = try declaredObject(
                pointer,
                .layer,
                fields: &fields,
                common: { decoder, name, place in try decoder.readCommon(name, place, &layer) },
                parameter: { decoder, field, place in
                    layer.parameters[field.name] = try decoder.parameter(field, place, &own)
                }
            )
            layer.type = type.flatMap { Catalogue.layer($0) }
        } else {
            try wrongKind("a layer, an object with a type", pointer)
            layer.name = .faulty
        }
        layer.fields = fields.values
        layer.faultyFields = fields.faulty
        decoded.definition.layers.append(layer)
        decoded.own.append(own)
        decoded.constants.append(fields.constants)
    }

    /// Reads a member that every layer has.
    private mutating func readCommon(
        _ name: JSONName,
        _ pointer: JSONPointer,
        _ layer: inout LayerDefinition
    ) throws -> Bool {
        switch name {
        case "name": layer.name = try self.name(pointer).map { .given($0) } ?? .faulty
        case "inputs": layer.inputs = try strings(pointer).map { .named($0) } ?? .faulty
        default: return false
        }
        return true
    }

    /// Reads a learnable field: a tensor, `{"parameter": "name"}`, or `null` for one that may be left out.
    private mutating func parameter(
        _ field: Field,
        _ pointer: JSONPointer,
        _ own: inout FieldMap<Tensor<S>>
    ) throws -> LayerDefinition.Parameter? {
        if !field.isRequired, try reader.null() { return nil }
        if try reader.peekFirstName() == "parameter" { return try sharedParameter(pointer) }
        guard let value = try tensor(S.self, pointer) else { return .faulty }
        own[field.name] = value.tensor
        return .own(value.tensor.shape)
    }

    private mutating func sharedParameter(_ pointer: JSONPointer) throws -> LayerDefinition.Parameter {
        _ = try reader.beginObject()
        var name: String?
        while let member = try reader.nextMember() {
            let place = pointer.appending(member)
            guard member == "parameter" else {
                try skipUnknown(member, place, among: ["parameter"], of: "a reference to a parameter")
                continue
            }
            name = try reader.string()
            if name == nil { try wrongKind("the name of a parameter", place) }
        }
        return name.map { .shared($0) } ?? .faulty
    }
}
