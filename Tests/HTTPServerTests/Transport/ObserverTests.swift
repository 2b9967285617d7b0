import Glibc
import HTTPServer
import Synchronization
import Testing

/// Keeps what a server has told.
final class Observer: ServerObserver {
    struct Told {
        var began: [String] = []
        var finished: [Exchange] = []
        var abandoned: [String] = []
    }

    private let state = Mutex(Told())

    var told: Told { state.withLock { $0 } }

    func began(_ head: RequestHead) { state.withLock { $0.began.append(head.path) } }
    func finished(_ exchange: Exchange) { state.withLock { $0.finished.append(exchange) } }
    func abandoned(_ head: RequestHead) { state.withLock { $0.abandoned.append(head.path) } }

    /// Waits for so many requests to be over, for up to two seconds.
    func settles(_ count: Int) -> Bool {
        for _ in 0..<400 {
            let told = told
            if told.finished.count + told.abandoned.count == count { return true }
            usleep(5000)
        }
        return false
    }
}

@Suite struct ObserverTests {
    @Test func `a request is told with its route, its bytes and its time`() async throws {
        try await withServer { running in
            let client = try running.client()
            client.send("POST /work/a%20b/20 HTTP/1.1\r\nHost: a\r\nX-Request-Id: one\r\nContent-Length: 3\r\n\r\nabc")
            _ = try client.response()
            client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.response()
            #expect(running.observer.settles(2))
            let told = running.observer.told
            #expect(told.began == ["/work/a%20b/20", "/nowhere"] && told.abandoned.isEmpty)
            let first = try #require(told.finished.first)
            #expect(first.id == "one" && first.route == "/work/{name}/{milliseconds}" && first.status == 200)
            #expect(first.bytesIn == 3 && first.bytesOut == 3 && first.hasBegun && first.bound == nil)
            #expect(first.duration >= .milliseconds(20) && first.duration < .seconds(20))
            let second = try #require(told.finished.last)
            #expect(second.route == nil && second.status == 404 && second.duration > .zero)
        }
    }

    @Test func `what is no request is told as finished alone`() async throws {
        try await withServer { running in
            let client = try running.client()
            client.send("nonsense\r\n\r\n")
            _ = try client.response()
            #expect(running.observer.settles(1))
            let told = running.observer.told
            #expect(told.began.isEmpty && told.finished.first?.head == nil)
            #expect(told.finished.first?.status == 400 && told.finished.first?.hasBegun == false)
        }
    }

    @Test func `a client that goes is told as gone, once`() async throws {
        try await withServer { running in
            do {
                let client = try running.client()
                client.send("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
                #expect(running.demo.events.contains("held began"))
                client.reset()
            }
            #expect(running.observer.settles(1))
            #expect(running.observer.told.abandoned == ["/held"])
            running.demo.events.add("released")
        }
    }

    @Test func `the bound that was passed is told`() async throws {
        try await withServer({ limits in
            limits.connections = 1
            limits.computeTimeout = .milliseconds(300)
        }) { running in
            let client = try running.client()
            client.send("POST /work/a/5000 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            #expect(running.demo.events.contains("a began"))
            let other = try running.client()
            _ = try other.response()
            _ = try client.response()
            #expect(running.observer.settles(2))
            #expect(running.observer.told.finished.map(\.bound) == [.connections, .deadline])
        }
    }
}
