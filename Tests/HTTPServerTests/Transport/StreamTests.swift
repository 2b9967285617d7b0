import Foundation
import HTTPServer
import Testing

/// Answers that are made while they are sent.
@Suite struct StreamTests {
    @Test(arguments: [(2, 1), (3, 100_000), (40, 300_000)], ["pieces", "ready"])
    func `pieces come as chunks, in order`(_ pieces: (Int, Int), _ route: String) async throws {
        let (count, size) = pieces
        try await withServer { running in
            let client = try running.client()
            for _ in 0..<3 {
                let answer = try #require(try client.ask("GET", "/\(route)/\(count)/\(size)"))
                #expect(answer.status == 200 && answer["content-length"] == nil)
                #expect(answer.chunks == Array(repeating: size, count: count) + [0])
                #expect(answer.body == Pieces.content(count, of: size))
            }
            #expect(try client.ask("GET", "/hello")?.text == "hello\n", "the connection is in step")
            #expect(running.settles(living: 0))
        }
    }

    @Test func `what is one piece has a length`() async throws {
        try await withServer { running in
            let answer = try #require(try running.client().ask("GET", "/pieces/1/5000"))
            #expect(answer["content-length"] == "5000" && answer["transfer-encoding"] == nil)
            #expect(answer.body == Pieces.content(1, of: 5000))
        }
    }

    @Test func `HTTP/1,0 and HEAD get a length`() async throws {
        try await withServer { running in
            let old = try running.client()
            old.send("GET /pieces/30/100000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let answer = try #require(try old.response())
            #expect(answer["content-length"] == "3000000" && answer["transfer-encoding"] == nil)
            #expect(answer.body == Pieces.content(30, of: 100_000))
            old.send("GET /hello HTTP/1.0\r\n\r\n")
            #expect(try old.response()?.text == "hello\n")

            let client = try running.client()
            let head = try #require(try client.ask("HEAD", "/pieces/30/100000"))
            #expect(head["content-length"] == "3000000")
            #expect(try client.ask("GET", "/hello")?.text == "hello\n", "the connection is in step")
        }
    }

    @Test func `what is compressed is compressed as a whole`() async throws {
        try await withServer { running in
            let client = try running.client()
            let small = try #require(try client.ask("GET", "/pieces/10/1000", "Accept-Encoding: gzip\r\n"))
            #expect(small["content-encoding"] == "gzip" && small["content-length"] == "\(small.body.count)")
            let large = try #require(try client.ask("GET", "/pieces/30/100000", "Accept-Encoding: gzip\r\n"))
            #expect(large["content-encoding"] == nil && large["vary"] == nil)
            #expect(large.body == Pieces.content(30, of: 100_000))
            #expect(large.chunks.first == 1_100_000, "more than a MiB was made to know that it is not compressed")
        }
        try await withServer(compression: .always) { running in
            let client = try running.client()
            let large = try #require(try client.ask("GET", "/pieces/30/100000", "Accept-Encoding: gzip\r\n"))
            #expect(large["content-encoding"] == "gzip" && large["content-length"] == "\(large.body.count)")
        }
    }

    @Test func `a slow client holds neither pieces nor a thread`() async throws {
        try await withServer { running in
            let slow = try (0..<8).map { _ in try Client(port: running.port, receiveBuffer: 4096) }
            for client in slow { client.send("GET /pieces/400/100000 HTTP/1.1\r\nHost: a\r\n\r\n") }
            var made = -1
            while running.demo.pieces.counts.made != made {
                made = running.demo.pieces.counts.made
                usleep(200_000)
            }
            // A socket takes some megabytes.
            #expect(made < 8 * 100 && running.demo.pieces.counts.living == 8)
            #expect(running.server.counters.working == 0)
            #expect(try running.client().ask("POST", "/work/other/1")?.text == "other")
            for client in slow { #expect(try client.response()?.body == Pieces.content(400, of: 100_000)) }
            #expect(running.settles(living: 0))
        }
    }

    @Test func `a client that takes nothing is given up at the deadline of writing`() async throws {
        try await withServer({ $0.writeTimeout = .milliseconds(300) }) { running in
            let client = try Client(port: running.port, receiveBuffer: 4096)
            client.send("GET /pieces/400/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(running.settles(open: 0, after: 1))
            #expect(running.settles(living: 0))
            #expect(running.observer.told.abandoned == ["/pieces/400/100000"])
        }
    }

    @Test(arguments: [true, false])
    func `what a client that leaves has not taken is freed`(byReset: Bool) async throws {
        try await withServer { running in
            do {
                let clients = try (0..<20).map { _ in try running.client() }
                for client in clients {
                    client.send("GET /pieces/4000/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
                    _ = try client.receive()
                    if byReset { client.reset() }
                }
            }
            #expect(running.settles(open: 0))
            #expect(running.settles(living: 0))
            #expect(running.observer.told.abandoned.count == 20 && running.observer.told.finished.isEmpty)
            #expect(try running.client().ask("GET", "/hello")?.status == 200)
        }
    }

    @Test func `requests behind an answer in pieces wait for its end`() async throws {
        try await withServer { running in
            let client = try running.client()
            let requests = ["/pieces/20/100000", "/hello", "/pieces/3/10", "/pieces/20/100000", "/hello"]
            client.send(requests.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            #expect(try client.response()?.body == Pieces.content(20, of: 100_000))
            #expect(try client.response()?.text == "hello\n")
            #expect(try client.response()?.body == Pieces.content(3, of: 10))
            #expect(try client.response()?.body == Pieces.content(20, of: 100_000))
            #expect(try client.response()?.text == "hello\n")
        }
    }

    @Test func `a client that has finished sending gets all of it, and then the end`() async throws {
        try await withServer { running in
            let client = try running.client()
            client.send("GET /pieces/50/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            #expect(try client.response()?.body == Pieces.content(50, of: 100_000))
            #expect(try client.isClosed())
        }
    }

    @Test func `a drain finishes what is being sent`() async throws {
        let running = try Running()
        let client = try await blocking {
            let client = try Client(port: running.port, receiveBuffer: 4096)
            client.send("GET /pieces/200/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            while running.demo.pieces.counts.made == 0 { usleep(1000) }
            return client
        }
        async let report = running.server.drain(timeout: .seconds(15))
        try await blocking {
            while running.server.isReady { usleep(1000) }
            let answer = try client.response()
            #expect(answer?.body == Pieces.content(200, of: 100_000))
            #expect(try client.isClosed())
        }
        #expect(await report.aborted == 0)
    }

    @Test func `a drain's deadline cuts off what its client does not take`() async throws {
        let running = try Running()
        let client = try await blocking {
            let client = try Client(port: running.port, receiveBuffer: 4096)
            client.send("GET /pieces/400/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            while running.demo.pieces.counts.made == 0 { usleep(1000) }
            return client
        }
        #expect(await running.server.drain(timeout: .milliseconds(200)).aborted == 1)
        #expect(running.settles(living: 0))
        withExtendedLifetime(client) {}
    }

    @Test func `many connections get their own`() async throws {
        try await withServer { running in
            let clients = try (0..<60).map { _ in try running.client() }
            for (index, client) in clients.enumerated() {
                client.send("GET /pieces/\(10 + index)/\(20_000 + index) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            for (index, client) in clients.enumerated() {
                #expect(try client.response()?.body == Pieces.content(10 + index, of: 20_000 + index))
            }
            #expect(running.settles(living: 0))
        }
    }

    @Test func `pieces go through TLS`() async throws {
        let files = try TLSFiles()
        try await withServer(tls: files.settings) { running in
            let path = "/pieces/[30-33]/100000"
            let ran = try files.curl(running.port, path)
            #expect(ran.output == (30...33).flatMap { Pieces.content($0, of: 100_000) })
            let slow = try files.curl(running.port, "/pieces/30/100000", ["--limit-rate", "2M"])
            #expect(slow.output == Pieces.content(30, of: 100_000))
            _ = try files.curl(running.port, "/pieces/4000/100000", ["--max-time", "0.2"])
            #expect(running.settles(open: 0) && running.settles(living: 0))
        }
    }

    @Test func `the end is told with all the bytes`() async throws {
        try await withServer { running in
            let client = try running.client()
            _ = try client.ask("GET", "/pieces/30/100001")
            #expect(running.observer.settles(1))
            let told = try #require(running.observer.told.finished.first)
            #expect(told.bytesOut == 3_000_030 && told.status == 200 && told.duration > .zero)
            #expect(told.route == "/pieces/{count}/{size}")
        }
    }

    @Test func `without memory for the whole text HTTP/1,0 gets 503`() async throws {
        try await withServer(memory: MemoryBudget(limit: 1_000_000)) { running in
            let client = try running.client()
            client.send("GET /pieces/30/100000 HTTP/1.0\r\n\r\n")
            #expect(try client.response()?.status == 503)
            #expect(try running.client().ask("GET", "/pieces/30/100000")?.body.count == 3_000_000)
            #expect(running.memory.reserved == 0)
        }
    }
}

extension Running {
    /// Waits until so many contents in pieces are left, for up to five seconds.
    func settles(living: Int) -> Bool {
        for _ in 0..<1000 {
            if demo.pieces.counts.living == living { return true }
            usleep(5000)
        }
        return false
    }

    /// Waits until so many of the connections that were accepted are open, for up to five seconds.
    func settles(open: Int, after accepted: Int) -> Bool {
        for _ in 0..<1000 {
            if server.counters.accepted >= accepted, server.counters.open == open { return true }
            usleep(5000)
        }
        return false
    }
}
