import HTTPServer
import Testing

private func fields(_ lines: String, _ outline: [String], _ why: String) -> Row {
    Row("GET / HTTP/1.1\r\n" + lines + "\r\n\r\n", outline, why)
}
private func host(_ value: String, _ outline: [String], _ why: String) -> Row {
    fields("Host: " + value, outline, why)
}
private let refused = ["400", "fin"]
private let taken = ["GET /"]

@Test(arguments: [
    fields("Host: a", taken, "one field"),
    fields("hOsT:a", taken, "names in any case, no white space"),
    fields("Host: \t a \t ", taken, "optional white space"),
    fields("Host: a\r\n!#$%&'*+-.^_`|~09azAZ: b", taken, "every character of a name"),
    fields("Host: a\r\nX: é\u{FF}", taken, "obs-text in a value"),
    fields("Host: a\r\nX: a\tb", taken, "a tab in a value"),
    fields("Host: a\r\nX:", taken, "an empty value"),
    fields("Host: a\r\nX : b", refused, "white space before the colon"),
    fields("Host: a\r\n: b", refused, "no name"),
    fields("Host: a\r\nX", refused, "no colon"),
    fields("Host: a\r\nX[: b", refused, "a name is a token"),
    fields("Host: a\r\nXé: b", refused, "a name is ASCII"),
    fields("Host: a\r\nX: b\0c", refused, "NUL in a value"),
    fields("Host: a\r\nX: b\u{7F}c", refused, "DEL in a value"),
    fields("Host: a\r\nX: b\u{B}c", refused, "a control character in a value"),
    fields("Host: a\r\nX: b\rc", refused, "a lone CR in a value"),
    fields("Host: a\r\nX: b\nContent-Length: 3", refused, "a lone LF in a value hides no field"),
    fields("Host: a\r\nX: b\r\n c", refused, "a folded line"),
    fields(" X: b\r\nHost: a", refused, "white space before the first field"),
    fields("Host: a\r\n\rX: b", refused, "a lone CR ends no head"),
    fields("Host: a\r\nX:\n\nGET / HTTP/1.1", refused, "two LFs end no head"),
])
func `a field line is taken as RFC 9112 §5 has it, however it is split`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test(arguments: [
    host("localhost:65535", taken, "a port"),
    host("localhost.", taken, "a trailing dot"),
    host("a_b-c%41", taken, "a registered name"),
    host("127.0.0.1", taken, "IPv4"),
    host("[::1]:8080", taken, "IPv6"),
    host("[v1.a:b]", taken, "a future literal"),
    host("localhost:", taken, "an empty port is in the grammar"),
    host("localhost:65536", refused, "no such port"),
    host("localhost:00000000000000000000000080", taken, "leading zeros"),
    host("localhost:99999999999999999999", refused, "a port that overflows"),
    host("localhost:8x", refused, "a port is digits"),
    host("", refused, "no host"),
    host("u@localhost", refused, "user information"),
    host("localhost/x", refused, "a path"),
    host("local\"host", refused, "a quote"),
    host("local host", refused, "a space"),
    host("a,b", refused, "two hosts joined"),
    host("%4", refused, "a cut escape"),
    host("[::1", refused, "an open literal"),
    host("[]", refused, "an empty literal"),
    host("[::1]x", refused, "something after a literal"),
    host("[g]", refused, "a literal of no kind"),
    fields("X: y", refused, "no Host in HTTP/1.1"),
    fields("Host: a\r\nHost: a", refused, "two Hosts"),
    fields("Host: a\r\nhOST: b", refused, "two Hosts in different case"),
    Row("GET / HTTP/1.0\r\n\r\n", ["GET /", "fin"], "HTTP/1.0 needs no Host"),
    Row("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", refused, "but not two"),
])
func `Host is exactly one host with an optional port`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test(arguments: [
    fields("Host: a\r\nConnection: close", ["GET /", "fin"], "close"),
    fields("Host: a\r\nConnection: foo, CLOSE ,bar", ["GET /", "fin"], "close in a list"),
    fields("Host: a\r\nConnection: keep-alive\r\nConnection: close", ["GET /", "fin"], "close wins"),
    fields("Host: a\r\nConnection: closed", taken, "another option"),
    Row("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", taken, "HTTP/1.0 with keep-alive"),
    Row(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
        ["GET /", "fin"],
        "nothing after close is looked at"
    ),
    Row(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
        ["GET /1", "GET /2", "GET /3"],
        "pipelined"
    ),
])
func `a connection goes on as RFC 9112 §9.3 has it`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test func `the limits of a head hold to the byte`() throws {
    var limits = Limits()
    (limits.head, limits.field, limits.fields) = (200, 50, 5)
    let start = "GET / HTTP/1.1\r\nHost: a\r\n"
    func outline(_ rest: String) throws -> [String] {
        try transcriptHoweverSplit(start + rest, limits: limits).outline
    }
    func field(_ count: Int) -> String { "X: " + String(repeating: "v", count: count - 3) + "\r\n" }
    #expect(try outline(field(50) + "\r\n") == ["GET /"])
    #expect(try outline(field(51) + "\r\n") == ["431", "fin"])
    #expect(try outline(String(repeating: "n", count: 51)) == ["431", "fin"], "a name alone")
    #expect(try outline(String(repeating: "X: y\r\n", count: 4) + "\r\n") == ["GET /"])
    #expect(try outline(String(repeating: "X: y\r\n", count: 5) + "\r\n") == ["431", "fin"])
    // 25 bytes of start, 3 × 52 of fields and 2 at the end leave 17.
    let long = String(repeating: field(50), count: 3)
    #expect(try outline(long + field(15) + "\r\n") == ["GET /"])
    #expect(try outline(long + field(16) + "\r\n") == ["431", "fin"])
    // The byte that passes the limit is not judged: it is the same one whether it comes alone or with those before it.
    #expect(try outline(long + "X: " + String(repeating: "v", count: 16) + "\0") == ["431", "fin"])
    #expect(try outline(long + String(repeating: "n", count: 19) + "\0") == ["431", "fin"])
    limits.head = limits.requestLine
    let target = "GET /" + String(repeating: "a", count: limits.head - 5)
    #expect(try transcriptHoweverSplit(target + "\0", limits: limits).outline == ["431", "fin"])
}

@Test func `a head of HEAD that is refused is answered without content`() throws {
    let transcript = try transcriptHoweverSplit("HEAD / HTTP/1.1\r\nX Y\r\n\r\n")
    #expect(transcript.lines.contains("  without content"))
}
