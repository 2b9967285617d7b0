import Backprop

/// Reads a request's body in one pass: numbers go straight into tensors, faults are collected with their places.
///
/// Numbers are read as `S`. Which type the request asks for is known only when its `dtype` member has been seen, so
/// ``AnySubmission`` reads once more where that comes late and differs from what was guessed.
struct RequestDecoder<S: Scalar & TextScalar>: ~Copyable {
    var reader: JSONReader
    var faults = FaultList()
    let limits: RequestLimits

    var options = RequestOptions()
    var network: DecodedNetwork?
    var hasModel = false
    var modelName: String?
    var overrides: NamedTensors<S>?
    var inputs: [DecodedInput] = []
    var inputForm = InputForm.missing
    var loss: DecodedFields?
    var lossType: (any Loss.Type)?
    var hasLoss = false
    var outputGradient: WrittenTensor<S>?
    var hasOutputGradient = false
    var outputGradients: DecodedCotangents?
    var returnedNames: [PlacedName]?
    var jacobianNames: [PlacedName]?
    var tangents: DecodedTangents?
    var claimed: NamedTensors<Double>?

    /// The bytes that tensors are references into, for the network of a stored model.
    var storedWeights: [UInt8]?
    /// Every tensor that is read, if they are to be known apart from the text.
    var recordings: [RecordedTensor]?
    /// Where every tensor was read, if the request's outline is to be made.
    var readTensors: [ReadTensor]?

    /// A name, and where it stands in the body.
    typealias PlacedName = (name: String, pointer: JSONPointer)

    /// How the network's inputs were given.
    enum InputForm {
        case missing, single, named
    }

    /// A network input as it was read.
    struct DecodedInput {
        let name: String
        /// `nil` where the tensor has a fault.
        let value: WrittenTensor<S>?
        let pointer: JSONPointer
    }

    /// Directions as they were read: one, or a list of several.
    struct DecodedTangents {
        var vectors: [NamedTensors<S>] = []
        var isList = false
    }

    /// Gradients at the output as they were read; `nil` for one that has a fault.
    struct DecodedCotangents {
        var tensors: [(tensor: Tensor<S>?, pointer: JSONPointer)] = []
    }

    /// The network as it was read, with the tensors beside the definition.
    struct DecodedNetwork: Sendable {
        var definition = NetworkDefinition(inputs: [], layers: [])
        /// The shared parameters' values, in order.
        var shared: [Tensor<S>?] = []
        /// Each layer's own tensors, by field.
        var own: [FieldMap<Tensor<S>>] = []
        /// The forms in which each layer's constants were written, by field.
        var constants: [FieldMap<WrittenTensor<Double>>] = []
        /// Whether the list of layers could be read.
        var hasLayers = false
        /// Whether the output's name has a fault of its own.
        var hasFaultyOutput = false
    }

    init(_ body: [UInt8], limits: RequestLimits, spare: SpareCores? = nil) {
        reader = JSONReader(body, maximumDepth: limits.depth, spare: spare)
        self.limits = limits
    }

    /// The members of a request in the order in which messages list them.
    static var members: [String] {
        [
            "network", "model", "overrides", "input", "inputs", "loss", "output_gradient", "output_gradients", "return",
            "layers", "wrt",
            "of", "tangents", "claimed",
        ] + OptionMember.all.map(\.name)
    }

    /// Reads the whole body.
    mutating func read() throws {
        guard try reader.beginObject() else {
            let kind = try reader.peek()
            try reader.finish()
            // Nothing more can be said of what has no members.
            try faults.end([], "a request is an object; it is \(kind.described)")
        }
        while let name = try reader.nextMember() { try readMember(name) }
        try reader.finish()
        if network == nil, !hasModel { faults.add(["network"], "a request needs a network, or a model") }
        if network != nil, hasModel { faults.add(["model"], "a request has a network or a model, not both") }
        if overrides != nil, !hasModel { faults.add(["overrides"], "overrides replace tensors of a model") }
        // What a model's inputs are called is known only to the model.
        if inputForm == .missing, !hasModel {
            faults.add(["input"], "a request needs an input, or inputs by their names")
        }
    }

    private mutating func readMember(_ name: JSONName) throws {
        let pointer: JSONPointer = [.name(name)]
        switch name {
        case "network": try readNetwork(pointer)
        case "model":
            hasModel = true
            modelName = try reader.string()
            if modelName == nil { try wrongKind("the name of a model", pointer) }
        case "overrides": overrides = try namedTensors(.overrides, of: S.self, pointer)
        case "input": try readSingleInput(pointer)
        case "inputs": try readInputs(pointer)
        case "loss": try readLoss(pointer)
        case "output_gradient":
            hasOutputGradient = true
            outputGradient = try tensor(S.self, pointer)
        case "output_gradients": try readOutputGradients(pointer)
        case "return": try readReturn(pointer)
        case "layers": returnedNames = try placedNames(pointer)
        case "of": jacobianNames = try placedNames(pointer)
        case "wrt": try readVariables(pointer)
        case "tangents": try readTangents(pointer)
        case "claimed": claimed = try namedTensors(.claimed, of: Double.self, pointer)
        default:
            guard let option = OptionMember.named(name) else {
                return try skipUnknown(name, pointer, among: Self.members, of: "a request")
            }
            if let value = try value(of: option.kind, called: option.name, pointer) { option.set(&options, value) }
        }
    }

    // MARK: Inputs

    private mutating func readSingleInput(_ pointer: JSONPointer) throws {
        let value = try tensor(S.self, pointer)
        if inputForm == .named { return faults.add(pointer, "input is short for inputs; a request has one of them") }
        inputForm = .single
        inputs = [DecodedInput(name: "input", value: value, pointer: pointer)]
    }

    private mutating func readInputs(_ pointer: JSONPointer) throws {
        if inputForm == .single { faults.add(["input"], "input is short for inputs; a request has one of them") }
        inputForm = .named
        inputs = []
        guard try reader.beginObject() else { return try wrongKind("an object of tensors by name", pointer) }
        while let name = try reader.nextMember() {
            let place = pointer.appending(name)
            check(name: name.text, place)
            inputs.append(DecodedInput(name: name.text, value: try tensor(S.self, place), pointer: place))
        }
    }

    // MARK: Loss

    private mutating func readLoss(_ pointer: JSONPointer) throws {
        if try reader.null() { return }
        hasLoss = true
        guard try reader.peek() == .object else { return try wrongKind("an object with a type", pointer) }
        var fields = DecodedFields()
        let type = try declaredObject(pointer, .loss, fields: &fields)
        lossType = type.flatMap { Catalogue.loss($0) }
        loss = fields
    }

    // MARK: Vectors

    /// Reads one direction, or a list of several.
    private mutating func readTangents(_ pointer: JSONPointer) throws {
        var decoded = DecodedTangents()
        defer { tangents = decoded }
        guard try reader.beginArray() else {
            if let vector = try namedTensors(.tangents, of: S.self, pointer) { decoded.vectors = [vector] }
            return
        }
        decoded.isList = true
        var position = 0
        while try reader.nextElement() {
            if let vector = try namedTensors(.tangents, of: S.self, pointer.appending(position)) {
                decoded.vectors.append(vector)
            }
            position += 1
        }
        if position == 0 { faults.add(pointer, "a list of directions has at least one") }
    }

    private mutating func readOutputGradients(_ pointer: JSONPointer) throws {
        var decoded = DecodedCotangents()
        defer { outputGradients = decoded }
        guard try reader.beginArray() else { return try wrongKind("a list of tensors", pointer) }
        while try reader.nextElement() {
            let place = pointer.appending(decoded.tensors.count)
            decoded.tensors.append((try tensor(S.self, place)?.tensor, place))
        }
        if decoded.tensors.isEmpty { faults.add(pointer, "a list of gradients has at least one") }
    }

    // MARK: Lists of words

    /// Reads a list of names with their places; one that is no string is noted and left out.
    private mutating func placedNames(_ pointer: JSONPointer) throws -> [PlacedName]? {
        try strings(pointer).map { names in
            names.enumerated().compactMap { index, name in name.map { ($0, pointer.appending(index)) } }
        }
    }

    private mutating func readReturn(_ pointer: JSONPointer) throws {
        guard let words = try strings(pointer) else { return }
        options.returnsOutputs = words.contains("outputs")
        options.returnsGradients = words.contains("gradients")
        checkWords(words, ["outputs", "gradients"], pointer)
    }

    private mutating func readVariables(_ pointer: JSONPointer) throws {
        guard let words = try strings(pointer) else { return }
        options.wantsInputs = words.contains("inputs")
        options.wantsParameters = words.contains("parameters")
        checkWords(words, ["inputs", "parameters"], pointer)
    }

    private mutating func checkWords(_ words: [String?], _ known: [String], _ pointer: JSONPointer) {
        for (index, word) in words.enumerated() {
            guard let word, !known.contains(word) else { continue }
            let list = known.map { "\"\($0)\"" }.joined(separator: " or ")
            faults.add(pointer.appending(index), "expected \(list); it is \(quoted(word))")
        }
    }
}
