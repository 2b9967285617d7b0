import HTTPServer
import Testing

private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

private func refused(_ fields: String, _ body: String, _ outline: [String], _ why: String) -> Row {
    Row("POST /refused HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body + get, outline, why)
}

@Test(arguments: [
    refused("", "", ["404 /refused", "GET /"], "no body"),
    refused("Content-Length: 5\r\n", "hello", ["404 /refused", "GET /"], "a body is skipped"),
    refused("Content-Length: 27\r\n", get, ["404 /refused", "GET /"], "and never taken for a request"),
    refused("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n", ["404 /refused", "GET /"], "a chunked body"),
    refused("Transfer-Encoding: chunked\r\n", "x", ["404 /refused", "fin"], "broken chunks: no second answer"),
    refused("Transfer-Encoding: chunked\r\n", "40001\r\n", ["404 /refused", "fin"], "too much to skip"),
    refused("Content-Length: 262145\r\n", "", ["404 /refused", "fin"], "too much to skip"),
    refused("Content-Length: 5\r\nExpect: 100-continue\r\n", "", ["404 /refused", "fin"], "body or request? close"),
])
func `the body of a request refused early is skipped within a bound`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

private func expect(_ value: String, _ outline: [String], _ why: String) -> Row {
    Row("POST / HTTP/1.1\r\nHost: a\r\nExpect: \(value)\r\nContent-Length: 1\r\n\r\nx", outline, why)
}

@Test(arguments: [
    expect("100-continue", ["100", "POST /"], "before the body"),
    expect("100-CONTINUE", ["100", "POST /"], "in any case"),
    expect("200-maybe", ["417", "fin"], "another expectation"),
    expect("100-continue, x", ["417", "fin"], "another beside it"),
    expect("", ["POST /"], "an empty list"),
    Row("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", ["GET /"], "no body to continue with"),
    Row(
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        ["POST /", "fin"],
        "HTTP/1.0 gets no interim response"
    ),
    Row(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
        ["413", "fin"],
        "too large: not asked for"
    ),
])
func `an expectation is met, ignored or refused as RFC 9110 §10.1.1 has it`(row: Row) throws {
    #expect(try transcriptHoweverSplit(row.sent).outline == row.outline)
}

@Test func `nothing is consumed while an answer is pending`() {
    var player = Player()
    player.answersLater = true
    player.feed(bytes(get + get + get))
    #expect(player.transcript.outline == ["GET /"])
    #expect(player.machine.phase == .answering)
    player.answer("200")
    player.run()
    #expect(player.transcript.outline == ["GET /", "200", "GET /"])
}

@Test(arguments: [
    ("", ["close"], "an idle connection is closed"),
    ("GET / HT", ["400", "fin"], "within the head"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell", ["400", "fin"], "within the body"),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ["400", "fin"],
        "before the last chunk"
    ),
    (get, ["GET /", "close"], "after an answer"),
    (
        "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell", ["404 /refused", "close"],
        "in a skipped body"
    ),
])
func `FIN is an incomplete message's end and an idle connection's`(sent: String, outline: [String], why: String) {
    var player = Player()
    player.feed(bytes(sent))
    player.end()
    #expect(player.transcript.outline == outline, "\(why)")
}

@Test func `a half-closed client gets its answer`() {
    var player = Player()
    player.answersLater = true
    player.feed(bytes(get))
    player.end()
    player.answer("200")
    #expect(player.transcript.outline == ["GET /", "200", "fin"])
}

@Test func `the last of the requests that a connection may make closes it`() {
    var limits = Limits()
    limits.requestsPerConnection = 3
    var player = Player(limits: limits)
    player.feed(bytes(get + get + get + get))
    #expect(player.transcript.outline == ["GET /", "GET /", "GET /", "fin"])
}

@Test func `a lingering connection drops a bounded amount and closes`() {
    var player = Player()
    player.feed(bytes("BAD\r\n"))
    #expect(player.machine.phase == .lingering)
    player.feed([UInt8](repeating: 0, count: 40_000))
    #expect(player.machine.phase == .lingering)
    player.feed([UInt8](repeating: 0, count: 40_000))
    #expect(player.transcript.outline == ["400", "fin", "close"])
}

@Test func `a stopping connection gives its current answer and no more`() {
    var kept = Player()
    kept.feed(bytes(get))
    let isKeptWaiting = kept.machine.stopAfterCurrent()
    #expect(isKeptWaiting)

    var fresh = Player()
    let isFreshWaiting = fresh.machine.stopAfterCurrent()
    #expect(!isFreshWaiting, "its first request is on the way")
    fresh.feed(bytes(get + get))
    #expect(fresh.transcript.outline == ["GET /", "fin"])
}
