/// A request method (RFC 9110 §9): one of those that the RFCs define, or any other token.
package enum Method: Hashable, Sendable {
    case get, head, post, put, delete, options, patch, trace, connect
    /// A token that is none of the above; no route takes it.
    case other(String)

    /// The method that these bytes spell; methods are case-sensitive, so `get` is not `GET`.
    package init(_ bytes: some Collection<UInt8>) {
        self =
            Method.known.first { $0.name.utf8.elementsEqual(bytes) }
            ?? .other(String(decoding: bytes, as: UTF8.self))
    }

    /// The token on the wire.
    package var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other(let name): name
        }
    }

    private static let known: [Method] = [.get, .post, .head, .put, .delete, .options, .patch, .trace, .connect]
}
