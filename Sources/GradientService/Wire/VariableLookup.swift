import Backprop

/// Finds a network's variables by the names that a request gives them.
///
/// It goes by the definition as far as that could be read, so that a name is checked even where the network has faults
/// elsewhere.
struct VariableLookup {
    /// What a name leads to.
    enum Finding {
        /// A variable, of this shape if that is known; its position is known where there is a plan.
        case found(Variable?, Shape?)
        /// No variable that a tensor can be given for.
        case fault(String)
        /// Nothing that could be said beside a fault of the network's own.
        case unknown
    }

    private let definition: NetworkDefinition
    private let network: Network?
    private let hasInputs: Bool
    /// What one of the tensors is called, and the member that holds those of shared parameters.
    private let form: NamedTensorsForm
    private let inputs: [JSONName: Int]
    private let parameters: [JSONName: Int]
    private let layers: [JSONName: Int]

    /// Makes a lookup.
    ///
    /// - Parameters:
    ///   - definition: The network as it was read.
    ///   - network: The plan, if there are no faults.
    ///   - hasInputs: Whether the inputs could be read.
    ///   - form: What is looked up, for messages.
    init(_ definition: NetworkDefinition, _ network: Network?, hasInputs: Bool, _ form: NamedTensorsForm) {
        self.definition = definition
        self.network = network
        self.hasInputs = hasInputs
        self.form = form
        func positions(_ names: some Sequence<(String, Int)>) -> [JSONName: Int] {
            Dictionary(names.map { (JSONName($0), $1) }) { first, _ in first }
        }
        inputs = positions(definition.inputs.enumerated().map { ($1.name, $0) })
        parameters = positions(definition.parameters.enumerated().map { ($1.name, $0) })
        layers = positions(definition.layerNames.map { ($0.name, $0.index) })
    }

    /// The network input of the given name.
    func input(_ name: JSONName) -> Finding {
        guard hasInputs else { return .unknown }
        guard let index = inputs[name] else {
            return .fault(missing("network input", name, definition.inputs.map(\.name)))
        }
        if network?.inputs[index].isIndices == true {
            return .fault("network input \(name.quoted) holds integers, so there is no \(form.noun) for it")
        }
        return .found(.input(index), definition.inputs[index].shape)
    }

    /// The shared parameter of the given name.
    func parameter(_ name: JSONName) -> Finding {
        guard let index = parameters[name] else {
            return .fault(missing("shared parameter", name, definition.parameters.map(\.name)))
        }
        return .found(.parameter(index), definition.parameters[index].shape)
    }

    /// The position of the layer of the given name.
    func layer(_ name: JSONName) -> Int? { layers[name] }

    /// That there is no layer of the given name, in words.
    func missingLayer(_ name: JSONName) -> String { missing("layer", name, definition.layerNames.map(\.name)) }

    /// A layer's own field of the given name.
    func field(_ name: JSONName, ofLayer index: Int) -> Finding {
        let layer = definition.layers[index]
        guard let type = layer.type else { return .unknown }
        let learnable = type.fields.filter(\.isParameter).map(\.name)
        guard let field = learnable.first(where: { JSONName($0) == name }) else {
            let hint = Suggestion.hint(name.text, among: learnable)
            return .fault("layer \"\(type.type)\" has no learnable field \(name.quoted)\(hint)")
        }
        switch layer.parameters[field] {
        case nil: return .fault("the layer was given no \(field), so there is no \(form.noun) for it")
        case .faulty: return .unknown
        case .shared(let shared):
            let place = "\(form.parameters), under \(quoted(shared))"
            return .fault("\(field) is a shared parameter here; its \(form.noun) stands in \(place)")
        case .own(let shape):
            let slot = network?.steps[index].parameterFields.firstIndex(of: field)
            let position = slot.flatMap { network?.steps[index].parameters[$0] }
            return .found(position.map(Variable.parameter), shape)
        }
    }

    private func missing(_ kind: String, _ name: JSONName, _ known: [String]) -> String {
        "there is no \(kind) called \(name.quoted)" + Suggestion.hint(name.text, among: known)
    }
}

extension RequestDecoder {
    /// Finds the variables that tensors are given for and checks the tensors' shapes, noting faults.
    ///
    /// - Parameters:
    ///   - named: The tensors by name.
    ///   - form: What they are.
    ///   - network: The plan, if there are no faults.
    /// - Returns: The tensors by variable; `nil` without a plan.
    mutating func resolve<Element: TextScalar>(
        _ named: NamedTensors<Element>,
        _ form: NamedTensorsForm,
        in network: Network?
    ) -> VariableTensors<Element>? {
        guard let decoded = self.network, decoded.hasLayers else { return nil }
        let lookup = VariableLookup(decoded.definition, network, hasInputs: inputForm != .missing, form)
        var tensors = network.map { VariableTensors<Element>(of: $0) }
        for entry in named.inputs { place(entry, lookup.input(entry.name), form, in: &tensors) }
        for entry in named.parameters { place(entry, lookup.parameter(entry.name), form, in: &tensors) }
        for layer in named.layers {
            guard let index = lookup.layer(layer.name) else {
                faults.add(layer.pointer, lookup.missingLayer(layer.name))
                continue
            }
            for entry in layer.fields { place(entry, lookup.field(entry.name, ofLayer: index), form, in: &tensors) }
        }
        return tensors
    }

    private mutating func place<Element: TextScalar>(
        _ entry: NamedTensors<Element>.Entry,
        _ finding: VariableLookup.Finding,
        _ form: NamedTensorsForm,
        in tensors: inout VariableTensors<Element>?
    ) {
        switch finding {
        case .unknown: break
        case .fault(let detail): faults.add(entry.pointer, detail)
        case .found(let variable, let shape):
            if let shape, let given = entry.value?.shape, given != shape {
                let detail = "\(entry.name.text.cut(toBytes: 128)) is \(shape), and so must its \(form.noun) be"
                faults.add(entry.pointer, "\(detail); it is \(given)")
            } else if let variable {
                tensors?[variable] = entry.value
            }
        }
    }
}
