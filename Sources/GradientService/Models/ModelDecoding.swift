import Backprop
import HTTPServer

/// An input of a model as it is declared: the shape of one example.
struct DeclaredInput: Sendable {
    let name: String
    /// `nil` where it has a fault.
    let shape: Shape?
    /// Whether it is said to hold indices; `nil` where nothing is said.
    let isIndices: Bool?
    let pointer: JSONPointer
}

/// A model as it was read and validated.
struct DecodedModel {
    /// The network, its inputs those of one example as it is run.
    let network: RequestDecoder<Double>.DecodedNetwork
    /// What is to be stored.
    let document: ModelDocument
    /// Every tensor, in the order of the document's text, where that has been read.
    let tensors: [RecordedTensor]
    /// How it looks from outside.
    let interface: ModelInterface
}

extension DecodedModel {
    /// Reads and validates what a client puts.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - limits: The bounds.
    /// - Throws: What is wrong: 400 for what is not JSON, 422 with the places for what is not a valid model.
    init(_ body: [UInt8], limits: RequestLimits) throws(Rejection) {
        self = try DecodedModel.decode(body, weights: nil, limits: limits)
    }

    /// Reads what is stored.
    ///
    /// - Parameters:
    ///   - stored: The model.
    ///   - limits: The bounds.
    /// - Throws: ``StoreError`` where it is not what was stored once.
    init(_ stored: StoredModel, limits: RequestLimits) throws(StoreError) {
        do throws(Rejection) {
            self = try DecodedModel.decode(stored.document, weights: stored.weights, limits: limits)
        } catch {
            throw .failed("the stored model \(stored.record.name) can't be read: \(error.detail)")
        }
    }

    private static func decode(
        _ body: [UInt8],
        weights: [UInt8]?,
        limits: RequestLimits
    ) throws(Rejection) -> DecodedModel {
        var decoder = RequestDecoder<Double>(body, limits: limits)
        decoder.recordings = []
        decoder.storedWeights = weights
        do {
            let parts = try decoder.readModel()
            let model = try decoder.validateModel(parts, of: body)
            if let model, decoder.faults.isEmpty { return model }
        } catch let error as JSONSyntaxError {
            throw Rejection(error)
        } catch let error as StoreError {
            throw Rejection(500, "\(error)")
        } catch is FaultList.LimitPassed {
            throw Rejection(decoder.faults)
        } catch {
            preconditionFailure("decoding throws nothing else")
        }
        throw Rejection(decoder.faults)
    }
}

/// The members of a model's body as they were read.
private struct ModelParts {
    var inputs: [DeclaredInput]?
    var members: [(name: String, range: Range<Int>)] = []
}

extension RequestDecoder where S == Double {
    /// Reads the whole body.
    fileprivate mutating func readModel() throws -> ModelParts {
        var parts = ModelParts()
        guard try reader.beginObject() else {
            let kind = try reader.peek()
            try reader.finish()
            faults.add([], "a model is an object with network and inputs; it is \(kind.described)")
            return parts
        }
        while let name = try reader.nextMember() {
            let pointer: JSONPointer = [.name(name)]
            let start = try reader.startOfValue()
            switch name {
            case "network": try readNetwork(pointer)
            case "inputs": parts.inputs = try readDeclaredInputs(pointer)
            case "description": if try reader.string() == nil { try wrongKind("a text", pointer) }
            default:
                try skipUnknown(name, pointer, among: ["network", "inputs", "description"], of: "a model")
                continue
            }
            parts.members.append((name.text, start..<reader.position))
        }
        try reader.finish()
        if network == nil { faults.add(["network"], "a model needs a network") }
        if parts.inputs == nil, !parts.members.contains(where: { $0.name == "inputs" }) {
            faults.add(["inputs"], "a model needs its inputs with their shapes, those of one example")
        }
        return parts
    }

    private mutating func readDeclaredInputs(_ pointer: JSONPointer) throws -> [DeclaredInput]? {
        guard try reader.beginObject() else {
            try wrongKind("an object of inputs by name", pointer)
            return nil
        }
        var inputs: [DeclaredInput] = []
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            check(name: name.text, place)
            if name.text.utf8.contains(UInt8(ascii: ".")) {
                faults.add(place, "an input of a model has no dot in its name")
            }
            inputs.append(try readDeclaredInput(name.text, place))
        }
        if inputs.isEmpty { faults.add(pointer, "a model has at least one input") }
        return inputs
    }

    private mutating func readDeclaredInput(_ name: String, _ pointer: JSONPointer) throws -> DeclaredInput {
        var shape: Shape?
        var dtype: String?
        guard try reader.beginObject() else {
            try wrongKind("an object with a shape", pointer)
            return DeclaredInput(name: name, shape: nil, isIndices: nil, pointer: pointer)
        }
        var hasShape = false
        while let member = try reader.nextMember() {
            let place = pointer.appending(member)
            switch member {
            case "shape":
                hasShape = true
                shape = try readShape(place)
            case "dtype": dtype = try word(of: ["float64", "int64"], place)
            default: try skipUnknown(member, place, among: ["shape", "dtype"], of: "an input")
            }
        }
        if !hasShape { faults.add(pointer.appending("shape"), "an input needs the shape of one example") }
        return DeclaredInput(name: name, shape: shape, isIndices: dtype.map { $0 == "int64" }, pointer: pointer)
    }

    private mutating func readShape(_ pointer: JSONPointer) throws -> Shape? {
        guard try reader.beginArray() else {
            try wrongKind("a list of lengths", pointer)
            return nil
        }
        var lengths: [Int] = []
        var position = 0
        var isWhole = true
        while try reader.nextElement() {
            let place = pointer.appending(position)
            position += 1
            guard position <= limits.rank else {
                try faults.end(pointer, limits.tensor.rankFault.detail)
            }
            guard let number = try reader.number() else {
                try wrongKind("a length", place)
                isWhole = false
                continue
            }
            guard let length = number.integer, length > 0 else {
                faults.add(place, "a length is an integer from 1 on; it is \(number.literal)")
                isWhole = false
                continue
            }
            lengths.append(length)
        }
        guard isWhole else { return nil }
        if let fault = limits.tensor.fault(of: Shape(lengths)) { try faults.add(fault, under: pointer) }
        return faults.isEmpty || Shape(lengths).checkedCount != nil ? Shape(lengths) : nil
    }

    // MARK: Validation

    /// Validates what was read with the shapes of one example; `nil` where faults were noted.
    fileprivate mutating func validateModel(_ parts: ModelParts, of body: [UInt8]) throws -> DecodedModel? {
        guard var decoded = network, decoded.hasLayers, let inputs = parts.inputs, !inputs.isEmpty else { return nil }
        let batched = decoded.definition.check(inputs, batch: 1, limits)
        let isBatched = batched.network != nil
        let outputOfTwo = isBatched ? decoded.definition.check(inputs, batch: 2, limits).outputShape : nil
        let check = isBatched ? batched : decoded.definition.check(inputs, batch: nil, limits)
        decoded.definition.inputs = NetworkDefinition.named(inputs, batch: isBatched ? 1 : nil)
        network = decoded
        for fault in check.faults { try note(fault, in: decoded) }
        if let other = batched.faults.first, !check.faults.contains(where: { $0.saysTheSame(as: other) }) {
            // What keeps a network from running on a batch may be what is wrong with it.
            faults.add(["inputs"], "with a batch dimension of 1 before each shape: \(other.detail)")
        }
        guard let plan = check.network else { return nil }

        for (input, resolved) in zip(inputs, plan.inputs) {
            guard let isIndices = input.isIndices, isIndices != resolved.isIndices else { continue }
            let detail =
                resolved.isIndices
                ? "an embedding takes \(quoted(input.name)), so it holds indices: int64"
                : "no embedding takes \(quoted(input.name)), so it does not hold indices: float64"
            faults.add(input.pointer.appending("dtype"), detail)
        }
        let interface = ModelInterface(plan, inputs: inputs.map(\.shape), isBatched: isBatched, outputOfTwo)
        checkNames(interface, plan)
        guard faults.isEmpty else { return nil }
        let tensors = recordings ?? []
        let isStored = storedWeights != nil
        return DecodedModel(
            network: decoded,
            document: isStored ? ModelDocument() : ModelDocument(body, members: parts.members, tensors: tensors),
            tensors: tensors.sorted { $0.range.lowerBound < $1.range.lowerBound },
            interface: interface
        )
    }

    /// Notes parameters whose names, as other protocols have them, are taken or hold a dot.
    private mutating func checkNames(_ interface: ModelInterface, _ plan: Network) {
        var taken = Set(interface.inputs.map { JSONName($0.name) })
        for (variable, parameter) in zip(interface.parameters, plan.parameters) {
            let pointer: JSONPointer =
                switch parameter.owner {
                case .shared(let name): ["network", "parameters", .name(JSONName(name))]
                case .layer(let index, let field): ["network", "layers", .index(index), .name(JSONName(field))]
                }
            if variable.name.utf8.contains(UInt8(ascii: ".")) {
                faults.add(pointer, "a parameter of a model has no dot in its name; it is \(quoted(variable.name))")
            } else if !taken.insert(JSONName(variable.name)).inserted {
                faults.add(pointer, "\(quoted(variable.name)) is the name of another input or parameter of the model")
            }
        }
    }
}

extension NetworkDefinition {
    /// Inputs as a definition has them, with a batch dimension of a length before each or without one.
    fileprivate static func named(_ inputs: [DeclaredInput], batch: Int?) -> [NamedShape] {
        let before = Shape(batch.map { [$0] } ?? [])
        return inputs.map { NamedShape($0.name, $0.shape.map { before + $0 }) }
    }

    /// Validates the definition with declared inputs.
    fileprivate func check(_ inputs: [DeclaredInput], batch: Int?, _ limits: RequestLimits) -> NetworkCheck {
        var definition = self
        definition.inputs = NetworkDefinition.named(inputs, batch: batch)
        return Network.check(definition, limits: limits.network)
    }
}

extension Fault {
    /// Whether it is the same fault of the same layer, found with other shapes.
    fileprivate func saysTheSame(as other: Fault) -> Bool {
        place == other.place && detail.filter(\.isLetter) == other.detail.filter(\.isLetter)
    }
}

extension ModelDocument {
    /// A document of nothing, where only what is stored was read.
    fileprivate init() {}
}
