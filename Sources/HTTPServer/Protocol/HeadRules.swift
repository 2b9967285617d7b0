/// What a head must satisfy once all its lines have been read: Host, the body's framing, persistence, Expect.
enum HeadRules {
    /// The head that these parts make, or why it is refused; `target` lies in the fields' storage.
    static func judge(
        _ line: RequestLine,
        _ fields: consuming Fields,
        target: consuming ArraySlice<UInt8>
    ) -> Result<RequestHead, Refusal> {
        let found = FramingFields(fields)
        do throws(Refusal) {
            try checkHost(found, fields, line.version)
            let framing = try framing(found, fields, line.version)
            return .success(
                RequestHead(
                    line,
                    fields,
                    framing,
                    isKeptAlive: isKeptAlive(found, fields, line.version),
                    expectation(found, fields, line.version, framing),
                    target: target,
                    id: ""
                )
            )
        } catch {
            return .failure(error)
        }
    }

    /// RFC 9112 §3.2: exactly one valid Host in HTTP/1.1, at most one in 1.0.
    private static func checkHost(
        _ found: FramingFields,
        _ fields: Fields,
        _ version: Version
    ) throws(Refusal) {
        let hosts = found.host
        guard let host = hosts.first else {
            if version == .http11 { throw Refusal(400, "HTTP/1.1 requires a Host field") }
            return
        }
        guard hosts.count == 1 else { throw Refusal(400, "there are \(hosts.count) Host fields") }
        // RFC 9110 §4.2.1: a URI of http without a host is invalid, so an empty Host is too.
        guard Authority.isValid(fields.bytes(host)) else {
            throw Refusal(400, "Host is not a host with an optional port")
        }
    }

    /// RFC 9112 §6.3, without any of its leniencies.
    private static func framing(
        _ found: FramingFields,
        _ fields: Fields,
        _ version: Version
    ) throws(Refusal) -> BodyFraming {
        let lengths = found.contentLength
        if found.transferEncoding.count > 0 {
            // §6.1: Transfer-Encoding in HTTP/1.0, or beside Content-Length, is an attempt at smuggling.
            guard version == .http11 else { throw Refusal(400, "HTTP/1.0 has no Transfer-Encoding") }
            guard lengths.count == 0 else { throw Refusal(400, "Transfer-Encoding and Content-Length stand together") }
            try checkCodings(fields.values("Transfer-Encoding"))
            return .chunked
        }
        guard let range = lengths.first else { return .none }
        // §6.3 item 5: several equal values could be taken as one; a proxy before us may take another.
        guard lengths.count == 1 else { throw Refusal(400, "there are \(lengths.count) Content-Length fields") }
        let text = fields.bytes(range)
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
    private static func isKeptAlive(_ found: FramingFields, _ fields: Fields, _ version: Version) -> Bool {
        if found.connection.count == 0 { return version == .http11 }
        let options = fields.values("Connection").flatMap(\.listElements)
        if options.contains(where: { $0.equalsIgnoringCase("close") }) { return false }
        return version == .http11 || options.contains { $0.equalsIgnoringCase("keep-alive") }
    }

    /// RFC 9110 §10.1.1: `100-continue` in any case, ignored in HTTP/1.0 and where no body follows.
    private static func expectation(
        _ found: FramingFields,
        _ fields: Fields,
        _ version: Version,
        _ framing: BodyFraming
    ) -> Expectation {
        guard version == .http11, found.expect.count > 0 else { return .none }
        let expectations = fields.values("Expect").flatMap(\.listElements)
        guard expectations.allSatisfy({ $0.equalsIgnoringCase("100-continue") }) else { return .unknown }
        return expectations.isEmpty || framing == .none ? .none : .continue
    }
}

/// The fields that decide on framing, found in one pass; most requests have only the first.
private struct FramingFields {
    /// How many lines have a name, and where the value of the first lies.
    struct Found {
        var count = 0
        var first: Range<UInt32>?

        mutating func add(_ value: Range<UInt32>) {
            if count == 0 { first = value }
            count += 1
        }
    }

    var host = Found()
    var contentLength = Found()
    var transferEncoding = Found()
    var connection = Found()
    var expect = Found()

    init(_ fields: borrowing Fields) {
        for line in fields.lines {
            switch line.name.count {
            case 4 where fields.isName(line, "Host"): host.add(line.value)
            case 6 where fields.isName(line, "Expect"): expect.add(line.value)
            case 10 where fields.isName(line, "Connection"): connection.add(line.value)
            case 14 where fields.isName(line, "Content-Length"): contentLength.add(line.value)
            case 17 where fields.isName(line, "Transfer-Encoding"): transferEncoding.add(line.value)
            default: break
            }
        }
    }
}
