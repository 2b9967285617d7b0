/// What validating a definition gives: the plan, or the faults; and the output's shape wherever it is known, so that
/// a loss can be checked even beside other faults.
public struct NetworkCheck: Sendable {
    /// The plan; `nil` where there are faults or holes.
    public let network: Network?
    /// All faults that could be found independently, in the order of the layers.
    public let faults: [Fault]
    /// The output's shape, if known.
    public let outputShape: Shape?
}

extension Network {
    /// Validates a definition: resolves names, makes the layers, finds every shape and the cost.
    public static func check(_ definition: NetworkDefinition, limits: NetworkLimits = NetworkLimits()) -> NetworkCheck {
        var validator = Validator(definition, limits)
        return validator.run()
    }
}

/// Walks over the layers once and collects what it finds.
private struct Validator {
    private let definition: NetworkDefinition
    private let limits: NetworkLimits
    private var faults: [Fault] = []

    /// What a name stands for; a layer is entered when it has been passed, so a later one is told apart.
    private var sources: [Name: Network.Source] = [:]
    private var inputIndices: [Name: Int] = [:]
    private var laterLayers: [Name: Int] = [:]
    private var shared: [Name: Int] = [:]
    private var shapes: [Shape?] = []
    private var layers: [(any Layer)?] = []
    private var resolvedInputs: [[Network.Source]?] = []
    private var resolvedParameters: [[Int?]] = []
    private var parameters: [Network.Parameter] = []
    /// Which inputs feed an embedding, and which anything else.
    private var feedsIndices: Set<Int> = []
    private var feedsReals: Set<Int> = []
    private var passedLimit = false

    init(_ definition: NetworkDefinition, _ limits: NetworkLimits) {
        self.definition = definition
        self.limits = limits
        for (index, input) in definition.inputs.enumerated() { inputIndices[Name(input.name)] = index }
        for (index, parameter) in definition.parameters.enumerated() {
            shared[Name(parameter.name)] = index
            parameters.append(.init(owner: .shared(parameter.name), shape: parameter.shape ?? []))
        }
        for (name, index) in inputIndices { sources[name] = .input(index) }
        for (index, layer) in definition.layers.enumerated() {
            guard let name = layer.effectiveName(at: index).map(Name.init) else { continue }
            if laterLayers[name] == nil { laterLayers[name] = index }
        }
    }

    mutating func run() -> NetworkCheck {
        if definition.layers.isEmpty { fault(.layers, "a network has at least one layer") }
        for index in definition.layers.indices where !passedLimit { visit(index) }
        let output = passedLimit ? nil : resolveOutput()
        return NetworkCheck(
            network: faults.isEmpty ? output.flatMap(assemble) : nil,
            faults: faults,
            outputShape: output.flatMap { shapes[$0] }
        )
    }

    private mutating func fault(_ place: Fault.Place, _ detail: String, isLimit: Bool = false) {
        faults.append(Fault(place, detail, isLimit: isLimit))
        if isLimit { passedLimit = true }
    }

    // MARK: One layer

    private mutating func visit(_ index: Int) {
        let layer = definition.layers[index]
        let inputs = resolveInputs(of: layer, at: index)
        let uses = resolveParameters(of: layer, at: index)
        let made = makeLayer(layer, at: index)
        var shape: Shape?
        if let made, let inputs, uses.areComplete {
            shape = self.shape(of: made, inputs, uses.shapes, at: index)
        } else if let made, let type = layer.type {
            // What does not hang on the missing parts is checked all the same.
            let unknown = [Shape?](repeating: nil, count: inputs?.count ?? arityCount(type))
            let known = inputs.map { $0.map(shape(of:)) } ?? unknown
            var operands = OperandShapes(inputs: known, parameters: uses.shapes)
            _ = made.shape(of: &operands)
            note(operands.faults, at: index)
        }
        layers.append(made)
        shapes.append(shape)
        resolvedInputs.append(inputs)
        resolvedParameters.append(uses.positions)
        enter(layer, at: index)
    }

    /// A number of inputs that the layer could have, where it is not known how many there are.
    private func arityCount(_ type: any Layer.Type) -> Int {
        switch type.arity {
        case .exactly(let count), .atLeast(let count): count
        case .oneOrThree: 1
        }
    }

    private mutating func enter(_ layer: LayerDefinition, at index: Int) {
        guard let text = layer.effectiveName(at: index) else { return }
        let name = Name(text)
        if let taken = sources[name] {
            switch taken {
            case .input: fault(.layerName(index), "\(quoted(text)) is the name of a network input")
            case .layer(let other):
                fault(.layerName(index), "\(quoted(text)) is the name of layer \(other) already; names are unique")
            }
        } else {
            sources[name] = .layer(index)
        }
    }

    private mutating func makeLayer(_ layer: LayerDefinition, at index: Int) -> (any Layer)? {
        guard let type = layer.type else { return nil }
        var values = FieldValues(defaultsOf: type.fields)
        var isComplete = layer.faultyFields.isEmpty
        for field in type.fields {
            if field.isParameter {
                if layer.parameters[field.name] != nil { values.noteParameter(field.name) }
            } else if let value = layer.fields[field.name] {
                values.set(field.name, value)
            } else if field.isRequired && !layer.faultyFields.contains(field.name) {
                fault(.field(layer: index, field.name), "\(type.type) needs \(field.name)")
                isComplete = false
            }
        }
        return isComplete ? type.init(values) : nil
    }

    // MARK: Operands

    private mutating func resolveInputs(of layer: LayerDefinition, at index: Int) -> [Network.Source]? {
        var found: [Network.Source]?
        switch layer.inputs {
        case .faulty: return nil
        case .named(let names): found = resolve(names, at: index)
        case .previous:
            if index > 0 {
                found = [.layer(index - 1)]
            } else if let input = inputIndices[Name("input")] {
                found = [.input(input)]
            } else {
                fault(.input("input"), "the first layer takes the network input called \"input\", and there is none")
                return nil
            }
        }
        guard let found, let type = layer.type else { return nil }
        guard type.arity.allows(found.count) else {
            fault(.layerInputs(index), "\(type.type) takes \(type.arity); it has \(found.count)")
            return nil
        }
        return noteKinds(found, of: type, at: index) ? found : nil
    }

    private mutating func resolve(_ names: [String?], at index: Int) -> [Network.Source]? {
        var found: [Network.Source] = []
        for (position, name) in names.enumerated() {
            guard let name else { continue }
            if let source = sources[Name(name)] {
                found.append(source)
            } else if let later = laterLayers[Name(name)] {
                let detail = later == index ? "the layer itself" : "layer \(later), which stands after this one"
                fault(
                    .layerInput(index, position),
                    "a layer uses only what stands before it; \(quoted(name)) is \(detail)"
                )
            } else {
                fault(.layerInput(index, position), "there is no layer or network input called \(quoted(name))")
            }
        }
        return found.count == names.count ? found : nil
    }

    /// Notes whether inputs are taken as indices or as real numbers: one input can't be both.
    private mutating func noteKinds(_ inputs: [Network.Source], of type: any Layer.Type, at index: Int) -> Bool {
        var isConsistent = true
        for (position, source) in inputs.enumerated() {
            switch (source, type.takesIndices) {
            case (.input(let input), true):
                feedsIndices.insert(input)
                if feedsReals.contains(input) { clash(input, at: index, position, &isConsistent) }
            case (.input(let input), false):
                feedsReals.insert(input)
                if feedsIndices.contains(input) { clash(input, at: index, position, &isConsistent) }
            case (.layer, true):
                fault(place(ofInput: position, at: index), "\(type.type) takes a network input of integers directly")
                isConsistent = false
            case (.layer, false): break
            }
        }
        return isConsistent
    }

    private mutating func clash(_ input: Int, at index: Int, _ position: Int, _ isConsistent: inout Bool) {
        let name = quoted(definition.inputs[input].name)
        fault(
            place(ofInput: position, at: index),
            "network input \(name) feeds an embedding, so it holds integers and can feed nothing else"
        )
        isConsistent = false
    }

    private func place(ofInput position: Int, at index: Int) -> Fault.Place {
        if case .named = definition.layers[index].inputs { .layerInput(index, position) } else { .layerInputs(index) }
    }

    private struct ParameterUses {
        var positions: [Int?] = []
        var shapes: [String: Shape] = [:]
        var areComplete = true
    }

    private mutating func resolveParameters(of layer: LayerDefinition, at index: Int) -> ParameterUses {
        var uses = ParameterUses()
        for field in layer.type?.fields ?? [] where field.isParameter {
            switch layer.parameters[field.name] {
            case nil:
                uses.positions.append(nil)
                guard field.isRequired, let type = layer.type else { break }
                fault(.field(layer: index, field.name), "\(type.type) needs \(field.name)")
                uses.areComplete = false
            case .own(let shape):
                uses.positions.append(parameters.count)
                uses.shapes[field.name] = shape
                parameters.append(.init(owner: .layer(index, field: field.name), shape: shape))
            case .shared(let name):
                let position = shared[Name(name)]
                uses.positions.append(position)
                uses.shapes[field.name] = position.flatMap { definition.parameters[$0].shape }
                if position == nil {
                    let place = Fault.Place.parameterName(layer: index, field.name)
                    fault(place, "there is no parameter called \(quoted(name))")
                }
                if field.isRequired && uses.shapes[field.name] == nil { uses.areComplete = false }
            case .faulty:
                uses.positions.append(nil)
                if field.isRequired { uses.areComplete = false }
            }
        }
        return uses
    }

    // MARK: Shapes

    private func shape(of source: Network.Source) -> Shape? {
        switch source {
        case .input(let index): definition.inputs[index].shape
        case .layer(let index): shapes[index]
        }
    }

    private mutating func shape(
        of layer: any Layer,
        _ inputs: [Network.Source],
        _ parameters: [String: Shape],
        at index: Int
    ) -> Shape? {
        var operands = OperandShapes(inputs: inputs.map(shape(of:)), parameters: parameters)
        let shape = layer.shape(of: &operands)
        note(operands.faults, at: index)
        guard let shape else { return nil }
        guard shape.rank <= limits.rank else {
            fault(.layer(index), "the output has \(shape.rank) dimensions; the limit is \(limits.rank)", isLimit: true)
            return nil
        }
        guard let count = shape.checkedCount, count <= limits.elements else {
            let figure = shape.checkedCount.map(String.init) ?? "more than 2^63"
            let detail = "the output \(shape) has \(figure) elements; the limit is \(limits.elements)"
            fault(.layer(index), detail, isLimit: true)
            return nil
        }
        return shape
    }

    private mutating func note(_ found: [OperandShapes.Fault], at index: Int) {
        for operandFault in found {
            let place: Fault.Place =
                switch operandFault.place {
                case .inputs: .layerInputs(index)
                case .field(let name): .field(layer: index, name)
                case .element(let name, let position): .fieldElement(layer: index, name, position)
                }
            fault(place, operandFault.detail)
        }
    }

    // MARK: The whole

    private mutating func resolveOutput() -> Int? {
        guard let name = definition.output else { return definition.layers.indices.last }
        if case .layer(let index) = sources[Name(name)] { return index }
        fault(.output, "there is no layer called \(quoted(name))")
        return nil
    }

    private func assemble(output: Int) -> Network? {
        let knownShapes = shapes.compactMap { $0 }
        let knownLayers = layers.compactMap { $0 }
        let knownInputs = resolvedInputs.compactMap { $0 }
        let inputShapes = definition.inputs.compactMap(\.shape)
        let count = definition.layers.count
        guard knownShapes.count == count, knownLayers.count == count, knownInputs.count == count else { return nil }
        guard inputShapes.count == definition.inputs.count else { return nil }
        guard definition.parameters.allSatisfy({ $0.shape != nil }) else { return nil }

        var reaches = [Bool](repeating: false, count: count)
        reaches[output] = true
        for index in (0...output).reversed() where reaches[index] {
            for case .layer(let source) in knownInputs[index] { reaches[source] = true }
        }
        let steps = (0..<count).map { index in
            Network.Step(
                name: definition.layers[index].effectiveName(at: index) ?? "",
                layer: knownLayers[index],
                inputs: knownInputs[index],
                parameters: resolvedParameters[index],
                shape: knownShapes[index],
                reachesOutput: reaches[index]
            )
        }
        let inputs = definition.inputs.enumerated().map { index, input in
            Network.Input(name: input.name, shape: inputShapes[index], isIndices: feedsIndices.contains(index))
        }
        return Network(inputs: inputs, parameters: parameters, steps: steps, output: output)
    }
}

/// A name in quotation marks, cut at 128 bytes.
public func quoted(_ name: String) -> String {
    guard name.utf8.count > 128 else { return "\"\(name)\"" }
    var cut = ""
    for scalar in name.unicodeScalars {
        guard cut.utf8.count + String(scalar).utf8.count <= 128 else { break }
        cut.unicodeScalars.append(scalar)
    }
    return "\"\(cut)…\""
}

extension Network {
    /// Assembles the plan and reckons its cost.
    fileprivate init(inputs: [Input], parameters: [Parameter], steps: [Step], output: Int) {
        let plan = Network(inputs: inputs, parameters: parameters, steps: steps, output: output, cost: Cost())
        self.init(inputs: inputs, parameters: parameters, steps: steps, output: output, cost: plan.reckonedCost())
    }

    /// All arithmetic is in floating point, which does not overflow.
    private func reckonedCost() -> Cost {
        var cost = Cost()
        func add(_ name: String, _ shape: Shape) {
            cost.elements += Double(shape.count)
            cost.nameBytes += name.utf8.count
        }
        for input in inputs { add(input.name, input.shape) }
        for parameter in parameters {
            if case .shared(let name) = parameter.owner { add(name, parameter.shape) } else { add("", parameter.shape) }
        }
        cost.givenElements = cost.elements
        for step in steps {
            let operands = operandShapes(of: step)
            let work = step.layer.work(operands: operands, output: step.shape)
            cost.forwardOperations += work.operations
            cost.elements += work.scratch
            add(step.name, step.shape)
            for shape in operands { add("", shape) }
        }
        return cost
    }
}
