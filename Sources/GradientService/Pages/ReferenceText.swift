import Foundation
import HTTPServer

/// Pieces of text that the reference is made of.
enum ReferenceText {
    /// A value as bytes.
    static func bytes(_ tree: JSONTree) -> [UInt8] {
        var writer = JSONWriter()
        writer.tree(tree)
        return writer.take()
    }

    /// A value as text.
    static func json(_ tree: JSONTree, isIndented: Bool) -> String {
        let bytes = bytes(tree)
        return String(decoding: isIndented ? indented(bytes) : bytes, as: UTF8.self)
            .trimmingCharacters(in: .newlines)
    }

    /// A list of words, or any other value, on one line.
    static func line(_ tree: JSONTree) -> String {
        guard case .array(let elements) = tree else { return json(tree, isIndented: false) }
        return elements.map { $0.text ?? json($0, isIndented: false) }.joined(separator: ", ")
    }

    /// A request as the playground takes it from an address.
    static func fragment(_ request: JSONTree) -> String {
        Data(indented(bytes(request))).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// Parameters with which an endpoint answers well.
    static func parameters(of endpoint: Endpoint) -> PathParameters {
        PathParameters(
            endpoint.parameters.filter { $0["in"]?.text == "path" }.map { parameter in
                (parameter["name"]?.text ?? "", Array((parameter["schema"]?["enum"]?.elements.first?.text ?? "").utf8))
            }
        )
    }
}
