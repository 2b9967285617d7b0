/// What a head must satisfy once all its lines have been read: Host, the body's framing, persistence, Expect.
enum HeadRules {
    /// The head that these parts make, or why it is refused; `target` lies in the fields' storage.
    static func judge(
        _ line: RequestLine,
        _ fields: Fields,
        target: ArraySlice<UInt8>
    ) -> Result<RequestHead, Refusal> {
        let found = FramingFields(fields)
        do throws(Refusal) {
            try checkHost(found, line.version)
            let framing = try framing(found, line.version)
            return .success(
                RequestHead(
                    line,
                    fields,
                    framing,
                    isKeptAlive: isKeptAlive(found, line.version),
                    expectation(found, line.version, framing),
                    target: target,
                    id: ""
                )
            )
        } catch {
            return .failure(error)
        }
    }

    /// RFC 9112 §3.2: exactly one valid Host in HTTP/1.1, at most one in 1.0.
    private static func checkHost(_ fields: FramingFields, _ version: Version) throws(Refusal) {
        let hosts = fields.host
        guard let host = hosts.first else {
            if version == .http11 { throw Refusal(400, "HTTP/1.1 requires a Host field") }
            return
        }
        guard hosts.count == 1 else { throw Refusal(400, "there are \(hosts.count) Host fields") }
        // RFC 9110 §4.2.1: a URI of http without a host is invalid, so an empty Host is too.
        guard Authority.isValid(host) else { throw Refusal(400, "Host is not a host with an optional port") }
    }

    /// RFC 9112 §6.3, without any of its leniencies.
    private static func framing(_ fields: FramingFields, _ version: Version) throws(Refusal) -> BodyFraming {
        let codings = fields.transferEncoding
        let lengths = fields.contentLength
        if !codings.isEmpty {
            // §6.1: Transfer-Encoding in HTTP/1.0, or beside Content-Length, is an attempt at smuggling.
            guard version == .http11 else { throw Refusal(400, "HTTP/1.0 has no Transfer-Encoding") }
            guard lengths.isEmpty else { throw Refusal(400, "Transfer-Encoding and Content-Length stand together") }
            try checkCodings(codings)
            return .chunked
        }
        guard let text = lengths.first else { return .none }
        // §6.3 item 5: several equal values could be taken as one; a proxy before us may take another.
        guard lengths.count == 1 else { throw Refusal(400, "there are \(lengths.count) Content-Length fields") }
        // RFC 9110 §8.6: 1*DIGIT; 19 digits always fit 64 bits.
        guard !text.isEmpty, text.count <= 19, text.allSatisfy(\.isDigit) else {
            throw Refusal(400, "Content-Length is not a number of at most 19 digits")
        }
        let length = text.reduce(0 as UInt64) { $0 * 10 + UInt64($1 & 15) }
        return length == 0 ? .none : .length(length)
    }

    /// RFC 9112 §6.1: exactly `chunked`; another coding before it is 501, any other end 400 (§6.3 item 4).
    private static func checkCodings(_ values: [ArraySlice<UInt8>]) throws(Refusal) {
        if values.count == 1, values[0].equalsIgnoringCase("chunked") { return }
        let elements = values.flatMap { value in
            value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(\.trimmed)
        }
        let isWellFormed = elements.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isTokenByte) }
        let chunked = elements.filter { $0.equalsIgnoringCase("chunked") }
        guard isWellFormed, chunked.count == 1, elements.last?.equalsIgnoringCase("chunked") == true else {
            throw Refusal(400, "Transfer-Encoding does not end with one chunked")
        }
        throw Refusal(501, "chunked is the only transfer coding here")
    }

    /// RFC 9112 §9.3: `close` wins, HTTP/1.1 goes on by itself and HTTP/1.0 only with `keep-alive`.
    private static func isKeptAlive(_ fields: FramingFields, _ version: Version) -> Bool {
        if fields.connection.isEmpty { return version == .http11 }
        let options = fields.connection.flatMap(\.listElements)
        if options.contains(where: { $0.equalsIgnoringCase("close") }) { return false }
        return version == .http11 || options.contains { $0.equalsIgnoringCase("keep-alive") }
    }

    /// RFC 9110 §10.1.1: `100-continue` in any case, ignored in HTTP/1.0 and where no body follows.
    private static func expectation(
        _ fields: FramingFields,
        _ version: Version,
        _ framing: BodyFraming
    ) -> Expectation {
        guard version == .http11, !fields.expect.isEmpty else { return .none }
        let expectations = fields.expect.flatMap(\.listElements)
        guard expectations.allSatisfy({ $0.equalsIgnoringCase("100-continue") }) else { return .unknown }
        return expectations.isEmpty || framing == .none ? .none : .continue
    }
}

/// The values of the fields that decide on framing, found in one pass; most requests have only the first.
private struct FramingFields {
    var host: [ArraySlice<UInt8>] = []
    var contentLength: [ArraySlice<UInt8>] = []
    var transferEncoding: [ArraySlice<UInt8>] = []
    var connection: [ArraySlice<UInt8>] = []
    var expect: [ArraySlice<UInt8>] = []

    init(_ fields: Fields) {
        for line in fields.lines {
            let name = fields.bytes(line.name)
            let value = fields.bytes(line.value)
            switch name.count {
            case 4 where name.equalsIgnoringCase("Host"): host.append(value)
            case 6 where name.equalsIgnoringCase("Expect"): expect.append(value)
            case 10 where name.equalsIgnoringCase("Connection"): connection.append(value)
            case 14 where name.equalsIgnoringCase("Content-Length"): contentLength.append(value)
            case 17 where name.equalsIgnoringCase("Transfer-Encoding"): transferEncoding.append(value)
            default: break
            }
        }
    }
}
