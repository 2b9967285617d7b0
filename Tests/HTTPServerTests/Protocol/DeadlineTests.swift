import HTTPServer
import Testing

private let get = bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
private let post = bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")

@Test func `a head has one deadline from accept, which no byte moves`() {
    var player = Player()
    player.wait(.seconds(6))
    player.feed(get.prefix(4))
    player.wait(.milliseconds(3999))
    player.feed(get.dropFirst(4).prefix(4))
    #expect(player.transcript.lines.isEmpty)
    player.wait(.milliseconds(1))
    #expect(player.transcript.outline == ["408", "fin"])
}

@Test func `a connection that never sends a byte is closed without an answer`() {
    var player = Player()
    player.wait(.seconds(10))
    #expect(player.transcript.outline == ["close"])
}

@Test func `a kept connection's head has its deadline from its first byte, empty lines not counted`() {
    var player = Player()
    player.feed(get)
    player.wait(.seconds(40))
    player.feed(bytes("\r\n"))
    player.wait(.seconds(20))
    player.feed(get.prefix(1))
    player.wait(.milliseconds(9999))
    #expect(player.transcript.outline == ["GET /"])
    player.wait(.milliseconds(1))
    #expect(player.transcript.outline == ["GET /", "408", "fin"])
}

@Test func `a kept connection is closed after its idle time`() {
    var player = Player()
    player.feed(get)
    player.wait(.milliseconds(74_999))
    #expect(player.transcript.outline == ["GET /"])
    player.wait(.milliseconds(1))
    #expect(player.transcript.outline == ["GET /", "close"])
}

@Test func `a body that does not come has five seconds`() {
    var player = Player()
    player.feed(post)
    player.wait(.milliseconds(4999))
    #expect(player.transcript.lines.isEmpty)
    player.wait(.milliseconds(1))
    #expect(player.transcript.outline == ["408", "fin"])
}

@Test func `a body that comes slowly has a deadline as a whole, later by a second for each 64 KiB`() {
    var player = Player()
    player.feed(post)
    for _ in 0..<31 {
        player.feed([UInt8](repeating: 0, count: 2200))
        player.wait(.milliseconds(999))
    }
    #expect(player.transcript.outline == [], "68,200 bytes in 30.969 s")
    player.wait(.milliseconds(31))
    #expect(player.transcript.outline == ["408", "fin"])
}

@Test func `a body below its rate is refused before its whole deadline`() {
    var player = Player()
    player.feed(post)
    player.feed([UInt8](repeating: 0, count: 10 * 1024))
    player.wait(.milliseconds(9999))
    #expect(player.transcript.lines.isEmpty)
    player.wait(.milliseconds(1))
    #expect(player.transcript.outline == ["408", "fin"])
}

@Test func `a skipped body that does not come closes the connection without a second answer`() {
    var player = Player()
    player.feed(bytes("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"))
    player.wait(.seconds(5))
    #expect(player.transcript.outline == ["404 /refused", "fin"])
}

@Test func `an answer of which the client takes nothing is given up, and a slow reader's is not`() {
    var player = Player()
    player.feed(get)
    player.machine.outputBlocked(at: player.now, progressed: false)
    player.wait(.milliseconds(9999))
    player.machine.outputBlocked(at: player.now, progressed: true)
    player.wait(.milliseconds(9000))
    player.machine.outputBlocked(at: player.now, progressed: false)
    player.wait(.milliseconds(999))
    #expect(player.transcript.outline == ["GET /"])
    player.wait(.milliseconds(1))
    #expect(player.transcript.outline == ["GET /", "close"])
}

@Test func `lingering ends after a second`() {
    var player = Player()
    player.feed(bytes("BAD\r\n"))
    player.wait(.seconds(1))
    #expect(player.transcript.outline == ["400", "fin", "close"])
}
