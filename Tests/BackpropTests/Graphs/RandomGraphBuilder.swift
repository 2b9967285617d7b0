import Backprop

/// Puts a ``RandomGraph`` together, layer by layer; what makes numbers or slopes that differences can't follow is taken
/// back and something else is tried.
struct RandomGraphBuilder {
    /// Layers of one graph.
    static let layerCounts = 3...25

    private let seed: Int
    private var random: SplitMix
    private var definition = NetworkDefinition(inputs: [], layers: [])
    private var inputs: [Tensor<Double>] = []
    private var sharedValues: [Tensor<Double>] = []
    /// Each layer's own parameters, by field.
    private var ownValues: [[String: Tensor<Double>]] = []
    /// The shapes of the layers' outputs.
    private var shapes: [Shape] = []
    /// Layers with parameters that stood before, which may be repeated with the same ones.
    private var repeatable: [(type: any Layer.Type, example: LayerExample)] = []

    init(seed: Int) {
        self.seed = seed
        random = SplitMix(state: UInt64(seed) &* 0x5851_F42D_4C95_7F2D &+ 11)
    }

    mutating func build() throws -> RandomGraph {
        let target = Int.random(in: Self.layerCounts, using: &random)
        addInput(randomShape(), named: "input")
        for _ in 0..<Int.random(in: 0...2, using: &random) { addInput(randomShape(), named: nil) }
        while shapes.count < target { try addLayer(room: target - shapes.count) }
        // Mostly one of the last, so that much of the graph matters.
        let output =
            chance(0.7) ? shapes.count - 1 : Int.random(in: shapes.count / 2..<shapes.count, using: &random)
        definition.output = name(ofLayer: output)
        let graph = try graph(nil, Objective(weights: .probe(shapes[output], seed: seed)))
        return try chance(0.5) ? withLoss(graph) : graph
    }

    // MARK: Layers

    /// Adds one layer, with those that bring its inputs into shape, of at most `room` in all.
    private mutating func addLayer(room: Int) throws {
        let before = self
        for _ in 0..<200 {
            random = SplitMix(state: random.next())
            var attempt = before
            attempt.random = random
            if try attempt.tryLayer(), attempt.shapes.count - before.shapes.count <= room, try attempt.isTame() {
                self = attempt
                return
            }
        }
        fatalError("nothing fits graph \(seed)")
    }

    private mutating func tryLayer() throws -> Bool {
        var type = Catalogue.layers[Int.random(in: Catalogue.layers.indices, using: &random)]
        var example = type.examples[Int.random(in: type.examples.indices, using: &random)]
        if chance(0.2), let (again, known) = repeatable.randomElement(using: &random) {
            (type, example) = (again, known)
        }
        var layer = LayerDefinition(type, fields: example.fields)
        var own: [String: Tensor<Double>] = [:]
        for (field, value) in example.parameters.sorted(by: { $0.key < $1.key }) {
            layer.parameters[field] = parameter(value, of: field, &own)
        }
        if !example.parameters.isEmpty { repeatable.append((type, example)) }
        if !type.takesIndices, try addAsItFits(layer, own, inputCount: example.inputs.count) { return true }
        var names: [String?] = []
        for input in example.inputs {
            names.append(type.takesIndices ? indices(input) : try source(of: input.shape, positive: input.isPositive))
        }
        layer.inputs = .named(names)
        return try append(layer, own)
    }

    /// Puts the layer onto what is there, where that has shapes it takes.
    private mutating func addAsItFits(
        _ layer: LayerDefinition,
        _ own: [String: Tensor<Double>],
        inputCount: Int
    ) throws -> Bool {
        for _ in 0..<6 {
            var layer = layer
            if inputCount == 1, !shapes.isEmpty, chance(0.5) {
                layer.inputs = .previous
            } else {
                layer.inputs = .named((0..<inputCount).map { _ in anySource() })
            }
            if chance(0.3) { layer.name = .given("layer \(shapes.count)") }
            if try append(layer, own) { return true }
        }
        return false
    }

    /// Adds a layer if it fits, and gives whether it does.
    private mutating func append(_ layer: LayerDefinition, _ own: [String: Tensor<Double>]) throws -> Bool {
        var longer = definition
        longer.layers.append(layer)
        guard let shape = Network.check(longer).network?.outputShape, (1...200).contains(shape.count) else {
            return false
        }
        definition = longer
        shapes.append(shape)
        ownValues.append(own)
        return true
    }

    /// Whether values are of a size that differences can follow, and derivatives as well at every layer between: of
    /// large ones that cancel out, as behind the normalisation of equal numbers, rounding would be all that is left.
    private func isTame() throws -> Bool {
        let graph = try graph(nil, Objective(weights: Tensor(shape: shapes[shapes.count - 1], repeating: 1)))
        let pass = try graph.forward(along: graph.direction(seed: 1)).pass
        let isTame = pass.outputs.allSatisfy { output in
            output?.elements.allSatisfy { abs($0.value) < 20 && abs($0.tangent) < 100 } ?? true
        }
        guard isTame else { return false }
        return try graph.gradients().layers.allSatisfy { gradients in
            let tensors = (gradients?.inputs ?? []) + (gradients?.parameters ?? [])
            return tensors.allSatisfy { $0?.elements.allSatisfy { abs($0) < 1000 } ?? true }
        }
    }

    // MARK: Operands

    /// A layer's own parameter, or a shared one of its shape.
    private mutating func parameter(
        _ value: Tensor<Double>,
        of field: String,
        _ own: inout [String: Tensor<Double>]
    ) -> LayerDefinition.Parameter {
        let shared = definition.parameters.filter { $0.shape == value.shape }
        if chance(0.6), let known = shared.randomElement(using: &random) { return .shared(known.name) }
        guard chance(0.3) else {
            own[field] = value
            return .own(value.shape)
        }
        let name = "shared \(definition.parameters.count)"
        definition.parameters.append(.init(name, value.shape))
        sharedValues.append(value)
        return .shared(name)
    }

    /// A real tensor of the given shape: one that is there, one brought into shape, or a new input.
    private mutating func source(of shape: Shape, positive: Bool) throws -> String {
        var fitting = shapes.indices.filter { shapes[$0] == shape }.map(name(ofLayer:))
        fitting += realInputs.filter { inputs[$0].shape == shape }.map { definition.inputs[$0].name }
        if !positive, chance(0.7), let name = fitting.randomElement(using: &random) { return name }
        guard !shapes.isEmpty, chance(0.7) else {
            let value = positive ? Tensor<Double>.probe(shape, seed: inputs.count).map { abs($0) + 0.1 } : nil
            return addInput(shape, named: nil, value)
        }
        return try brought(to: shape, positive: positive)
    }

    /// Layers that bring what is there into a shape.
    private mutating func brought(to shape: Shape, positive: Bool) throws -> String {
        let from = anySource()
        let count = elementCount(of: from)
        func add(_ type: String, _ fields: [String: FieldValue], _ builder: inout RandomGraphBuilder) throws {
            let inputs: LayerDefinition.Inputs = .named([builder.bringing ?? from])
            guard try builder.append(LayerDefinition(type, fields: fields, inputs: inputs), [:]) else {
                fatalError("\(type) fits any shape")
            }
            builder.bringing = builder.name(ofLayer: builder.shapes.count - 1)
        }
        bringing = nil
        if count != shape.count {
            if count * shape.count <= 60 {
                try add("reshape", ["shape": .integers([count])], &self)
                let weight = Tensor<Double>.probe([shape.count, count], seed: shapes.count)
                let linear = LayerDefinition(
                    "linear",
                    parameters: ["weight": .own(weight.shape)],
                    inputs: .named([bringing])
                )
                guard try append(linear, ["weight": weight]) else { fatalError("the weight was made to fit") }
                bringing = name(ofLayer: shapes.count - 1)
            } else {
                try add("reshape", ["shape": .integers([1, 1, count])], &self)
                try add("adaptive_avg_pool2d", ["output_size": .integers([1, shape.count])], &self)
            }
        }
        try add("reshape", ["shape": .integers(shape.dimensions)], &self)
        if positive { try add("sigmoid", [:], &self) }
        return name(ofLayer: shapes.count - 1)
    }

    /// The last of the layers that bring a tensor into shape.
    private var bringing: String?

    /// A network input that holds these indices.
    private mutating func indices(_ value: Tensor<Double>) -> String {
        definition.inputs.append(.init("indices \(inputs.count)", value.shape))
        inputs.append(value)
        return definition.inputs[inputs.count - 1].name
    }

    @discardableResult private mutating func addInput(
        _ shape: Shape,
        named name: String?,
        _ value: Tensor<Double>? = nil
    ) -> String {
        let name = name ?? "input \(inputs.count)"
        definition.inputs.append(.init(name, shape))
        inputs.append(value ?? Tensor.probe(shape, seed: 1000 * seed + inputs.count).map { 2 * $0 })
        return name
    }

    private var realInputs: [Int] {
        inputs.indices.filter { !definition.inputs[$0].name.hasPrefix("indices") }
    }

    /// A network input or an earlier layer, one of the last more likely.
    private mutating func anySource() -> String {
        if shapes.isEmpty || chance(0.15), let input = realInputs.randomElement(using: &random) {
            return definition.inputs[input].name
        }
        let first = chance(0.7) ? max(0, shapes.count - 3) : 0
        return name(ofLayer: Int.random(in: first..<shapes.count, using: &random))
    }

    private func elementCount(of name: String) -> Int {
        if let input = definition.inputs.firstIndex(where: { $0.name == name }) { return inputs[input].count }
        return shapes.indices.first { self.name(ofLayer: $0) == name }.map { shapes[$0].count } ?? 0
    }

    private func name(ofLayer index: Int) -> String {
        definition.layerNames.first { $0.index == index }?.name ?? ""
    }

    private mutating func randomShape() -> Shape {
        Shape((0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 1...4, using: &random) })
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    // MARK: The whole

    /// The graph under a loss of its output, brought into the shape of one of the loss's examples, if that is tame.
    private mutating func withLoss(_ graph: RandomGraph) throws -> RandomGraph {
        for _ in 0..<20 {
            var attempt = self
            attempt.random = SplitMix(state: random.next())
            if let found = try attempt.tryLoss() { return found }
        }
        return graph
    }

    private mutating func tryLoss() throws -> RandomGraph? {
        let type = Catalogue.losses[Int.random(in: Catalogue.losses.indices, using: &random)]
        let example = type.examples[Int.random(in: type.examples.indices, using: &random)]
        let last = try brought(to: example.output.shape, positive: example.output.elements.allSatisfy { $0 > 0 })
        guard shapes.count <= Self.layerCounts.upperBound else { return nil }
        definition.output = last
        var values = FieldValues(defaultsOf: type.fields)
        for (name, value) in example.fields { values.set(name, value) }
        let graph = try graph(type.type, Objective(type.init(values)))
        let objective = try graph.forward(along: graph.direction(seed: 2)).objective
        return abs(objective.value) < 100 && abs(objective.tangent) < 1000 ? graph : nil
    }

    private func graph(_ lossType: String?, _ objective: Objective) throws -> RandomGraph {
        let check = Network.check(definition)
        guard let network = check.network else { throw OneLayer.Faults(faults: check.faults) }
        let parameters = network.parameters.enumerated().map { index, parameter in
            switch parameter.owner {
            case .shared: sharedValues[index]
            case .layer(let layer, let field): ownValues[layer][field] ?? Tensor(0)
            }
        }
        return RandomGraph(
            seed: seed,
            network: network,
            inputs: inputs,
            parameters: parameters,
            lossType: lossType,
            objective: objective,
            layers: definition.layers
        )
    }
}

extension Tensor<Double> {
    fileprivate var isPositive: Bool { elements.allSatisfy { $0 > 0 } }
}
