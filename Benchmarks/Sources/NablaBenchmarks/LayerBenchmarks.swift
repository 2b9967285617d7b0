import Backprop

/// Every layer of the catalogue, forward and backward.
enum LayerBenchmarks: BenchmarkSuite {
    static let name = "layers"
    static let abstract = "Every layer of the catalogue, forward and backward."

    static func run(_ report: Report) throws {
        for type in Catalogue.layers {
            try measure(type, Float.self, report)
            try measure(type, Double.self, report)
        }
    }

    private static func measure<S: Scalar>(_ type: any Layer.Type, _: S.Type, _ report: Report) throws {
        let group = "Layers"
        let names = ["\(type.type), \(S.self)", "gradient of \(type.type), \(S.self)"]
        guard names.contains(where: { report.wants(group, $0) }) else { return }
        let layer = try LayerAtWork<S>(type)
        let timings = report.stopwatch.time([{ layer.forward() }, { layer.backward() }])
        for (name, timing) in zip(names, timings) {
            report.add(
                Figure(
                    group: group,
                    name: name,
                    unit: "µs",
                    best: timing.best / 1e3,
                    median: timing.median / 1e3,
                    note: layer.description
                )
            )
        }
    }
}

/// A layer with operands to run it at.
struct LayerAtWork<S: Scalar> {
    private let layer: any Layer
    private let operands: Operands<S>
    private let evaluation: Evaluation<S>
    private let cotangent: Tensor<S>
    /// The operands' shapes.
    let description: String

    /// What is wrong with an example.
    struct Faults: Error { let faults: [Fault] }

    /// Makes a layer at a size such as networks have, or at the size of its own first example.
    init(_ type: any Layer.Type) throws {
        if let size = LayerSize(of: type), let sized = try? LayerAtWork(type, size.example(of: type)) {
            self = sized
        } else {
            // One that is new: as large as its first dimension alone makes it.
            let larger = try? LayerAtWork(type, LayerSize.example(of: type, firstDimensionTimes: 256))
            self = try larger ?? LayerAtWork(type, type.examples[0])
        }
    }

    private init(_ type: any Layer.Type, _ example: LayerExample) throws {
        let names = example.inputs.indices.map { "x\($0)" }
        let definition = NetworkDefinition(
            inputs: zip(names, example.inputs).map { .init($0, $1.shape) },
            layers: [
                LayerDefinition(
                    type,
                    fields: example.fields,
                    parameters: example.parameters.mapValues { .own($0.shape) },
                    inputs: .named(names)
                )
            ]
        )
        let check = Network.check(definition)
        guard let step = check.network?.steps.first else { throw Faults(faults: check.faults) }
        let parameters = step.parameterFields.map { example.parameters[$0] }
        layer = step.layer
        operands = Operands(
            inputCount: names.count,
            tensors: (example.inputs.map { $0 } + parameters).map { $0.map(S.converting) }
        )
        evaluation = S.entries.layer(layer, operands)
        var generator = Seeded(7)
        cotangent = generator.normals(evaluation.value.shape)
        description = operands.tensors.map { $0?.shape.description ?? "-" }.joined(separator: " ")
    }

    /// The entries of the output.
    var entries: Int { cotangent.count }

    /// Computes the value and what is kept for the gradients.
    func forward() { use(S.entries.layer(layer, operands).value.elements.last) }

    /// Computes all gradients.
    func backward() { use(evaluation.pullback(cotangent, .all).last??.elements.last) }
}
