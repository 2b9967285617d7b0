import Foundation
import Synchronization

/// Clients that no server would wish for, each kind on a thread of its own, until they are called off.
final class HostileCrowd: Sendable {
    enum Kind: CaseIterable { case slow, halfway, resetting, garbled, oversized, unreading, damaged }

    private struct State {
        var isOver = false
        var running = 0
        var attempts: [Kind: Int] = [:]
        var failure: String?
    }

    private let state = Mutex(State())
    private let port: UInt16
    private let body: [UInt8]

    /// - Parameters:
    ///   - port: Where the server listens.
    ///   - body: A request that would be a good one.
    init(at port: UInt16, body: [UInt8]) {
        (self.port, self.body) = (port, body)
        for (index, kind) in Kind.allCases.enumerated() {
            state.withLock { $0.running += 1 }
            Thread { [self] in run(kind, SplitMix(state: UInt64(index))) }.start()
        }
    }

    /// Sends everyone home, and says how often each kind has come, or what kept one from coming.
    func callOff() async throws -> Result<[Kind: Int], Failure> {
        state.withLock { $0.isOver = true }
        while state.withLock({ $0.running }) > 0 { try await Task.sleep(for: .milliseconds(5)) }
        return state.withLock { state in state.failure.map { .failure(Failure(text: $0)) } ?? .success(state.attempts) }
    }

    struct Failure: Error { let text: String }

    private func run(_ kind: Kind, _ seed: SplitMix) {
        var random = seed
        while !state.withLock({ $0.isOver }) {
            do {
                try attempt(kind, &random)
                state.withLock { $0.attempts[kind, default: 0] += 1 }
            } catch {
                state.withLock { $0.failure = "\(kind): \(error)" }
            }
            usleep(1000)
        }
        state.withLock { $0.running -= 1 }
    }

    private func attempt(_ kind: Kind, _ random: inout SplitMix) throws {
        switch kind {
        case .slow: try trickle(connections: 20)
        case .halfway:
            let connection = try RawConnection(to: port)
            connection.send(request(body, length: body.count + 1))
            connection.close()
        case .resetting:
            let connection = try RawConnection(to: port)
            connection.send(Array(request(body).prefix(Int.random(in: 1...request(body).count, using: &random))))
            connection.reset()
        case .garbled:
            let connection = try RawConnection(to: port)
            var bytes = request(body)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            connection.send(
                Bool.random(using: &random) ? bytes : (0..<2000).map { _ in .random(in: 0...255, using: &random) }
            )
            connection.close()
        case .oversized:
            let connection = try RawConnection(to: port)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: connection.send("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\n\r\n")
            case 1: connection.send("GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 10_000))
            case 2: connection.send(request([], length: 1 << 40))
            default:
                connection.send(
                    "POST /v1/gradients HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"
                )
            }
            connection.close()
        case .unreading:
            let connection = try RawConnection(to: port)
            for _ in 0..<50 { connection.send(request(body)) }
            usleep(10_000)
            connection.close()
        case .damaged:
            let connection = try RawConnection(to: port)
            connection.send(request([0x1F, 0x8B, 8, 0] + body, fields: "Content-Encoding: gzip\r\n"))
            connection.send(request(Array(body.dropLast(3))))
            connection.send(request(Array(repeating: UInt8(ascii: "["), count: 10_000)))
            connection.close()
        }
    }

    /// Heads that come by the byte, all at the same time.
    private func trickle(connections count: Int) throws {
        let connections = try (0..<count).map { _ in try RawConnection(to: port) }
        for byte in request(body).prefix(20) {
            for connection in connections { connection.send([byte]) }
            usleep(5000)
        }
        for connection in connections { connection.close() }
    }

    private func request(_ body: [UInt8], length: Int? = nil, fields: String = "") -> [UInt8] {
        let head = "POST /v1/gradients HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(length ?? body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }
}

/// Numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
