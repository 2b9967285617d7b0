import HTTPServer
import Testing

/// What is sent, what becomes of it, and why.
struct Row: CustomTestStringConvertible, Sendable {
    var sent: String
    var outline: [String]
    var why: String

    init(_ sent: String, _ outline: [String], _ why: String) {
        (self.sent, self.outline, self.why) = (sent, outline, why)
    }

    var testDescription: String { why }
}

private let host = "Host: localhost\r\n\r\n"
private func line(_ line: String, _ outline: [String], _ why: String) -> Row {
    Row(line + "\r\n" + host, outline, why)
}

@Test(arguments: [
    line("GET / HTTP/1.1", ["GET /"], "the plainest request"),
    line("GET /a/b?c=d&e=?/ HTTP/1.1", ["GET /a/b"], "path and query"),
    line("GET /%41%2f HTTP/1.1", ["GET /%41%2f"], "escapes are left as they are"),
    line("GET /!$&'()*+,;=:@-._~ HTTP/1.1", ["GET /!$&'()*+,;=:@-._~"], "every character of a path"),
    line("GET / HTTP/1.0", ["GET /", "fin"], "HTTP/1.0 closes"),
    line("GET / HTTP/1.9", ["GET /"], "a later minor version is handled as 1.1"),
    line("GET / HTTP/2.0", ["505", "fin"], "another major version"),
    line("GET / HTTP/0.9", ["505", "fin"], "another major version"),
    line("PRI * HTTP/2.0", ["505", "fin"], "the preface of HTTP/2"),
    line("GET / http/1.1", ["400", "fin"], "the version is case-sensitive"),
    line("GET / HTTP/1.", ["400", "fin"], "no minor version"),
    line("GET / HTTP/1.12", ["400", "fin"], "two digits"),
    line("GET / HTTP/01.1", ["400", "fin"], "a leading zero"),
    line("GET / HTTP/4294967297.1", ["400", "fin"], "a version that wraps to 1 in 32 bits"),
    line("GET / HTTP/1,1", ["400", "fin"], "no dot"),
    line("GET / HTTP/1.1 ", ["400", "fin"], "a trailing space"),
    line("GET /", ["400", "fin"], "HTTP/0.9's request"),
    line("GET  HTTP/1.1", ["400", "fin"], "no target"),
    line("GET HTTP/1.1", ["400", "fin"], "no target and one space"),
    line("GET  / HTTP/1.1", ["400", "fin"], "two spaces"),
    line("GET /  HTTP/1.1", ["400", "fin"], "two spaces"),
    line("GET\t/ HTTP/1.1", ["400", "fin"], "a tab for a space"),
    line("GET / a HTTP/1.1", ["400", "fin"], "a space in the target"),
    line(" GET / HTTP/1.1", ["400", "fin"], "a leading space"),
    line("G@T / HTTP/1.1", ["400", "fin"], "a method is a token"),
    line("GE\0T / HTTP/1.1", ["400", "fin"], "NUL in the method"),
    line("GÉT / HTTP/1.1", ["400", "fin"], "a method is ASCII"),
    line("BREW / HTTP/1.1", ["BREW /"], "an unknown method is the responder's to refuse"),
    line("get / HTTP/1.1", ["get /"], "methods are case-sensitive, so this is an unknown one"),
    line("GET /\u{1} HTTP/1.1", ["400", "fin"], "a control character"),
    line("GET /\u{7F} HTTP/1.1", ["400", "fin"], "DEL"),
    line("GET /é HTTP/1.1", ["400", "fin"], "a byte beyond ASCII"),
    line("GET /\\ HTTP/1.1", ["400", "fin"], "a backslash is no slash"),
    line("GET /<> HTTP/1.1", ["400", "fin"], "delimiters of RFC 2396"),
    line("GET /a#b HTTP/1.1", ["400", "fin"], "a fragment is never sent"),
    line("GET /? HTTP/1.1", ["GET /"], "an empty query"),
    line("GET /?[] HTTP/1.1", ["400", "fin"], "brackets must be escaped in a query"),
    line("GET /%00 HTTP/1.1", ["400", "fin"], "an escaped NUL"),
    line("GET /%zz HTTP/1.1", ["400", "fin"], "no hexadecimal digits"),
    line("GET /%4 HTTP/1.1", ["400", "fin"], "an escape cut at the end"),
    line("GET /% HTTP/1.1", ["400", "fin"], "an escape cut at its beginning"),
    line("GET /?%4 HTTP/1.1", ["400", "fin"], "an escape cut in the query"),
    line("GET a HTTP/1.1", ["400", "fin"], "origin-form begins with a slash"),
    line("GET * HTTP/1.1", ["400", "fin"], "the asterisk is for OPTIONS"),
    line("OPTIONS * HTTP/1.1", ["OPTIONS *"], "asterisk-form"),
    line("OPTIONS ** HTTP/1.1", ["400", "fin"], "two asterisks"),
    line("CONNECT localhost:80 HTTP/1.1", ["501", "fin"], "no proxy"),
    line("GET http://localhost/a HTTP/1.1", ["GET /a"], "absolute-form"),
    line("GET HTTP://LocalHost:80/a?b HTTP/1.1", ["GET /a"], "absolute-form in upper case"),
    line("GET http://localhost HTTP/1.1", ["GET /"], "absolute-form without a path"),
    line("GET http://localhost?a HTTP/1.1", ["GET /"], "absolute-form with a query alone"),
    line("GET http:///a HTTP/1.1", ["400", "fin"], "absolute-form without a host"),
    line("GET http://u:p@localhost/ HTTP/1.1", ["400", "fin"], "user information"),
    line("GET http://localhost:99999999999999999999/ HTTP/1.1", ["400", "fin"], "a port that overflows"),
    line("GET ftp://localhost/ HTTP/1.1", ["400", "fin"], "another scheme"),
    Row("\r\nGET / HTTP/1.1\r\n" + host, ["GET /"], "an empty line before the request"),
    Row(String(repeating: "\r\n", count: 9), ["400", "fin"], "too many empty lines"),
    Row("\rGET / HTTP/1.1\r\n" + host, ["400", "fin"], "a lone CR before the request"),
    Row("\nGET / HTTP/1.1\r\n" + host, ["400", "fin"], "a lone LF before the request"),
    Row("GET / HTTP/1.1\n" + host, ["400", "fin"], "a lone LF after the request line"),
    Row("GET / HTTP/1.1\rX" + host, ["400", "fin"], "a lone CR after the request line"),
    Row("GET / HTTP/1.1\r\r\n" + host, ["400", "fin"], "two CRs"),
    Row("GET /\nHTTP/1.1\r\n" + host, ["400", "fin"], "LF for a space"),
    Row("\u{16}\u{3}\u{1}\0È", ["400", "fin"], "a TLS hello is refused at its first byte"),
    Row("SSH-2.0-OpenSSH_9.2p1\r\n", ["400", "fin"], "another protocol"),
])
func `a request line is taken as RFC 9112 §3 has it, however it is split`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test func `the request line's limit holds to the byte`() throws {
    var limits = Limits()
    limits.requestLine = 64
    let fits = "GET /" + String(repeating: "a", count: 64 - 14) + " HTTP/1.1"
    #expect(fits.utf8.count == 64)
    #expect(try transcriptHoweverSplit(fits + "\r\n" + host, limits: limits).outline.first?.prefix(6) == "GET /a")
    let over = fits.replacing("/a", with: "/aa")
    #expect(try transcriptHoweverSplit(over + "\r\n" + host, limits: limits).outline == ["414", "fin"])
    let endless = "GET /" + String(repeating: "a", count: 500)
    #expect(try transcriptHoweverSplit(endless, limits: limits).outline == ["414", "fin"])
    let method = String(repeating: "A", count: 500)
    #expect(try transcriptHoweverSplit(method, limits: limits).outline == ["414", "fin"])
}
