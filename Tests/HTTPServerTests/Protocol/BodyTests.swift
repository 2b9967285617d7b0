import HTTPServer
import Testing

private func post(_ fields: String, _ body: String, _ outline: [String], _ why: String) -> Row {
    Row("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n" + body, outline, why)
}
private func length(_ value: String, _ outline: [String], _ why: String) -> Row {
    post("Content-Length: " + value, "hello", outline, why)
}
private func chunked(_ body: String, _ outline: [String], _ why: String) -> Row {
    post("Transfer-Encoding: chunked", body, outline, why)
}
private let refused = ["400", "fin"]
private let taken = ["POST /"]
private let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"

@Test(arguments: [
    length("5", taken, "a body"),
    length("005", taken, "leading zeros are in the grammar, and decimal"),
    length("3", ["POST /"], "what follows the body begins the next request"),
    length("7", [], "the body is not whole"),
    length("+5", refused, "a sign"),
    length("-5", refused, "a sign"),
    length("0x5", refused, "no decimal number"),
    length("5,5", refused, "a list"),
    length("5 5", refused, "two numbers"),
    length("\"5\"", refused, "quotes"),
    length("5.0", refused, "a fraction"),
    length("", refused, "nothing"),
    length("\u{A0}5", refused, "NBSP is no white space"),
    length("67108865", ["413", "fin"], "one byte over the limit, refused before it is read"),
    length("9223372036854775807", ["413", "fin"], "Int64's greatest"),
    length("9223372036854775808", ["413", "fin"], "beyond Int64"),
    length("18446744073709551621", refused, "2^64 + 5 has more than 19 digits"),
    length("00000000000000000005", refused, "more than 19 digits"),
    post("Content-Length: 5\r\nContent-Length: 5", "hello", refused, "two equal lengths"),
    post("Content-Length: 5\r\nContent-Length: 6", "hello", refused, "two different lengths"),
    post("X-Content-Length: 5\r\nContent-LengthX: 5", next, ["POST /", "GET /next"], "names match whole"),
    post("Content-Length: 0", next, ["POST /", "GET /next"], "an empty body"),
    Row("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + next, ["GET /", "GET /next"], "GET's body"),
])
func `Content-Length delimits the body`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test(arguments: [
    post("Transfer-Encoding: ChUnKeD", "0\r\n\r\n", taken, "in any case"),
    post("Transfer-Encoding:\t chunked \t", "0\r\n\r\n", taken, "white space around it"),
    post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", refused, "beside a length"),
    post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n", refused, "beside a length"),
    post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n", ["501", "fin"], "another coding before it"),
    post("Transfer-Encoding: cow\r\nTransfer-Encoding: chunked", "", ["501", "fin"], "the same in two lines"),
    post("Transfer-Encoding: gzip", "", refused, "not chunked at last"),
    post("Transfer-Encoding: chunked, identity", "", refused, "not chunked at last"),
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "", refused, "the same in two lines"),
    post("Transfer-Encoding: chunked, chunked", "", refused, "twice"),
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "", refused, "twice in two lines"),
    post("Transfer-Encoding: chunked,", "", refused, "an empty element"),
    post("Transfer-Encoding: ,chunked", "", refused, "an empty element"),
    post("Transfer-Encoding: chunked;", "", refused, "it has no parameters"),
    post("Transfer-Encoding: \"chunked\"", "", refused, "quotes"),
    post("Transfer-Encoding: xchunked", "", refused, "another word"),
    post("Transfer-Encoding: \u{B}chunked", "", refused, "a vertical tab is no white space"),
    post("Transfer-Encoding: \u{A0}chunked", "", refused, "NBSP is no white space"),
    post("Transfer-Encoding:", "", refused, "nothing"),
    Row("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", refused, "HTTP/1.0 has none"),
])
func `Transfer-Encoding is exactly one chunked`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test(arguments: [
    chunked("5\r\nhello\r\n0\r\n\r\n" + next, ["POST /", "GET /next"], "one chunk"),
    chunked("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n", taken, "two chunks"),
    chunked("0005\r\nhello\r\n000\r\n\r\n", taken, "leading zeros"),
    chunked("5;a=b;c=\"d \\\" e\"\r\nhello\r\n0;last\r\n\r\n", taken, "extensions are ignored"),
    chunked("5 ; a = b\r\nhello\r\n0\r\n\r\n", taken, "bad white space around an extension"),
    chunked("5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n" + next, ["POST /", "GET /next"], "trailers"),
    chunked("5\r\nhello\r\n", [], "no last chunk yet"),
    chunked("-5\r\nhello", refused, "a sign"),
    chunked("+5\r\nhello", refused, "a sign"),
    chunked("0x5\r\nhello", refused, "no hexadecimal digit"),
    chunked("0_5\r\nhello", refused, "no hexadecimal digit"),
    chunked("5g\r\nhello", refused, "no hexadecimal digit"),
    chunked(" 5\r\nhello", refused, "white space before the size"),
    chunked("5 \r\nhello", refused, "white space after the size"),
    chunked("\r\nhello", refused, "no size"),
    chunked(";a\r\nhello", refused, "no size"),
    chunked("ffffffffffffffff\r\nhello", ["413", "fin"], "2^64 - 1"),
    chunked("10000000000000005\r\nhello", refused, "2^64 + 5 has more than 16 digits"),
    chunked("5\r\nhello\r\n7ffffffffffffffb\r\n", ["413", "fin"], "the sum is 2^63"),
    chunked("5\r\nhello\r\nfffffffffffffffb\r\n", ["413", "fin"], "the sum is 2^64"),
    chunked("5\nhello\r\n0\r\n\r\n", refused, "a lone LF after the size"),
    chunked("5\rhello\r\n0\r\n\r\n", refused, "a lone CR after the size"),
    chunked("5\r\nhello\n0\r\n\r\n", refused, "a lone LF after the data"),
    chunked("5\r\nhello0\r\n\r\n", refused, "nothing after the data"),
    chunked("5\r\nhelloXX0\r\n\r\n", refused, "two other bytes after the data"),
    chunked("5\r\nhello\r0\r\n\r\n", refused, "a lone CR after the data"),
    chunked("5;a\rb\r\nhello", refused, "a lone CR in an extension"),
    chunked("5;a\nb\r\nhello", refused, "a lone LF in an extension"),
    chunked("5;a=\"\0\"\r\nhello", refused, "NUL in an extension"),
    chunked("5;a=\"\r\n\"\r\nhello", refused, "a line end in a quoted string"),
    chunked("5;\r\nhello", refused, "an extension without a name"),
    chunked("5;a=\r\nhello", refused, "an extension without its value"),
    chunked("5;=b\r\nhello", refused, "an extension without a name"),
    chunked("5;a=\"b\"c\r\nhello", refused, "something after a quoted string"),
    chunked("0\r\nX : y\r\n\r\n", refused, "a trailer with white space before the colon"),
    chunked("0\r\n X: y\r\n\r\n", refused, "a folded trailer"),
    chunked("0\r\nX: \0\r\n\r\n", refused, "NUL in a trailer"),
    chunked("0\r\nX: y\n\r\n", refused, "a lone LF in a trailer"),
    chunked("0\r\nX: y\r\n\rZ", refused, "a lone CR at the end"),
    chunked("0\r\n: y\r\n\r\n", refused, "a trailer without a name"),
])
func `chunks are framed as RFC 9112 §7.1 has it, however they are split`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test func `the content of chunks is what was between their frames`() throws {
    let sent = chunked("1\r\nh\r\n4;x\r\nello\r\n0\r\nX: y\r\n\r\n", [], "").sent
    #expect(try transcriptHoweverSplit(sent).lines.last == "  body hello")
}

@Test func `the limits of a chunked body hold to the byte`() throws {
    var limits = Limits()
    (limits.body, limits.chunkExtension, limits.chunkExtensions) = (10, 8, 20)
    (limits.trailers, limits.fields) = (20, 3)
    func outline(_ body: String) throws -> [String] {
        let sent = chunked(body, [], "").sent.replacing("Host: a\r\n", with: "Host: a\r\n")
        return try transcriptHoweverSplit(sent, limits: limits).outline
    }
    let tooLarge = ["413", "fin"]
    #expect(try outline("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n") == taken)
    #expect(try outline("5\r\nhello\r\n6\r\n") == tooLarge)
    #expect(try outline("5;1234567\r\nhello\r\n0\r\n\r\n") == taken)
    #expect(try outline("5;12345678\r\nhello\r\n0\r\n\r\n") == tooLarge)
    #expect(try outline("1;1234567\r\nh\r\n1;1234567\r\nh\r\n1;123\r\nh\r\n0\r\n\r\n") == taken)
    #expect(try outline("1;1234567\r\nh\r\n1;1234567\r\nh\r\n1;1234\r\n") == tooLarge)
    #expect(try outline("0\r\nX: 6789012345678\r\n\r\n") == taken)
    #expect(try outline("0\r\nX: 67890123456789\r\n\r\n") == ["431", "fin"])
    #expect(try outline("0\r\nX:\r\nX:\r\nX:\r\n\r\n") == taken)
    #expect(try outline("0\r\nX:\r\nX:\r\nX:\r\nX:\r\n") == ["431", "fin"])
}

@Test func `a body buffer does not grow from an announced length alone`() {
    var player = Player()
    player.feed(bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\nx"))
    #expect(player.machine.phase == .body)
    #expect(player.machine.reservedBytes < 4096)
}
