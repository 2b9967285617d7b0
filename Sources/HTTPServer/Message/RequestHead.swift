/// A request's line and fields, read and accepted: what stands here obeys RFC 9112.
package struct RequestHead: Sendable {
    /// By reference: a head passes through a dozen hands, and to copy all of this each time costs more than to read it.
    ///
    /// It is changed only by the one who holds it alone, and by `identify` before anyone else has the head.
    private final class Content: @unchecked Sendable {
        let method: Method
        let version: Version
        let fields: Fields
        let framing: BodyFraming
        let isKeptAlive: Bool
        let expectation: Expectation
        let rawTarget: ArraySlice<UInt8>
        let pathRange: Range<Int>
        let queryRange: Range<Int>?
        var id: String
        var match: RouteMatch?

        init(
            _ line: RequestLine,
            _ fields: Fields,
            _ framing: BodyFraming,
            isKeptAlive: Bool,
            _ expectation: Expectation,
            target: ArraySlice<UInt8>,
            id: String
        ) {
            (method, version, pathRange, queryRange) = (line.method, line.version, line.path, line.query)
            (self.fields, self.framing, self.isKeptAlive) = (fields, framing, isKeptAlive)
            (self.expectation, rawTarget, self.id) = (expectation, target, id)
        }

        func has(_ name: String) -> Bool { fields.contains(name) }

        init(copying other: Content) {
            (method, version, pathRange, queryRange) = (other.method, other.version, other.pathRange, other.queryRange)
            (fields, framing, isKeptAlive) = (other.fields, other.framing, other.isKeptAlive)
            (expectation, rawTarget, id, match) = (other.expectation, other.rawTarget, other.id, other.match)
        }
    }

    private var content: Content

    /// The request's name in logs and problems: the client's `X-Request-Id` if it is 1 to 128 of [A-Za-z0-9._-], else
    /// one made here.
    package var id: String {
        get { content.id }
        set { mine.id = newValue }
    }
    /// What has this path, once it has been looked for.
    package var match: RouteMatch? {
        get { content.match }
        set { mine.match = newValue }
    }

    /// The content to be changed, which no other head has.
    private var mine: Content {
        mutating get {
            if !isKnownUniquelyReferenced(&content) { content = Content(copying: content) }
            return content
        }
    }

    /// Says what is found out of a head that has just been read, to all who hold it: the connection and the queue.
    package func identify(as id: String, _ match: RouteMatch?) { (content.id, content.match) = (id, match) }

    package var method: Method { content.method }
    package var version: Version { content.version }
    package var fields: Fields { content.fields }
    /// Whether there is a field of this name; asked here, the fields are not even copied.
    package func has(_ name: String) -> Bool { content.has(name) }
    /// How the body after this head is delimited.
    package var framing: BodyFraming { content.framing }
    /// Whether the client allows another request after this one (RFC 9112 §9.3).
    package var isKeptAlive: Bool { content.isKeptAlive }
    package var expectation: Expectation { content.expectation }
    /// The request line's target as sent: ASCII, escapes not decoded.
    package var rawTarget: ArraySlice<UInt8> { content.rawTarget }
    /// Where the path lies in `rawTarget`; begins with a slash, or is `*` for the server as a whole.
    package var pathRange: Range<Int> { content.pathRange }
    /// Where the query lies in `rawTarget`, without its question mark.
    package var queryRange: Range<Int>? { content.queryRange }

    init(
        _ line: RequestLine,
        _ fields: Fields,
        _ framing: BodyFraming,
        isKeptAlive: Bool,
        _ expectation: Expectation,
        target: ArraySlice<UInt8>,
        id: String
    ) {
        content = Content(line, fields, framing, isKeptAlive: isKeptAlive, expectation, target: target, id: id)
    }

    /// The request line's target as sent.
    package var target: String { String(decoding: rawTarget, as: UTF8.self) }

    /// The path as sent, escapes not decoded; `/` where an absolute target has none.
    package var path: String { String(decoding: rawPath, as: UTF8.self) }

    /// The query as sent, escapes not decoded, or nil where there is none.
    package var query: String? { queryRange.map { String(decoding: rawTarget[$0], as: UTF8.self) } }

    /// The path's bytes as sent.
    package var rawPath: ArraySlice<UInt8> { pathRange.isEmpty ? [UInt8(ascii: "/")] : rawTarget[pathRange] }
}

extension RequestHead {
    /// A head as a test or another front end would make it: HTTP/1.1, kept alive.
    package init(
        _ method: Method,
        _ target: String,
        fields: Fields = [:],
        framing: BodyFraming = .none,
        id: String = "-"
    ) {
        let bytes = Array(target.utf8)
        let question = bytes.firstIndex(of: UInt8(ascii: "?"))
        let query = question.map { ($0 + 1)..<bytes.count }
        let line = RequestLine(method: method, version: .http11, path: 0..<(question ?? bytes.count), query: query)
        self.init(line, fields, framing, isKeptAlive: true, .none, target: bytes[...], id: id)
    }
}

/// What the client expects before it sends the body (RFC 9110 §10.1.1).
package enum Expectation: Equatable, Sendable {
    case none
    /// The client waits for `100 Continue` or a final status.
    case `continue`
    /// Something that no server knows; answered with 417.
    case unknown
}

/// How the end of a request's body is found (RFC 9112 §6.3).
package enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// The body has this many bytes, more than 0.
    case length(UInt64)
    case chunked
}
