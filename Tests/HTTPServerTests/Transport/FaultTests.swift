import Glibc
import HTTPServer
import Synchronization
import Testing

/// Counts the calls of one kind, and says which of them fail.
private final class Faults: Sendable {
    private let count = Atomic<Int>(0)

    private let over = Atomic<Bool>(false)

    /// Whether there are to be no more of them.
    var isOver: Bool { over.load(ordering: .relaxed) }

    func end() { over.store(true, ordering: .relaxed) }

    /// The number of this call, from 1 on.
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

private func fail(_ code: Int32) -> Int {
    errno = code
    return -1
}

/// Every second call is interrupted, and nothing is sent but a little.
private func strained(_ most: Int) -> SystemCalls {
    let (reads, sends, accepts) = (Faults(), Faults(), Faults())
    var calls = SystemCalls.kernel
    calls.read = { reads.next() % 2 == 1 ? fail(EINTR) : SystemCalls.kernel.read($0, $1, $2) }
    calls.send = { descriptor, bytes, count, flags in
        let number = sends.next()
        return number % 2 == 1
            ? fail(EINTR) : SystemCalls.kernel.send(descriptor, bytes, min(count, 1 + number * 37 % most), flags)
    }
    calls.accept = { accepts.next() % 2 == 1 ? fail(EINTR) : SystemCalls.kernel.accept($0) }
    return calls
}

@Test(arguments: [3, 5000])
func `interrupted calls and short writes change no byte`(_ most: Int) async throws {
    let body = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    try await withServer(calls: strained(most)) { running in
        for _ in 0..<5 {
            let client = try running.client()
            #expect(try client.ask("POST", "/echo", body: body)?.body == body)
            client.send(String(repeating: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", count: 50))
            for _ in 0..<50 { #expect(try client.response()?.text == "hello\n") }
        }
        #expect(running.settles(open: 0))
    }
}

@Test func `interrupted calls and short writes change no byte of TLS`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings, calls: strained(700)) { running in
        for _ in 0..<3 {
            let ran = try files.curl(running.port, "/big/300000")
            #expect(ran.output.count == 300_000 && ran.output.allSatisfy { $0 == 120 })
        }
        #expect(running.settles(open: 0))
    }
}

@Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO])
func `a listener that fails for a while goes on afterwards`(_ code: Int32) async throws {
    let accepts = Faults()
    var calls = SystemCalls.kernel
    calls.accept = { accepts.next() <= 20 ? fail(code) : SystemCalls.kernel.accept($0) }
    try await withServer(calls: calls) { running in
        let client = try running.client()
        #expect(try client.ask("GET", "/hello")?.text == "hello\n")
        #expect((running.server.counters.refusedConnections > 0) == (code != ECONNABORTED && code != EPROTO))
    }
}

@Test(arguments: [ECONNRESET, EPIPE, ETIMEDOUT, EIO])
func `a call that fails ends its connection alone`(_ code: Int32) async throws {
    let (reads, sends) = (Faults(), Faults())
    var calls = SystemCalls.kernel
    calls.read = { reads.next() == 2 ? fail(code) : SystemCalls.kernel.read($0, $1, $2) }
    calls.send = { sends.next() == 3 ? fail(code) : SystemCalls.kernel.send($0, $1, $2, $3) }
    try await withServer(calls: calls) { running in
        let other = try running.client()
        #expect(try other.ask("GET", "/hello")?.status == 200)
        let first = try running.client()
        #expect(try first.ask("GET", "/hello") == nil, "its read fails")
        let second = try running.client()
        #expect(try second.ask("GET", "/hello")?.status == 200)
        #expect(try second.ask("GET", "/hello") == nil, "its send fails")
        #expect(try other.ask("GET", "/hello")?.status == 200)
        #expect(running.settles(open: 1))
    }
}

@Test(arguments: [ECONNRESET, EPIPE], 1...6)
func `a send that fails ends its TLS connection alone`(_ code: Int32, _ good: Int) async throws {
    let files = try TLSFiles()
    let sends = Faults()
    var calls = SystemCalls.kernel
    calls.send = {
        sends.next() > good && !sends.isOver ? fail(code) : SystemCalls.kernel.send($0, $1, $2, $3)
    }
    try await withServer(tls: files.settings, calls: calls) { running in
        let held = try HeldSession(running.port)
        var answered = 0
        while answered <= good, try held.asks() { answered += 1 }
        #expect(answered <= good, "a send has failed")
        #expect(running.settles(open: 0))
        sends.end()
        #expect(try files.curl(running.port, "/hello").text == "hello\n")
    }
}

@Test func `TLS connections that are reset leave nothing behind`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings) { running in
        let script = """
            import socket, ssl, struct
            context = ssl.create_default_context(cafile="\(files["server.pem"])")
            for number in range(60):
                raw = socket.create_connection(("127.0.0.1", \(running.port)))
                secure = context.wrap_socket(raw, server_hostname="localhost")
                secure.sendall(b"GET /big/100000 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n" * (1 + number % 4))
                if number % 3: secure.recv(1000)
                secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", number % 2, 0))
                secure.close()
            """
        let ran = try run("python3", ["-c", script])
        #expect(ran.status == 0, "\(ran.errors)")
        #expect(running.settles(open: 0))
        #expect(try files.curl(running.port, "/hello").text == "hello\n")
    }
}

@Test func `a socket that takes nothing is given up at the deadline of writing`() async throws {
    var calls = SystemCalls.kernel
    calls.send = { _, _, _, _ in fail(EAGAIN) }
    try await withServer(calls: calls, { $0.writeTimeout = .milliseconds(300) }) { running in
        let client = try running.client()
        #expect(try client.ask("GET", "/hello") == nil)
        #expect(running.settles(open: 0))
    }
}
