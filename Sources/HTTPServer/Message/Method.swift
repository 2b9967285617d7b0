/// A request method (RFC 9110 §9): one of those that the RFCs define, or any other token.
package enum Method: Hashable, Sendable {
    case get, head, post, put, delete, options, patch, trace, connect
    /// A token that is none of the above; no route takes it.
    case other(String)

    /// The method that these bytes spell; methods are case-sensitive, so `get` is not `GET`.
    package init(_ bytes: some Collection<UInt8>) {
        // The longest has seven letters, so that all of them fit a word and are told apart by one comparison each.
        let word = bytes.count < 8 ? bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) } : 0
        switch word {
        case Method.word("GET"): self = .get
        case Method.word("POST"): self = .post
        case Method.word("HEAD"): self = .head
        case Method.word("PUT"): self = .put
        case Method.word("DELETE"): self = .delete
        case Method.word("OPTIONS"): self = .options
        case Method.word("PATCH"): self = .patch
        case Method.word("TRACE"): self = .trace
        case Method.word("CONNECT"): self = .connect
        default: self = .other(String(decoding: bytes, as: UTF8.self))
        }
    }

    @inline(__always)
    private static func word(_ name: StaticString) -> UInt64 {
        unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            .reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
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
}
