import Backprop

/// A request's body as it was read, checked against the model's inputs and output.
struct TesseractRequest {
    /// The inputs that were given, of the model's shapes; without numbers where shapes alone were asked for.
    private(set) var inputs: [JSONName: Tensor<Double>] = [:]
    /// The variables that derivatives are with respect to.
    private(set) var variables: [ModelInterface.Variable] = []
    /// The tangents or cotangents, in the order of what they belong to.
    private(set) var vectors: [Tensor<Double>] = []

    /// An endpoint's members beside `inputs`.
    struct Form: Sendable {
        /// The member that names inputs, and the one that names outputs.
        var lists: (inputs: String, outputs: String)?
        /// The member that has vectors, and whether they belong to the outputs.
        var vectors: (name: String, belongToOutputs: Bool)?
        /// Whether shapes stand in place of numbers.
        var isAbstract = false
    }

    /// Reads and checks a body.
    init(_ body: [UInt8], _ form: Form, _ interface: ModelInterface, _ limits: RequestLimits) throws {
        var reader = JSONReader(body, maximumDepth: limits.depth)
        guard try reader.beginObject() else {
            throw Tesseract.Fault("model_attributes_type", ["body"], "a request is an object with inputs")
        }
        var given: [(JSONName, TesseractArray)]?
        var inputNames: [String]?
        var outputNames: [String]?
        var vectors: [(JSONName, TesseractArray)]?
        while let member = try reader.nextMember() {
            let place: [JSONTree] = ["body", .string(member.text)]
            if member == "inputs" {
                given = try Self.arrays(&reader, place, isAbstract: form.isAbstract, limits)
            } else if let lists = form.lists, member.text == lists.inputs {
                inputNames = try Self.names(&reader, place)
            } else if let lists = form.lists, member.text == lists.outputs {
                outputNames = try Self.names(&reader, place)
            } else if let name = form.vectors?.name, member.text == name {
                vectors = try Self.arrays(&reader, place, isAbstract: false, limits)
            } else {
                throw Tesseract.Fault("extra_forbidden", place, "there is no member \(member.quoted) here")
            }
        }
        try reader.finish()
        guard let given else { throw Tesseract.Fault("missing", ["body", "inputs"], "a request needs inputs") }
        inputs = try Self.checked(given, interface)
        if let lists = form.lists {
            try check(inputNames, outputNames, lists, interface)
        }
        if let (name, belongToOutputs) = form.vectors {
            try check(vectors, name, belongToOutputs, interface)
        }
    }

    // MARK: Reading

    private static func arrays(
        _ reader: inout JSONReader,
        _ place: [JSONTree],
        isAbstract: Bool,
        _ limits: RequestLimits
    ) throws -> [(JSONName, TesseractArray)] {
        guard try reader.beginObject() else {
            throw Tesseract.Fault("dict_type", place, "expected an object of arrays by name")
        }
        var arrays: [(JSONName, TesseractArray)] = []
        while let name = try reader.nextMember() {
            // An optional input may be left out by null.
            if try reader.null() { continue }
            let here = place + [.string(name.text)]
            arrays.append((name, try TesseractArray(&reader, at: here, isAbstract: isAbstract, limits.tensor)))
        }
        return arrays
    }

    private static func names(_ reader: inout JSONReader, _ place: [JSONTree]) throws -> [String] {
        guard try reader.beginArray() else { throw Tesseract.Fault("list_type", place, "expected a list of names") }
        var names: [String] = []
        while try reader.nextElement() {
            let here = place + [.integer(names.count)]
            guard let name = try reader.string() else { throw Tesseract.Fault("string_type", here, "expected a name") }
            guard !names.contains(name) else { throw Tesseract.Fault("value_error", here, "a name stands twice") }
            names.append(name)
        }
        if names.isEmpty { throw Tesseract.Fault("too_short", place, "at least one name is needed") }
        return names
    }

    // MARK: Checks

    private static func checked(
        _ given: [(JSONName, TesseractArray)],
        _ interface: ModelInterface
    ) throws -> [JSONName: Tensor<Double>] {
        var inputs: [JSONName: Tensor<Double>] = [:]
        let variables = interface.variables
        for (name, array) in given {
            let place: [JSONTree] = ["body", "inputs", .string(name.text)]
            guard let variable = variables.first(where: { JSONName($0.name) == name }) else {
                let hint = Suggestion.hint(name.text, among: variables.map(\.name))
                throw Tesseract.Fault("extra_forbidden", place, "there is no input \(name.quoted)\(hint)")
            }
            guard array.shape.isBroadcast(to: variable.shape) else {
                let detail = "\(variable.name) is \(variable.shape); the array given is \(array.shape)"
                throw Tesseract.Fault("value_error", place, detail)
            }
            // A shape alone takes no memory before it is known to be the variable's.
            inputs[name] = array.tensor?.broadcast(to: variable.shape) ?? Tensor(shape: variable.shape, repeating: 0)
        }
        for input in interface.inputs where inputs[JSONName(input.name)] == nil {
            throw Tesseract.Fault("missing", ["body", "inputs", .string(input.name)], "the input is needed")
        }
        return inputs
    }

    private mutating func check(
        _ inputNames: [String]?,
        _ outputNames: [String]?,
        _ lists: (inputs: String, outputs: String),
        _ interface: ModelInterface
    ) throws {
        guard let inputNames else { throw Tesseract.Fault("missing", ["body", .string(lists.inputs)], "it is needed") }
        guard let outputNames else {
            throw Tesseract.Fault("missing", ["body", .string(lists.outputs)], "it is needed")
        }
        for (index, name) in outputNames.enumerated() where JSONName(name) != JSONName(interface.outputName) {
            let detail = "the output is \(quoted(interface.outputName)); there is no output \(quoted(name))"
            throw Tesseract.Fault("value_error", ["body", .string(lists.outputs), .integer(index)], detail)
        }
        let known = interface.variables.filter { !$0.isIndices }
        variables = try inputNames.enumerated().map { index, name in
            guard let variable = known.first(where: { JSONName($0.name) == JSONName(name) }) else {
                let hint = Suggestion.hint(name, among: known.map(\.name))
                let detail = "there is no differentiable input \(quoted(name))\(hint)"
                throw Tesseract.Fault("value_error", ["body", .string(lists.inputs), .integer(index)], detail)
            }
            return variable
        }
    }

    private mutating func check(
        _ given: [(JSONName, TesseractArray)]?,
        _ member: String,
        _ belongToOutputs: Bool,
        _ interface: ModelInterface
    ) throws {
        let place: [JSONTree] = ["body", .string(member)]
        guard let given else { throw Tesseract.Fault("missing", place, "it is needed") }
        let expected =
            belongToOutputs
            ? [(JSONName(interface.outputName), interface.outputShape)]
            : variables.map { (JSONName($0.name), $0.shape) }
        guard Set(given.map(\.0)) == Set(expected.map(\.0)) else {
            let names = expected.map { $0.0.quoted }.joined(separator: ", ")
            throw Tesseract.Fault("value_error", place, "it has an array for each of \(names) and no other")
        }
        vectors = try expected.map { name, shape in
            guard let array = given.first(where: { $0.0 == name })?.1, let tensor = array.tensor?.broadcast(to: shape)
            else {
                throw Tesseract.Fault("value_error", place + [.string(name.text)], "it must be \(shape)")
            }
            return tensor
        }
    }
}
