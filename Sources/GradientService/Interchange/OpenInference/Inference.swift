import Backprop
import HTTPServer

/// One request to infer, answered.
struct Inference {
    private let interface: ModelInterface
    private let request: InferenceRequest
    private let point: ModelPoint

    /// Checks a request against a model.
    init(
        _ model: LoadedModel,
        _ request: InferenceRequest,
        _ limits: RequestLimits,
        _ work: PooledWork
    ) throws {
        interface = model.interface
        self.request = request
        var given: [JSONName: Tensor<Double>] = [:]
        for input in request.inputs {
            guard let variable = interface.variables.first(where: { JSONName($0.name) == JSONName(input.name) }) else {
                let hint = Suggestion.hint(input.name, among: interface.inputs.map(\.name))
                throw OpenInference.Failure("there is no input \(quoted(input.name))\(hint)")
            }
            let isInput = if case .input = variable.variable { true } else { false }
            let inner = isInput && interface.isBatched ? input.tensor.shape.dimensions.dropFirst() : nil
            guard inner.map(Array.init) ?? input.tensor.shape.dimensions == variable.shape.dimensions,
                inner == nil || input.tensor.shape.rank > 0
            else {
                let lengths = (inner == nil ? [] : [-1]) + variable.shape.dimensions
                throw OpenInference.Failure(
                    "the input \(quoted(input.name)) is \(lengths); the tensor given is \(input.tensor.shape.dimensions)"
                )
            }
            guard given.updateValue(input.tensor, forKey: JSONName(input.name)) == nil else {
                throw OpenInference.Failure("the input \(quoted(input.name)) stands twice")
            }
        }
        var overrides: [Int: Tensor<Double>] = [:]
        for (index, parameter) in interface.parameters.enumerated() {
            overrides[index] = given[JSONName(parameter.name)]
        }
        let inputs = try interface.inputs.map { input in
            guard let value = given[JSONName(input.name)] else {
                throw OpenInference.Failure("the input \(quoted(input.name)) is missing")
            }
            return value
        }
        point = try ModelPoint(model, inputs: inputs, overrides: overrides, limits: limits, work: work)
    }

    /// Computes the outputs that are wanted and writes the answer.
    func response(_ model: String) throws -> Response {
        let wanted = request.outputs.isEmpty ? [.init(name: interface.outputName)] : request.outputs
        let differentiable = interface.variables.filter { !$0.isIndices }
        var gradients: [ModelInterface.Variable] = []
        for output in wanted where output.name != interface.outputName {
            guard let variable = differentiable.first(where: { OpenInference.gradientPrefix + $0.name == output.name })
            else {
                let known = [interface.outputName] + differentiable.map { OpenInference.gradientPrefix + $0.name }
                throw OpenInference.Failure(
                    "there is no output \(quoted(output.name))\(Suggestion.hint(output.name, among: known))"
                )
            }
            gradients.append(variable)
        }
        var found: [String: Tensor<Double>] = [:]
        if gradients.isEmpty {
            found[interface.outputName] = try point.output()
        } else {
            let (output, values) = try point.pullback(to: gradients, from: cotangent())
            found[interface.outputName] = output
            for (variable, value) in zip(gradients, values) {
                found[OpenInference.gradientPrefix + variable.name] = value
            }
        }
        return response(model, wanted, found)
    }

    /// The gradient at the output: of its shape, or one example's for each.
    private func cotangent() throws -> Tensor<Double> {
        let shape = point.outputShape
        guard let cotangent = request.cotangent else {
            guard shape.count == 1 else {
                throw OpenInference.Failure(
                    "the output is \(shape.dimensions), so gradients need parameters.cotangent of that shape"
                )
            }
            return Tensor(shape: shape, repeating: 1)
        }
        if cotangent.count == shape.count { return cotangent.reshaped(to: shape) }
        if interface.isOutputBatched, let fitting = cotangent.broadcast(to: shape) { return fitting }
        throw OpenInference.Failure(
            "cotangent has \(cotangent.count) numbers; the output, \(shape.dimensions), has \(shape.count)"
        )
    }

    private func response(
        _ model: String,
        _ wanted: [InferenceRequest.Output],
        _ found: [String: Tensor<Double>]
    ) -> Response {
        var binary: [UInt8] = []
        var hasBinary = false
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("model_name")
        writer.string(model)
        writer.name("model_version")
        writer.string(OpenInference.version)
        if let id = request.id {
            writer.name("id")
            writer.string(id)
        }
        writer.name("outputs")
        writer.beginArray()
        for output in wanted {
            guard let tensor = found[output.name] else { preconditionFailure("what is wanted has been computed") }
            writer.beginObject()
            writer.name("name")
            writer.string(output.name)
            writer.name("datatype")
            writer.string("FP64")
            writer.name("shape")
            writer.integers(tensor.shape.dimensions)
            if output.isBinary ?? request.prefersBinary {
                hasBinary = true
                writer.name("parameters")
                writer.tree(["binary_data_size": .integer(8 * tensor.count)])
                unsafe tensor.elements.withUnsafeBytes { unsafe binary.append(contentsOf: $0) }
            } else {
                writer.name("data")
                writer.inferenceData(tensor)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        guard hasBinary else {
            writer.endLine()
            return Response(200, "application/json", writer.take())
        }
        let text = writer.take()
        let fields: Fields = [OpenInference.headerLength: String(text.count)]
        return Response(200, "application/octet-stream", text + binary, fields: fields)
    }
}

extension JSONWriter {
    /// Writes numbers as a flat list; `null` for those that are not finite.
    fileprivate mutating func inferenceData(_ tensor: Tensor<Double>) {
        guard !tensor.isFinite else { return self.tensor(tensor.reshaped(to: [tensor.count]), as: .nested) }
        beginArray()
        for number in tensor.elements { if number.isFinite { self.number(number) } else { null() } }
        endArray()
    }
}
