/// A request line that has been taken apart and judged (RFC 9112 §3).
struct RequestLine {
    var method: Method
    var version: Version
    /// Where path and query lie in the bytes that hold the target; an empty path stands for `/`.
    var path: Range<Int>
    var query: Range<Int>?

    /// The request line with these three parts, or why it is refused.
    static func read(
        method: ArraySlice<UInt8>,
        target: ArraySlice<UInt8>,
        version: ArraySlice<UInt8>
    ) -> Result<RequestLine, Refusal> {
        do throws(Refusal) {
            let version = try readVersion(version)
            let method = Method(method)
            let (path, query) = try readTarget(target, method)
            return .success(RequestLine(method: method, version: version, path: path, query: query))
        } catch {
            return .failure(error)
        }
    }

    /// RFC 9112 §2.3: `HTTP/`, a digit, a dot, a digit, in this case; RFC 9110 §15.6.6: another major version is 505.
    private static func readVersion(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> Version {
        // Eight bytes are a word: what nearly every client sends is told by one comparison.
        if bytes.count == 8, bytes.reduce(0 as UInt64, { $0 << 8 | UInt64($1) }) == 0x4854_5450_2F31_2E31 {
            return .http11
        }
        let bytes = Array(bytes)
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[5].isDigit, bytes[6] == UInt8(ascii: "."),
            bytes[7].isDigit
        else { throw Refusal(400, "the request line does not end with a version of HTTP") }
        guard bytes[5] == UInt8(ascii: "1") else {
            throw Refusal(505, "this server speaks HTTP/1.1 and 1.0, not \(String(decoding: bytes, as: UTF8.self))")
        }
        return bytes[7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    /// The four forms of RFC 9112 §3.2; which may be used depends on the method.
    private static func readTarget(
        _ target: ArraySlice<UInt8>,
        _ method: Method
    ) throws(Refusal) -> (path: Range<Int>, query: Range<Int>?) {
        if method == .connect {
            // §3.2.3: authority-form is for CONNECT alone, and this is no proxy.
            throw Refusal(501, "CONNECT is not implemented")
        }
        if target.count == 1, target.first == UInt8(ascii: "*") {
            // §3.2.4: asterisk-form is for OPTIONS alone.
            guard method == .options else { throw Refusal(400, "the target * is for OPTIONS alone") }
            return (target.startIndex..<target.endIndex, nil)
        }
        var rest = target
        if target.first != UInt8(ascii: "/") { rest = try afterAuthority(target) }
        let pathEnd = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        try checkEscapes(rest[..<pathEnd], isQuery: false)
        guard pathEnd < rest.endIndex else { return (rest.startIndex..<pathEnd, nil) }
        let query = rest[(pathEnd + 1)...]
        try checkEscapes(query, isQuery: true)
        return (rest.startIndex..<pathEnd, query.startIndex..<query.endIndex)
    }

    /// RFC 9112 §3.2.2: a server takes absolute-form too; what is left is the path and the query.
    private static func afterAuthority(_ target: ArraySlice<UInt8>) throws(Refusal) -> ArraySlice<UInt8> {
        for scheme in ["http://", "https://"] where target.prefix(scheme.utf8.count).equalsIgnoringCase(scheme) {
            let authority = target.dropFirst(scheme.utf8.count).prefix {
                $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?")
            }
            // RFC 9110 §4.2.1: an http URI without a host is invalid; §4.2.4: so is one with user information.
            guard !authority.isEmpty, Authority.isValid(authority) else {
                throw Refusal(400, "the target's host is not a host with an optional port")
            }
            return target[authority.endIndex...]
        }
        throw Refusal(400, "the target begins neither with a slash nor with http:// or https://")
    }

    /// RFC 3986 §3.3 and §3.4; an escape is `%` and two hexadecimal digits, and never NUL, which could cut a path.
    private static func checkEscapes(_ bytes: ArraySlice<UInt8>, isQuery: Bool) throws(Refusal) {
        let bytes = bytes.span
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard bytes.count - index > 2, let high = bytes[index + 1].hexadecimalValue,
                    let low = bytes[index + 2].hexadecimalValue, high | low != 0
                else { throw Refusal(400, "the target has a % that begins no escape, or the escape of NUL") }
                index += 3
            } else {
                guard byte.isPathByte || (isQuery && byte == UInt8(ascii: "?")) else {
                    throw Refusal(400, "the target has a character that must be percent-encoded")
                }
                index += 1
            }
        }
    }
}
