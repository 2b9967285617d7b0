import HTTPServer
import Logging
import Testing

@Test func `requests follow one another on a connection`() async throws {
    try await withServer { running in
        let client = try running.client()
        for _ in 0..<3 {
            let answer = try #require(try client.ask("GET", "/hello"))
            #expect(answer.status == 200)
            #expect(answer.text == "hello\n")
            #expect(answer["connection"] == nil)
            #expect(answer["date"]?.hasSuffix(" GMT") == true)
        }
        let last = try #require(try client.ask("GET", "/hello", "Connection: close\r\n"))
        #expect(last["connection"] == "close")
        #expect(try client.isClosed())
        #expect(running.settles(open: 0))
    }
}

@Test func `a hundred pipelined requests are answered in order`() async throws {
    try await withServer { running in
        let client = try running.client()
        client.send(
            (0..<100).map { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\(1000 + $0)" }.joined()
        )
        for index in 0..<100 { #expect(try client.response()?.text == "\(1000 + index)") }
    }
}

@Test func `work and quick answers keep the order of their requests`() async throws {
    try await withServer { running in
        let client = try running.client()
        client.send("POST /work/slow/50 HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response()?.text == "slow")
        #expect(try client.response()?.text == "hello\n")
    }
}

@Test func `bodies come whole, by length and in chunks, in pieces and at once`() async throws {
    try await withServer { running in
        let client = try running.client()
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        #expect(try client.ask("POST", "/echo", body: body)?.body == body)

        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in stride(from: 0, to: body.count, by: 100_000) {
            client.send("186a0;x=y\r\n")
            client.send(Array(body[start..<start + 100_000]))
            client.send("\r\n")
        }
        client.send("0\r\nX-T: v\r\n\r\n")
        #expect(try client.response()?.body == body)
    }
}

@Test func `HEAD has GET's fields and no content`() async throws {
    try await withServer { running in
        let client = try running.client()
        let head = try #require(try client.ask("HEAD", "/big/100000"))
        #expect(head.status == 200)
        #expect(head["content-length"] == "100000")
        #expect(try client.ask("GET", "/hello")?.text == "hello\n", "the connection is in step")
    }
}

@Test func `204 has neither content nor length`() async throws {
    try await withServer { running in
        let client = try running.client()
        let answer = try #require(try client.ask("GET", "/nothing"))
        #expect(answer["content-length"] == nil)
        let options = try #require(try client.ask("OPTIONS", "/hello"))
        #expect(options.status == 204)
        #expect(options["allow"] == "GET, HEAD, OPTIONS")
    }
}

@Test func `100 Continue comes before the body and a refusal in its place`() async throws {
    try await withServer { running in
        let client = try running.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.response()?.status == 100)
        client.send("ok")
        #expect(try client.response()?.text == "ok")
        client.send("POST /none HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let refusal = try #require(try client.response())
        #expect(refusal.status == 404)
        #expect(refusal["connection"] == "close")
        #expect(try client.isClosed())
    }
}

@Test func `the client's request id comes back, and a bad one is replaced`() async throws {
    try await withServer { running in
        let client = try running.client()
        #expect(try client.ask("GET", "/hello", "X-Request-Id: a.B_9-\r\n")?["x-request-id"] == "a.B_9-")
        let made = try #require(try client.ask("GET", "/hello", "X-Request-Id: a b\r\n")?["x-request-id"])
        #expect(made.utf8.count == 13)
        let other = try #require(try client.ask("GET", "/hello")?["x-request-id"])
        #expect(made != other)
        let refused = try #require(try client.ask("GET", "/nope", "X-Request-Id: q\r\n"))
        #expect(refused["content-type"] == "application/problem+json")
        #expect(refused.text.contains(#""status":404,"#))
        #expect(refused.text.contains(#""instance":"q"}"#))
    }
}

@Test func `what is no HTTP is answered once and closed`() async throws {
    try await withServer { running in
        let client = try running.client()
        client.send("NOT HTTP\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try #require(try client.response())
        #expect(answer.status == 400)
        #expect(answer["connection"] == "close")
        #expect(answer.text.contains(#""instance":""#))
        #expect(try client.isClosed())
    }
}

@Test func `a body over the limit is refused before it is sent`() async throws {
    try await withServer({ $0.body = 1000 }) { running in
        let client = try running.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
        #expect(try client.response()?.status == 413)
        #expect(try client.isClosed())
        // The skipped body of this one is small enough to stay in step.
        let second = try running.client()
        #expect(try second.ask("POST", "/echo", body: [UInt8](repeating: 0, count: 2000))?.status == 413)
        #expect(try second.ask("GET", "/hello")?.status == 200)
    }
}

@Test func `a client that has finished sending gets its answer`() async throws {
    try await withServer { running in
        for request in [
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok",
            "POST /work/ok/5 HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            let client = try running.client()
            client.send(request)
            client.finishSending()
            #expect(try client.response()?.text == "ok")
            #expect(try client.isClosed())
        }
        #expect(running.settles(open: 0))
    }
}

@Test func `a large answer reaches a client that reads late`() async throws {
    try await withServer { running in
        let client = try Client(port: running.port, receiveBuffer: 4096)
        client.send("GET /big/20000000 HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response()?.body.count == 20_000_000)
        #expect(try client.response()?.text == "hello\n")
    }
}

@Test func `IPv6 is served, and a taken port is an error`() async throws {
    try await withServer(host: "::1") { running in
        let client = try Client(port: running.port, host: "::1")
        #expect(try client.ask("GET", "/hello")?.status == 200)
        var configuration = Configuration()
        (configuration.host, configuration.port) = ("::1", running.port)
        let second = Server(configuration, responder: Demo(), logger: Logger(label: "test"))
        #expect {
            try second.start()
        } throws: { error in
            "\(error)" == "[::1]:\(running.port) is in use by another process"
        }
    }
}

@Test func `many connections at once are all answered, and all are given back`() async throws {
    try await withServer { running in
        let clients = try (0..<300).map { _ in try running.client() }
        #expect(running.settles(open: 300))
        for client in clients { client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients { #expect(try client.response()?.status == 200) }
        #expect(running.server.counters.requests == 300)
    }
}
