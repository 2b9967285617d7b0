import Glibc
import HTTPServer
import Testing

@Test func `a full queue answers 503, and readiness fails after a second of it`() async throws {
    try await withServer({ $0.queue = 1 }) { running in
        let threads = Configuration().workers
        // As many as there are threads, and one that waits.
        let busy = try (0...threads).map { _ in try running.client() }
        for (index, client) in busy.enumerated() {
            client.send("POST /work/w\(index)/1500 HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        while running.server.counters.queued < 1 || running.server.counters.working < threads { usleep(1000) }
        let refused = try #require(try running.client().ask("POST", "/work/x/1"))
        #expect(refused.status == 503)
        #expect(refused["retry-after"] == "1")
        #expect(running.server.isReady)
        usleep(1_100_000)
        #expect(!running.server.isReady)
        #expect(try running.client().ask("GET", "/hello")?.status == 200, "small answers go on")
        for client in busy { #expect(try client.response()?.status == 200) }
        #expect(running.server.isReady)
    }
}

@Test func `work beyond its deadline is answered with 503 and told to stop`() async throws {
    try await withServer({ $0.computeTimeout = .milliseconds(300) }) { running in
        let client = try running.client()
        #expect(try client.ask("POST", "/work/long/10000")?.status == 503)
        #expect(running.demo.events.contains("long deadline"))
        #expect(try client.ask("GET", "/hello")?.status == 200, "the connection is in step")
    }
}

@Test(arguments: [true, false])
func `work of a client that has left is cancelled`(byReset: Bool) async throws {
    try await withServer { running in
        do {
            let client = try running.client()
            client.send("POST /work/left/10000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(running.demo.events.contains("left began"))
            if byReset { client.reset() }
        }
        let start = Moment.now()
        #expect(running.demo.events.contains("left clientGone"))
        #expect(Moment.now() - start < .milliseconds(500))
        #expect(running.settles(open: 0))
    }
}

@Test func `a drain finishes what is in flight, closes what is idle and ends`() async throws {
    let running = try Running()
    let (working, idle) = try await blocking {
        let (working, idle) = (try running.client(), try running.client())
        #expect(try idle.ask("GET", "/hello")?.status == 200)
        working.send("POST /held HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(running.demo.events.contains("held began"))
        return (working, idle)
    }
    async let report = running.server.drain(timeout: .seconds(15))
    try await blocking {
        #expect(try idle.isClosed())
        #expect(!running.server.isReady)
        // The other queue has been told at the same time.
        usleep(200_000)
        running.demo.events.add("released")
        let answer = try #require(try working.response())
        #expect(answer.text == "held")
        #expect(answer["connection"] == "close")
        #expect(try working.isClosed())
        #expect(throws: ClientError.self) { try running.client() }
    }
    #expect(await report.aborted == 0)
}

@Test func `a drain's delay goes on accepting while readiness fails`() async throws {
    let running = try Running()
    async let report = running.server.drain(delay: .milliseconds(500), timeout: .seconds(5))
    try await blocking {
        while running.server.isReady { usleep(1000) }
        let client = try running.client()
        #expect(try client.ask("GET", "/hello")?.status == 200)
    }
    #expect(await report.aborted == 0)
}

@Test func `a drain's deadline cuts off what is left`() async throws {
    let running = try Running()
    let client = try await blocking {
        let client = try running.client()
        client.send("POST /work/endless/60000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(running.demo.events.contains("endless began"))
        return client
    }
    #expect(await running.server.drain(timeout: .milliseconds(200)).aborted == 1)
    #expect(running.demo.events.contains("endless stopping"))
    #expect(try client.isClosed())
}
