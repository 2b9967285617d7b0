import Backprop
import HTTPServer

/// The Open Inference Protocol, version 2, at `/v2`, with its extension for binary tensors.
///
/// A stored model takes the network's inputs, with a batch dimension first where it can have one, and parameters in
/// place of the stored ones; beside the output it has gradients, `grad.x`, as outputs that are computed when asked for.
enum OpenInference {
    /// Why a request is not answered.
    struct Failure: Error {
        var status: Status = 400
        let message: String

        init(_ message: String) { self.message = message }
    }

    /// The one version that every model has.
    static let version = "1"
    /// What begins the name of an output that is a gradient.
    static let gradientPrefix = "grad."
    /// The field that says how long the JSON before binary tensors is.
    static let headerLength = "Inference-Header-Content-Length"

    /// A rejection as its clients read it.
    static func response(_ rejection: Rejection) -> Response {
        var failure = Failure(rejection.line)
        failure.status = rejection.status == 422 ? 400 : rejection.status
        return response(failure, fields: rejection.fields)
    }

    static func response(_ failure: Failure, fields: Fields = [:]) -> Response {
        response(["error": .string(failure.message)], status: failure.status, fields: fields)
    }

    static func response(_ tree: JSONTree, status: Status = 200, fields: Fields = [:]) -> Response {
        var writer = JSONWriter()
        writer.tree(tree)
        writer.endLine()
        return Response(status, "application/json", writer.take(), fields: fields)
    }

    /// A model's inputs and outputs.
    static func metadata(_ name: String, _ interface: ModelInterface) -> JSONTree {
        func tensor(_ name: String, _ datatype: String, _ lengths: [Int]) -> JSONTree {
            [
                "name": .string(name), "datatype": .string(datatype),
                "shape": .array(lengths.map { .integer($0) }),
            ]
        }
        func lengths(_ variable: ModelInterface.Variable, isInput: Bool) -> [Int] {
            (isInput && interface.isBatched ? [-1] : []) + variable.shape.dimensions
        }
        let output = (interface.isOutputBatched ? [-1] : []) + interface.outputShape.dimensions
        let gradients =
            interface.inputs.filter { !$0.isIndices }.map { ($0.name, lengths($0, isInput: true)) }
            + interface.parameters.map { ($0.name, lengths($0, isInput: false)) }
        return [
            "name": .string(name),
            "versions": [.string(version)],
            "platform": "nabla",
            "inputs": .array(
                interface.inputs.map { tensor($0.name, $0.isIndices ? "INT64" : "FP64", lengths($0, isInput: true)) }
            ),
            "outputs": .array(
                [tensor(interface.outputName, "FP64", output)]
                    + gradients.map { tensor(gradientPrefix + $0.0, "FP64", $0.1) }
            ),
        ]
    }
}
