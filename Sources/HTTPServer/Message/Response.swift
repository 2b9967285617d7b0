/// A final response; the server adds `Date`, `Content-Length` or `Transfer-Encoding`, `Connection` and `X-Request-Id`.
package struct Response: Sendable {
    package var status: Status
    package var fields: Fields
    package var body: ResponseBody
    /// The bound that the request met, where that is why it is refused; not sent, but told to the observer.
    package var bound: Refusal.Bound?
    /// How much the request held; not sent, but told to the observer.
    package var content: ContentSize?

    package init(_ status: Status, fields: Fields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = .bytes(body)
    }

    /// A response with text of the given media type.
    package init(_ status: Status, _ mediaType: String, _ text: String, fields: Fields = [:]) {
        self.init(status, mediaType, Array(text.utf8), fields: fields)
    }

    /// A response with bytes of the given media type.
    package init(_ status: Status, _ mediaType: String, _ body: [UInt8], fields: Fields = [:]) {
        var fields = fields
        fields["Content-Type"] = mediaType
        self.init(status, fields: fields, body: body)
    }
}

/// The content of a response.
package enum ResponseBody: Sendable {
    case bytes([UInt8])
    /// Made while it is sent.
    case pieces(PiecedContent)

    /// All of it; what has not been made is made here.
    package var bytes: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .pieces(let content): content.bytes
        }
    }

    /// The number of bytes, nil where not all have been made.
    package var count: Int? {
        switch self {
        case .bytes(let bytes): bytes.count
        case .pieces: nil
        }
    }
}
