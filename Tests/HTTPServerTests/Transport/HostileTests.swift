import Glibc
import HTTPServer
import Testing

@Test func `a head that does not come is answered with 408, a silent client with nothing`() async throws {
    try await withServer({ $0.headerTimeout = .milliseconds(300) }) { running in
        let slow = try running.client()
        let silent = try running.client()
        slow.send("GET /hello HTTP/1.1\r\nHost:")
        #expect(try slow.response()?.status == 408)
        #expect(try slow.isClosed())
        #expect(try silent.isClosed())
    }
}

@Test func `an idle connection is closed after its time`() async throws {
    try await withServer({ $0.idleTimeout = .milliseconds(300) }) { running in
        let client = try running.client()
        #expect(try client.ask("GET", "/hello")?.status == 200)
        #expect(try client.isClosed())
    }
}

@Test func `a client that takes no answer is reset`() async throws {
    try await withServer({ $0.writeTimeout = .milliseconds(300) }) { running in
        let client = try Client(port: running.port, receiveBuffer: 4096)
        client.send("GET /big/20000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(running.settles(open: 1))
        #expect(running.settles(open: 0))
    }
}

@Test func `requests without end and without reading stop being read`() async throws {
    try await withServer { running in
        let client = try running.client()
        var timeout = timeval(tv_sec: 0, tv_usec: 300_000)
        setsockopt(client.descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let many = Array(String(repeating: "GET /big/1000 HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000).utf8)
        var sent = 0
        while sent < 1000, client.send(many) { sent += 1 }
        #expect(sent < 1000, "the socket was full in the end")
        #expect(try running.client().ask("GET", "/hello")?.status == 200)
    }
}

@Test func `over the limit of connections is 503 and close, and the others go on`() async throws {
    try await withServer({ $0.connections = 3 }) { running in
        let clients = try (0..<3).map { _ in try running.client() }
        #expect(running.settles(open: 3))
        let fourth = try running.client()
        let answer = try #require(try fourth.response())
        #expect(answer.status == 503)
        #expect(answer["retry-after"] == "1")
        #expect(try fourth.isClosed())
        #expect(try clients[0].ask("GET", "/hello")?.status == 200)
        #expect(running.server.counters.refusedConnections == 1)
    }
}

@Test func `resets at any moment leave nothing behind`() async throws {
    try await withServer { running in
        let request =
            Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n".utf8)
            + [UInt8](repeating: 1, count: 100_000)
        for index in 0..<100 {
            let client = try running.client()
            client.send(Array(request.prefix(1 + index * index * 10)))
            client.reset()
        }
        #expect(running.settles(open: 0))
        #expect(try running.client().ask("GET", "/hello")?.status == 200)
    }
}

@Test func `trickled requests are answered`() async throws {
    try await withServer { running in
        let client = try running.client()
        for byte in Array(
            "\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".utf8
        ) {
            client.send([byte])
            usleep(200)
        }
        #expect(try client.response()?.text == "ok")
    }
}
