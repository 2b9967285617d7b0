import Backprop

/// The members of a request that an operation has a use for and that others only check for their form.
package struct Needs: OptionSet, Sendable {
    package let rawValue: Int

    /// A gradient to start from: a loss, an `output_gradient`, or an output of one element.
    package static let cotangent = Needs(rawValue: 1)
    /// `tangents`, without which it can't do.
    package static let tangents = Needs(rawValue: 2)
    /// `claimed`.
    package static let claims = Needs(rawValue: 4)
    /// `of`.
    package static let jacobianLayers = Needs(rawValue: 8)
    /// `output_gradients`.
    package static let manyCotangents = Needs(rawValue: 16)

    /// Makes a set of needs.
    package init(rawValue: Int) { self.rawValue = rawValue }
}

/// A decoded request in the type of number it asks for.
package enum AnySubmission: Sendable {
    case float64(Submission<Double>)
    case float32(Submission<Float>)
}

extension AnySubmission {
    /// Reads and validates a body.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - needs: What the operation has a use for.
    ///   - limits: The bounds.
    ///   - models: Where stored models are.
    ///   - spare: The cores that may help with a large body.
    /// - Returns: The request, in the type of number that it asks for.
    /// - Throws: What is wrong: 400 for what is not JSON, 422 with the places for what is not a valid request.
    package static func decode(
        _ body: [UInt8],
        _ needs: Needs,
        limits: RequestLimits,
        models: ModelLibrary? = nil,
        spare: SpareCores? = nil
    ) throws(Rejection) -> AnySubmission {
        // The guess decides only how often the text is read, never what comes out.
        if mentionsFloat32(body) {
            if let submission = try Submission<Float>.decode(body, needs, limits, models, spare) {
                return .float32(submission)
            }
            return try float64(orRejected: Submission<Double>.decode(body, needs, limits, models, spare))
        }
        if let submission = try Submission<Double>.decode(body, needs, limits, models, spare) {
            return .float64(submission)
        }
        guard let submission = try Submission<Float>.decode(body, needs, limits, models, spare) else {
            preconditionFailure("a request asks for one of two types")
        }
        return .float32(submission)
    }

    private static func float64(orRejected submission: Submission<Double>?) -> AnySubmission {
        guard let submission else { preconditionFailure("a request asks for one of two types") }
        return .float64(submission)
    }

    /// Whether the beginning or the end of the body looks as if it asked for float32.
    private static func mentionsFloat32(_ body: [UInt8]) -> Bool {
        let window = 512
        let word = Array("\"float32\"".utf8)
        func holds(_ range: Range<Int>) -> Bool {
            guard range.count >= word.count else { return false }
            return (range.lowerBound...range.upperBound - word.count).contains { start in
                body[start] == word[0] && body[start..<start + word.count].elementsEqual(word)
            }
        }
        return holds(0..<min(window, body.count)) || holds(max(0, body.count - window)..<body.count)
    }
}

extension Submission {
    /// Reads and validates a body as `S`; `nil` where it asks for the other type of number.
    static func decode(
        _ body: [UInt8],
        _ needs: Needs,
        _ limits: RequestLimits,
        _ models: ModelLibrary?,
        _ spare: SpareCores?
    ) throws(Rejection) -> Submission? {
        var decoder = RequestDecoder<S>(body, limits: limits, spare: spare)
        do {
            try decoder.read()
            if decoder.options.dtype != S.dtype { return nil }
            let model = try decoder.model(in: models)
            let submission = try decoder.validate(needs, model)
            if let submission, decoder.faults.isEmpty { return submission }
        } catch let error as JSONSyntaxError {
            throw Rejection(error)
        } catch let rejection as Rejection {
            throw rejection
        } catch is FaultList.LimitPassed {
            throw Rejection(decoder.faults)
        } catch {
            preconditionFailure("decoding throws nothing else")
        }
        throw Rejection(decoder.faults)
    }
}

extension RequestDecoder {
    /// Validates what was read; `nil` where faults were noted.
    fileprivate mutating func validate(_ needs: Needs, _ model: LoadedModel?) throws -> Submission<S>? {
        var network: Network?
        var outputShape: Shape?
        if let model {
            let check = try check(model)
            (network, outputShape) = (check?.network, check?.outputShape)
        } else if var decoded = self.network, decoded.hasLayers {
            decoded.definition.inputs =
                inputForm == .missing
                ? [.init("input", nil)] : inputs.map { .init($0.name, $0.value?.tensor.shape) }
            let check = PlanCache.shared.check(decoded.definition, limits: limits.network)
            for fault in check.faults { try note(fault, in: decoded) }
            network = check.network
            outputShape = decoded.hasFaultyOutput ? nil : check.outputShape
            self.network = decoded
        }
        let values = inputs.compactMap { $0.value?.tensor }
        if let network, values.count == network.inputs.count, let decoded = self.network {
            for fault in network.indexFaults(of: values) { try note(fault, in: decoded) }
        }
        let loss = try validateLoss(output: outputShape)
        validateCotangent(needs, output: outputShape)
        let returned = positions(of: returnedNames)
        let jacobians = needs.contains(.jacobianLayers) ? positions(of: jacobianNames) : nil
        let directions = needs.contains(.tangents) ? directions(in: network) : []
        let claims = needs.contains(.claims) ? claimed.flatMap { resolve($0, .claimed, in: network) } : nil
        let replaced = overrides.flatMap { resolve($0, .overrides, in: network) }

        guard faults.isEmpty, let network, let decoded = self.network else { return nil }
        return Submission(
            network: network,
            inputs: values,
            parameters: decoded.parameters(of: network, replacing: replaced?.parameters),
            loss: loss,
            reduction: self.loss?.reduction(of: lossType),
            outputGradient: outputGradient?.tensor,
            outputGradients: outputGradients?.tensors.compactMap(\.tensor),
            directions: directions,
            hasManyDirections: tangents?.isList ?? false,
            claims: claims,
            options: options,
            limits: limits,
            returnedLayers: LayerSelection(returned, of: network.steps.count),
            jacobianLayers: LayerSelection(jacobians, of: network.steps.count)
        )
    }

    private mutating func validateLoss(output: Shape?) throws -> (any Loss)? {
        guard let type = lossType, let fields = loss else { return nil }
        var values = FieldValues(defaultsOf: type.fields)
        var isComplete = fields.faulty.isEmpty
        for field in type.fields {
            if let value = fields.values[field.name] {
                values.set(field.name, value)
            } else if field.isRequired && !fields.faulty.contains(field.name) {
                faults.add(["loss", .name(JSONName(field.name))], "\(type.type) needs \(field.name)")
                isComplete = false
            }
        }
        guard isComplete else { return nil }
        let loss = type.init(values)
        if let output {
            var found: [OperandShapes.Fault] = []
            loss.check(output: output, faults: &found)
            for fault in found {
                let pointer = lossPointer(fault.place, fields)
                faults.add(pointer, fault.detail)
            }
        }
        return loss
    }

    private func lossPointer(_ place: OperandShapes.Fault.Place, _ fields: DecodedFields) -> JSONPointer {
        switch place {
        case .inputs: ["loss"]
        case .field(let name): ["loss", .name(JSONName(name))]
        case .element(let name, let index):
            ["loss", .name(JSONName(name))] + (fields.constants[name]?.place(ofElement: index) ?? [])
        }
    }

    private mutating func validateCotangent(_ needs: Needs, output: Shape?) {
        let pointer: JSONPointer = ["output_gradient"]
        if hasLoss && hasOutputGradient {
            return faults.add(pointer, "a request has a loss or an output_gradient, not both")
        }
        if let several = outputGradients {
            if hasLoss {
                return faults.add(["output_gradients"], "a request has a loss or output_gradients, not both")
            }
            if hasOutputGradient {
                faults.add(["output_gradients"], "a request has an output_gradient or output_gradients, not both")
            }
            for (tensor, place) in several.tensors {
                guard let given = tensor?.shape, let output, given != output else { continue }
                faults.add(place, "a gradient must have the output's shape \(output); it is \(given)")
            }
            if needs.contains(.manyCotangents) { return }
        }
        if let given = outputGradient?.tensor.shape, let output, given != output {
            faults.add(pointer, "output_gradient must have the output's shape \(output); it is \(given)")
        }
        if needs.contains(.cotangent), !hasLoss, !hasOutputGradient, let output, output.checkedCount != 1 {
            faults.add(pointer, "an output of shape \(output) needs a loss, or an output_gradient of that shape")
        }
    }

    /// The positions of the named layers, in the network's order; `nil` where none were named, for all.
    private mutating func positions(of wanted: [PlacedName]?) -> [Int]? {
        guard let wanted, let definition = network?.definition else { return nil }
        let names = Dictionary(definition.layerNames.map { (JSONName($0.name), $0.index) }) { first, _ in first }
        var positions: Set<Int> = []
        for (name, pointer) in wanted {
            if let position = names[JSONName(name)] {
                positions.insert(position)
            } else {
                faults.add(pointer, "there is no layer called \(quoted(name))")
            }
        }
        return positions.sorted()
    }

    private mutating func directions(in network: Network?) -> [VariableTensors<S>] {
        guard let tangents else {
            faults.add(["tangents"], "tangents are needed; {} stands for none that is not zero")
            return []
        }
        return tangents.vectors.compactMap { resolve($0, .tangents, in: network) }
    }

    // MARK: Places

    /// Notes a fault that the core found, at its place in the body.
    mutating func note(_ fault: Fault, in network: DecodedNetwork) throws {
        let pointer = pointer(to: fault.place, in: network)
        if fault.isLimit { try faults.end(pointer, fault.detail) }
        faults.add(pointer, fault.detail)
    }

    private func pointer(to place: Fault.Place, in network: DecodedNetwork) -> JSONPointer {
        let layers: JSONPointer = ["network", "layers"]
        func field(_ layer: Int, _ name: String) -> JSONPointer { layers + [.index(layer), .name(JSONName(name))] }
        switch place {
        case .layers: return layers
        case .layer(let index): return layers.appending(index)
        case .layerName(let index): return field(index, "name")
        case .layerInputs(let index): return field(index, "inputs")
        case .layerInput(let index, let position): return field(index, "inputs").appending(position)
        case .field(let layer, let name): return field(layer, name)
        case .fieldElement(let layer, let name, let element):
            return field(layer, name) + (network.constants[layer][name]?.place(ofElement: element) ?? [])
        case .parameterName(let layer, let name): return field(layer, name) + ["parameter"]
        case .output: return ["network", "output"]
        case .input(let name): return ["inputs", .name(JSONName(name))]
        case .inputElement(let name, let element):
            guard let input = inputs.first(where: { JSONName($0.name) == JSONName(name) }) else { return ["inputs"] }
            return input.pointer + (input.value?.place(ofElement: element) ?? [])
        }
    }
}

extension DecodedFields {
    /// The reduction in force, for a loss without faults.
    fileprivate func reduction(of type: (any Loss.Type)?) -> String? {
        let given = values["reduction"] ?? type?.fields.first { $0.name == "reduction" }?.standard
        return if case .choice(let word) = given { word } else { nil }
    }
}

extension RequestDecoder.DecodedNetwork {
    /// The parameters' values in the plan's order.
    func parameters(of network: Network, replacing others: [Tensor<S>?]? = nil) -> [Tensor<S>] {
        network.parameters.enumerated().map { index, parameter in
            if let other = others?[index] { return other }
            let value: Tensor<S>? =
                switch parameter.owner {
                case .shared: shared[index]
                case .layer(let layer, let field): own[layer][field]
                }
            guard let value else { preconditionFailure("a request without faults has all its tensors") }
            return value
        }
    }
}
