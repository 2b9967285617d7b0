import Dispatch
import Glibc
import HTTPServer
import Logging
import Synchronization

/// A responder with one route for each thing that a server has to cope with.
final class Demo: Responder {
    let router: Router
    let events = Events()
    let pieces = Pieces()

    /// What has happened inside work, for the tests to see.
    final class Events: Sendable {
        private let list = Mutex<[String]>([])

        func add(_ event: String) { list.withLock { $0.append(event) } }
        var all: [String] { list.withLock { $0 } }

        /// Waits for an event, for up to two seconds.
        func contains(_ event: String) -> Bool {
            for _ in 0..<400 {
                if all.contains(event) { return true }
                usleep(5000)
            }
            return false
        }
    }

    init() {
        let (events, pieces) = (events, pieces)
        router = Router([
            Route(.get, "/hello") { _, _ in .ready(Response(200, "text/plain", "hello\n")) },
            Route(.post, "/echo") { request, _ in
                .ready(Response(200, "application/octet-stream", request.body, fields: ["X-Id": request.id]))
            },
            Route(.get, "/big/{size}") { _, parameters in
                let size = Int(parameters["size"] ?? "") ?? 0
                return .ready(Response(200, "application/octet-stream", [UInt8](repeating: 120, count: size)))
            },
            Route(.get, "/text/{size}") { _, parameters in
                let size = Int(parameters["size"] ?? "") ?? 0
                return .ready(Response(200, "text/plain", [UInt8](repeating: 120, count: size)))
            },
            Route(.get, "/tagged/{size}") { _, parameters in
                let text = String(repeating: "x", count: Int(parameters["size"] ?? "") ?? 0)
                return .ready(Response(200, "text/plain", text, fields: ["ETag": "\"1\""]))
            },
            Route(.get, "/pieces/{count}/{size}") { _, parameters in
                let (count, size) = (Int(parameters["count"] ?? "") ?? 0, Int(parameters["size"] ?? "") ?? 0)
                return .work { _ in pieces.response(count, of: size) }
            },
            Route(.get, "/ready/{count}/{size}") { _, parameters in
                let (count, size) = (Int(parameters["count"] ?? "") ?? 0, Int(parameters["size"] ?? "") ?? 0)
                return .ready(pieces.response(count, of: size))
            },
            Route(.get, "/nothing") { _, _ in .ready(Response(204)) },
            Route(.post, "/held") { _, _ in
                .work { cancellation in
                    events.add("held began")
                    while !cancellation.isCancelled, !events.all.contains("released") { usleep(1000) }
                    return Response(200, "text/plain", "held")
                }
            },
            Route(.post, "/work/{name}/{milliseconds}") { _, parameters in
                let name = parameters["name"] ?? ""
                let milliseconds = Int(parameters["milliseconds"] ?? "") ?? 0
                return .work { cancellation in
                    events.add("\(name) began")
                    let end = Moment.now() + .milliseconds(milliseconds)
                    while Moment.now() < end {
                        if let reason = cancellation.reason {
                            events.add("\(name) \(reason)")
                            return Response(503, "text/plain", "cancelled")
                        }
                        usleep(1000)
                    }
                    events.add("\(name) ended")
                    return Response(200, "text/plain", name)
                }
            },
        ])
    }

    func refuse(_ head: RequestHead) -> Response? { router.refuse(head) }
    func respond(to request: Request) -> Reply { router.respond(to: request) }
    func template(of head: RequestHead) -> String? { router.template(of: head) }
}

/// A running server with the demo behind it.
struct Running {
    let demo = Demo()
    let observer = Observer()
    let server: Server
    let memory: MemoryBudget
    let port: UInt16

    init(
        host: String = "127.0.0.1",
        compression: Compression = .auto,
        tls: TLSSettings? = nil,
        calls: SystemCalls = .kernel,
        memory: MemoryBudget = MemoryBudget(),
        _ change: (inout Limits) -> Void = { _ in }
    ) throws {
        var configuration = Configuration()
        configuration.calls = calls
        configuration.tls = tls
        configuration.host = host
        configuration.compression = compression
        configuration.port = 0
        configuration.memory = memory
        self.memory = memory
        change(&configuration.limits)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        server = Server(configuration, responder: demo, observer: observer, logger: logger)
        port = try server.start().port
    }

    /// Starts a server that is not expected to start.
    static func start(_ tls: TLSSettings) throws(ServerError) -> BoundAddress {
        var configuration = Configuration()
        configuration.port = 0
        configuration.tls = tls
        return try Server(configuration, responder: Demo(), logger: Logger(label: "test")).start()
    }

    func client() throws -> Client { try Client(port: port) }

    /// Waits until the server counts as many open connections, for up to two seconds.
    func settles(open: Int) -> Bool {
        for _ in 0..<400 {
            if server.counters.open == open { return true }
            usleep(5000)
        }
        return false
    }
}

/// Runs a test against a server, which is stopped afterwards.
func withServer(
    host: String = "127.0.0.1",
    compression: Compression = .auto,
    tls: TLSSettings? = nil,
    calls: SystemCalls = .kernel,
    memory: MemoryBudget = MemoryBudget(),
    _ change: (inout Limits) -> Void = { _ in },
    _ test: @escaping @Sendable (Running) throws -> Void
) async throws {
    let running = try Running(
        host: host,
        compression: compression,
        tls: tls,
        calls: calls,
        memory: memory,
        change
    )
    do {
        try await blocking { try test(running) }
    } catch {
        _ = await running.server.drain(timeout: .zero)
        throw error
    }
    _ = await running.server.drain(timeout: .zero)
}

/// Runs what blocks on a thread of its own, since the tests' own threads are as few as the cores.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
    }
}
