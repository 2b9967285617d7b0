package import Backprop

/// Tensors given by the name of what they belong to: tangents, or gradients that a client claims.
package struct NamedTensors<Element: TextScalar>: Sendable {
    /// A tensor under its name, with the place where it stands in the body.
    package struct Entry: Sendable {
        /// The name.
        package let name: JSONName
        /// The tensor; `nil` where it has a fault.
        package let value: Tensor<Element>?
        /// Where it stands in the body.
        package let pointer: JSONPointer
    }

    /// The fields of one layer.
    package struct Layer: Sendable {
        /// The layer's name.
        package let name: JSONName
        /// Its fields.
        package var fields: [Entry] = []
        /// Where it stands in the body.
        package let pointer: JSONPointer
    }

    /// Network inputs.
    package var inputs: [Entry] = []
    /// Shared parameters.
    package var parameters: [Entry] = []
    /// Layers' own fields.
    package var layers: [Layer] = []
}

/// How a member that holds named tensors is written, and what its tensors are called in messages.
struct NamedTensorsForm: Sendable {
    /// The member that holds network inputs' tensors; `nil` where there are none.
    let inputs: String?
    /// The member that holds shared parameters' tensors.
    let parameters: String
    /// What one of the tensors is called.
    let noun: String

    /// Directions.
    static let tangents = NamedTensorsForm(inputs: "inputs", parameters: "parameters", noun: "tangent")
    /// Parameters of a model that a request replaces for itself.
    static let overrides = NamedTensorsForm(inputs: nil, parameters: "parameters", noun: "override")
    /// Gradients that a client claims.
    static let claimed = NamedTensorsForm(
        inputs: "input_gradients",
        parameters: "parameter_gradients",
        noun: "claimed gradient"
    )

    /// The members there are.
    var members: [String] { [inputs, parameters, "layers"].compactMap(\.self) }
}

extension RequestDecoder {
    /// Reads tensors by the names of what they belong to; that there is such a thing is checked later, by an operation
    /// that has a use for them.
    mutating func namedTensors<Element: TextScalar>(
        _ form: NamedTensorsForm,
        of element: Element.Type,
        _ pointer: JSONPointer
    ) throws -> NamedTensors<Element>? {
        guard try reader.beginObject() else {
            try wrongKind("an object with \(form.members.joined(separator: ", "))", pointer)
            return nil
        }
        var named = NamedTensors<Element>()
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            switch name.text {
            case form.inputs: named.inputs = try entries(place)
            case form.parameters: named.parameters = try entries(place)
            case "layers": named.layers = try layers(place)
            default: try skipUnknown(name, place, among: form.members, of: "an object of \(form.noun)s")
            }
        }
        return named
    }

    private mutating func entries<Element: TextScalar>(
        _ pointer: JSONPointer
    ) throws -> [NamedTensors<Element>.Entry] {
        guard try reader.beginObject() else {
            try wrongKind("an object of tensors by name", pointer)
            return []
        }
        var entries: [NamedTensors<Element>.Entry] = []
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            entries.append(.init(name: name, value: try tensor(Element.self, place)?.tensor, pointer: place))
        }
        return entries
    }

    private mutating func layers<Element: TextScalar>(_ pointer: JSONPointer) throws -> [NamedTensors<Element>.Layer] {
        guard try reader.beginObject() else {
            try wrongKind("an object of layers by name", pointer)
            return []
        }
        var layers: [NamedTensors<Element>.Layer] = []
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            layers.append(.init(name: name, fields: try entries(place), pointer: place))
        }
        return layers
    }
}
