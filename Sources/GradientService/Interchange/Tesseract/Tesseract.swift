import Backprop
import HTTPServer

/// The HTTP protocol of Tesseract at `/tesseract/{name}`.
///
/// The inputs of a Tesseract are the network's, by their names, and as optional ones every parameter; its output has
/// the name of the layer whose output it is.
enum Tesseract {
    /// A fault in a request's body, as pydantic says it.
    struct Fault: Error {
        let type: String
        /// The names and indices that lead to it.
        let place: [JSONTree]
        let message: String
        var status: Status = 422

        init(_ type: String, _ place: [JSONTree], _ message: String) {
            self.type = type
            self.place = place
            // The client fills in what stands in braces.
            self.message = message.replacing("{", with: "(").replacing("}", with: ")")
        }
    }

    /// The forms of arrays in answers.
    enum Encoding: String, CaseIterable {
        case json = "application/json"
        case base64 = "application/json+base64"

        /// The form that a client likes best, or `nil` where it takes none.
        init?(_ head: RequestHead) {
            guard let type = Accept(head).choose(among: Encoding.allCases.map(\.rawValue)) else { return nil }
            self = Encoding(rawValue: type) ?? .json
        }
    }

    /// What an answer has under a name.
    enum Value {
        case array(Tensor<Double>)
        case arrays([(String, Tensor<Double>)])
        /// The form of an array alone.
        case shape(Shape)
    }

    /// An answer.
    static func response(_ members: [(String, Value)], _ encoding: Encoding) -> Response {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members {
            writer.name(name)
            switch value {
            case .array(let tensor): writer.tesseractArray(tensor, encoding)
            case .arrays(let tensors):
                writer.beginObject()
                for (name, tensor) in tensors {
                    writer.name(name)
                    writer.tesseractArray(tensor, encoding)
                }
                writer.endObject()
            case .shape(let shape):
                writer.beginObject()
                writer.name("shape")
                writer.integers(shape.dimensions)
                writer.name("dtype")
                writer.string("float64")
                writer.endObject()
            }
        }
        writer.endObject()
        writer.endLine()
        return Response(200, encoding.rawValue, writer.take(), fields: ["Vary": "Accept"])
    }

    /// A rejection as its clients read it: 422 with a list, anything else with a text.
    static func response(_ rejection: Rejection) -> Response {
        if rejection.status == 422 { return response([Fault("value_error", ["body"], rejection.line)]) }
        return response(["detail": .string(rejection.line)], status: rejection.status, fields: rejection.fields)
    }

    /// Faults in a request's body.
    static func response(_ faults: [Fault]) -> Response {
        let detail = faults.map { fault -> JSONTree in
            [
                "type": .string(fault.type), "loc": .array(fault.place), "msg": .string(fault.message), "input": .null,
                "ctx": [:],
            ]
        }
        return response(["detail": .array(detail)], status: faults.first?.status ?? 422)
    }

    static func response(_ tree: JSONTree, status: Status = 200, fields: Fields = [:]) -> Response {
        var writer = JSONWriter()
        writer.tree(tree)
        writer.endLine()
        return Response(status, "application/json", writer.take(), fields: fields)
    }
}

extension JSONWriter {
    /// Writes an array as a Tesseract answers it.
    fileprivate mutating func tesseractArray(_ tensor: Tensor<Double>, _ encoding: Tesseract.Encoding) {
        beginObject()
        name("object_type")
        string("array")
        name("shape")
        integers(tensor.shape.dimensions)
        name("dtype")
        string("float64")
        name("data")
        beginObject()
        name("buffer")
        switch encoding {
        case .json:
            let isNested = tensor.shape.rank <= JSONWriter.maximumNestedRank
            self.tensor(isNested ? tensor : tensor.reshaped(to: [tensor.count]), as: .nested)
            name("encoding")
            string("json")
        case .base64:
            let bytes = unsafe tensor.elements.withUnsafeBytes { unsafe [UInt8]($0) }
            string(String(decoding: Base64.encode(bytes), as: UTF8.self))
            name("encoding")
            string("base64")
        }
        endObject()
        endObject()
    }
}
