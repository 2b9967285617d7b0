import Backprop
import HTTPServer

/// The HTTP protocol of UM-Bridge 1.0 at `/umbridge`.
///
/// A stored model `NAME` takes the network's inputs; `NAME:parameters` takes them and then every parameter. Inputs and
/// outputs are flat vectors.
enum UMBridge {
    /// The kinds of error there are.
    enum Kind: String, CaseIterable {
        case invalidInput = "InvalidInput"
        case invalidOutput = "InvalidOutput"
        case modelNotFound = "ModelNotFound"
        case unsupportedFeature = "UnsupportedFeature"
    }

    /// Why a request is not answered.
    struct Failure: Error {
        var status: Status = 400
        let kind: Kind
        let message: String

        init(_ kind: Kind, _ message: String) {
            self.kind = kind
            self.message = message
        }
    }

    /// What ends the name of a model whose parameters are inputs.
    static let parametersSuffix = ":parameters"

    /// A rejection as its clients read it: they look at the body alone.
    static func response(_ rejection: Rejection) -> Response {
        let kind: Kind =
            switch rejection.status.code {
            case 404, 405, 501: .unsupportedFeature
            case 500...: .invalidOutput
            default: .invalidInput
            }
        var failure = Failure(kind, rejection.line)
        failure.status = rejection.status == 422 ? 400 : rejection.status
        return response(failure, fields: rejection.fields)
    }

    /// An error with exactly the members that the protocol's own test suite allows.
    static func response(_ failure: Failure, fields: Fields = [:]) -> Response {
        let error: JSONTree = ["error": ["type": .string(failure.kind.rawValue), "message": .string(failure.message)]]
        return response(error, status: failure.status, fields: fields)
    }

    static func response(_ tree: JSONTree, status: Status = 200, fields: Fields = [:]) -> Response {
        var writer = JSONWriter()
        writer.tree(tree)
        writer.endLine()
        return Response(status, "application/json", writer.take(), fields: fields)
    }
}

/// A model by the protocol's name for it.
struct UMBridgeModel {
    /// The model.
    let model: LoadedModel
    /// The vectors that it takes.
    let inputs: [ModelInterface.Variable]

    /// Finds a model.
    init(named name: String, in library: ModelLibrary) throws {
        let takesParameters = name.hasSuffix(UMBridge.parametersSuffix)
        let plain = takesParameters ? String(name.dropLast(UMBridge.parametersSuffix.count)) : name
        model = try UMBridgeModel.find(plain, in: library)
        inputs = takesParameters ? model.interface.variables : model.interface.inputs
    }

    private static func find(_ name: String, in library: ModelLibrary) throws -> LoadedModel {
        do throws(Rejection) {
            return try library.model(named: name)
        } catch {
            if error.status != 404 { throw error }
            throw UMBridge.Failure(.modelNotFound, error.detail)
        }
    }

    /// The number of elements of the output.
    var outputSize: Int { model.interface.outputShape.count }

    /// Whether there is an input that derivatives may be with respect to.
    var hasDerivatives: Bool { inputs.contains { !$0.isIndices } }

    /// Checks that the model has derivatives at all, which the protocol wants to be told before anything else.
    func checkDerivatives() throws {
        if hasDerivatives { return }
        throw UMBridge.Failure(.unsupportedFeature, "the model takes indices alone, for which there is no derivative")
    }

    /// The model where its inputs are these vectors.
    func point(_ vectors: [[Double]], _ limits: RequestLimits, _ work: PooledWork) throws -> ModelPoint {
        guard vectors.count == inputs.count else {
            let names = inputs.map(\.name).joined(separator: ", ")
            throw UMBridge.Failure(
                .invalidInput,
                "the model takes \(inputs.count) inputs (\(names)); there are \(vectors.count)"
            )
        }
        for (index, (variable, vector)) in zip(inputs, vectors).enumerated()
        where variable.shape.count != vector.count {
            throw UMBridge.Failure(
                .invalidInput,
                "input \(index) (\(variable.name)) has \(variable.shape.count) numbers, \(variable.shape) row by row; "
                    + "there are \(vector.count)"
            )
        }
        let tensors = zip(inputs, vectors).map { Tensor(shape: $0.shape, elements: $1) }
        let inputCount = model.interface.inputs.count
        var overrides: [Int: Tensor<Double>] = [:]
        for (index, tensor) in tensors.dropFirst(inputCount).enumerated() { overrides[index] = tensor }
        return try ModelPoint(
            model,
            inputs: tensors.prefix(inputCount).map(model.interface.batched),
            overrides: overrides,
            limits: limits,
            work: work
        )
    }

    /// The input of an index, which must not hold indices.
    func input(_ index: Int?, _ name: String) throws -> ModelInterface.Variable {
        guard let index, inputs.indices.contains(index) else {
            let given = index.map { "it is \($0)" } ?? "it is missing"
            throw UMBridge.Failure(.invalidInput, "\(name) is an integer from 0 to \(inputs.count - 1); \(given)")
        }
        guard !inputs[index].isIndices else {
            throw UMBridge.Failure(.invalidInput, "input \(index) holds indices, for which there is no derivative")
        }
        return inputs[index]
    }

    /// Checks the index of the output, of which there is one.
    func checkOutput(_ index: Int?) throws {
        if index == 0 { return }
        let given = index.map { "it is \($0)" } ?? "it is missing"
        throw UMBridge.Failure(.invalidInput, "outWrt is 0, since there is one output; \(given)")
    }

    /// A vector of a length.
    func vector(_ vector: [Double]?, _ name: String, _ shape: Shape) throws -> Tensor<Double> {
        guard let vector, vector.count == shape.count else {
            let given = vector.map { "it has \($0.count)" } ?? "it is missing"
            throw UMBridge.Failure(.invalidInput, "\(name) has \(shape.count) numbers; \(given)")
        }
        return Tensor(shape: shape, elements: vector)
    }
}
