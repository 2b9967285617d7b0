import Backprop
import Foundation
import Testing

/// A case computed by an independent engine in float64: a request in the form of the HTTP contract and the answer.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let request: JSON
    let expected: JSON
    let endpoint: String
    let tolerance: Tolerance

    var testDescription: String { name }

    /// All cases of passes in either direction that ask for plain nested float64 tensors.
    static let all: [ReferenceCase] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/cases")
        let folders = ["corners", "graphs", "layers", "lecture", "losses", "modes", "real", "ties"]
        return folders.flatMap { folder in
            let files = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
            return files.sorted().compactMap { (file: String) -> ReferenceCase? in
                guard let json = try? JSON(reading: root.appending(path: "\(folder)/\(file)")) else { return nil }
                return ReferenceCase("\(folder)/\(file.dropLast(5))", json)
            }
        }
    }()

    /// Those whose layers and loss are all in the catalogue.
    static let covered = all.filter { $0.missingTypes.isEmpty }

    private init?(_ name: String, _ json: JSON) {
        let endpoints = ["/v1/gradients", "/v1/forward", "/v1/jvp", "/v1/hvp"]
        guard let endpoint = json["endpoint"]?.text, endpoints.contains(endpoint),
            let request = json["request"], let expected = json["expect"]?["response"]
        else { return nil }
        self.name = name
        self.endpoint = endpoint
        self.request = request
        self.expected = expected
        tolerance = Tolerance(
            absolute: json["tolerance"]?["absolute"]?.number ?? 1e-11,
            relative: json["tolerance"]?["relative"]?.number ?? 1e-9
        )
    }

    private var layers: [JSON] { request["network"]?["layers"]?.items ?? [] }

    /// The types that the catalogue does not have.
    var missingTypes: [String] {
        layers.compactMap { $0["type"]?.text }.filter { Catalogue.layer($0) == nil }
            + [request["loss"]?["type"]?.text].compactMap { $0 }.filter { Catalogue.loss($0) == nil }
    }
}

@Suite struct ReferenceTests {
    @Test(arguments: ReferenceCase.covered)
    func `results agree with an independent engine`(_ reference: ReferenceCase) throws {
        let response = try reference.run()
        if let difference = reference.expected.difference(from: response, reference.tolerance) {
            Issue.record("\(difference)")
        }
    }

    @Test func `the cases are found`() { #expect(ReferenceCase.all.count > 200) }

    /// The comparison itself: a number beyond its tolerance, a missing member, another length.
    @Test func `a difference is noticed`() throws {
        let tolerance = Tolerance(absolute: 1e-11, relative: 1e-9)
        let vector = { (numbers: Double...) in JSON(Tensor(shape: [numbers.count], elements: numbers)) }
        #expect(vector(1, 2).difference(from: vector(1, 2 + 1e-9), tolerance) == nil)
        #expect(vector(1, 2).difference(from: vector(1, 2 + 1e-8), tolerance)?.hasPrefix("$[1]") == true)
        #expect(vector(1, 2).difference(from: vector(1), tolerance) != nil)
        #expect(vector(.nan).difference(from: vector(.nan), tolerance) == nil)
        #expect(vector(.nan).difference(from: vector(0), tolerance) != nil)
        #expect(vector(.infinity).difference(from: vector(-.infinity), tolerance) != nil)
        let object = JSON.object(["a": vector(1)])
        #expect(object.difference(from: .object([:]), tolerance) == "$.a: missing")
    }
}

// MARK: - Running a case

extension ReferenceCase {
    /// The answer, as far as cases expect it.
    func run() throws -> JSON {
        let plan = try Plan(self)
        return switch endpoint {
        case "/v1/jvp": try plan.tangents()
        case "/v1/hvp": try plan.hessianProduct()
        default: try plan.gradients(isForward: endpoint == "/v1/forward")
        }
    }

    /// A case's network with its values.
    struct Plan {
        let request: JSON
        let network: Network
        let inputs: [Tensor<Double>]
        let parameters: [Tensor<Double>]

        init(_ reference: ReferenceCase) throws {
            request = reference.request
            let layers = reference.layers
            let inputs = request["input"].map { ["input": $0] } ?? request["inputs"]?.members ?? [:]
            let shared = request["network"]?["parameters"]?.members ?? [:]
            let definition = NetworkDefinition(
                inputs: inputs.keys.sorted().map { .init($0, inputs[$0]?.tensor.shape) },
                parameters: shared.keys.sorted().map { .init($0, shared[$0]?.tensor.shape) },
                layers: try layers.map(layerDefinition),
                output: request["network"]?["output"]?.text
            )
            let check = Network.check(definition)
            network = try #require(check.network, "\(check.faults)")
            self.inputs = network.inputs.compactMap { inputs[$0.name]?.tensor }
            parameters = try network.parameters.map { parameter in
                switch parameter.owner {
                case .shared(let name): try #require(shared[name]).tensor
                case .layer(let index, let field): try #require(layers[index][field]).tensor
                }
            }
        }

        func loss<S: Scalar>(at output: Tensor<S>) throws -> LossEvaluation<S>? {
            guard let loss = request["loss"] else { return nil }
            return S.entries.loss(try made(loss, for: output.shape), output)
        }

        var outputGradient: Tensor<Double> {
            request["output_gradient"]?.tensor ?? Tensor(shape: network.outputShape, repeating: 1)
        }
    }
}

extension ReferenceCase.Plan {
    /// The answer to `/v1/forward` or `/v1/gradients`.
    func gradients(isForward: Bool) throws -> JSON {
        let keeping = Keeping(outputs: true, pullbacks: !isForward)
        let pass = try network.forward(inputs: inputs, parameters: parameters, keeping: keeping)
        let loss = try loss(at: pass.output)
        var response: [String: JSON] = ["loss": loss.map { JSON($0.value) } ?? .null, "output": JSON(pass.output)]
        let gradients = isForward ? nil : try pass.backward(from: loss?.gradient() ?? outputGradient)
        if let gradients {
            response["input_gradients"] = named(network.inputs.map(\.name), gradients.inputs)
            response["parameter_gradients"] = named(sharedNames, gradients.shared)
        }
        response["layers"] = .array(
            layersWanted.map { index in
                let step = network.steps[index]
                var members: [String: JSON] = ["name": .string(step.name), "type": .string(step.type)]
                members["output"] = pass.outputs[index].map { JSON($0) }
                if let own = gradients?.layers[index] {
                    let given = zip(step.parameterFields, own.parameters).filter { $1 != nil }
                    members["gradients"] = .object([
                        "output": JSON(own.output),
                        "inputs": .array(own.inputs.map { $0.map { JSON($0) } ?? .null }),
                        "parameters": named(given.map(\.0), given.map(\.1)),
                    ])
                }
                return .object(members)
            }
        )
        return .object(response)
    }

    var sharedNames: [String] {
        network.parameters.compactMap { if case .shared(let name) = $0.owner { name } else { nil } }
    }

    private var layersWanted: [Int] {
        let wanted = request["layers"]?.items.compactMap(\.text)
        return network.steps.indices.filter { wanted?.contains(network.steps[$0].name) ?? true }
    }
}

func named(_ names: [String], _ tensors: [Tensor<Double>?]) -> JSON {
    .object(Dictionary(uniqueKeysWithValues: zip(names, tensors.map { $0.map { JSON($0) } ?? .null })))
}

// MARK: - Reading a case by the catalogue's declarations

private func layerDefinition(_ layer: JSON) throws -> LayerDefinition {
    let type = try #require(layer["type"]?.text.flatMap(Catalogue.layer))
    var definition = LayerDefinition(type)
    if let name = layer["name"]?.text { definition.name = .given(name) }
    if let inputs = layer["inputs"] { definition.inputs = .named(inputs.items.map(\.text)) }
    for field in type.fields {
        guard let value = layer[field.name] else { continue }
        if field.isParameter {
            let name = value["parameter"]?.text
            definition.parameters[field.name] = name.map { .shared($0) } ?? .own(value.tensor.shape)
        } else {
            let parsed: FieldValue = try #require(fieldValue(value, field.kind))
            definition.fields[field.name] = parsed
        }
    }
    let unknown = Set(layer.members.keys).subtracting(["name", "type", "inputs"] + type.fields.map(\.name))
    try #require(unknown.isEmpty, "\(type.type) does not know \(unknown)")
    return definition
}

/// The loss that a case describes, if it fits an output of this shape.
private func made(_ loss: JSON, for output: Shape) throws -> any Loss {
    let type = try #require(loss["type"]?.text.flatMap(Catalogue.loss))
    var values = FieldValues(defaultsOf: type.fields)
    for field in type.fields {
        guard let value = loss[field.name] else { continue }
        let parsed: FieldValue = try #require(fieldValue(value, field.kind))
        values.set(field.name, parsed)
    }
    let unknown = Set(loss.members.keys).subtracting(["type"] + type.fields.map(\.name))
    try #require(unknown.isEmpty, "\(type.type) does not know \(unknown)")
    let made = type.init(values)
    var faults: [OperandShapes.Fault] = []
    made.check(output: output, faults: &faults)
    try #require(faults.isEmpty, "\(faults)")
    return made
}

private func fieldValue(_ value: JSON, _ kind: Field.Kind) -> FieldValue? {
    switch kind {
    case .parameter: nil
    case .constant: .constant(value.tensor)
    case .number(let range): value.number.flatMap { range.contains($0) ? .number($0) : nil }
    case .integer: value.number.flatMap { Int(exactly: $0) }.map { .integers([$0]) }
    case .integers(let count, _): integers(value, count: count)
    case .integersOrChoice(let count, _, let choices): choice(value, choices) ?? integers(value, count: count)
    case .flag: value.number.map { .flag($0 != 0) }
    case .choice(let choices): choice(value, choices)
    }
}

private func choice(_ value: JSON, _ choices: [String]) -> FieldValue? {
    value.text.flatMap { choices.contains($0) ? .choice($0) : nil }
}

private func integers(_ value: JSON, count: Int?) -> FieldValue? {
    if let single = value.number.flatMap({ Int(exactly: $0) }) {
        return .integers([Int](repeating: single, count: count ?? 1))
    }
    let list = value.items.compactMap { $0.number.flatMap { Int(exactly: $0) } }
    return list.count == value.items.count ? .integers(list) : nil
}
