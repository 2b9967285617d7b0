import Glibc
import Synchronization
import Testing

/// A blocking client on a raw socket, which may say anything.
final class Client: @unchecked Sendable {
    let descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16, host: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        descriptor = socket(host.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var result: Int32
        if host.contains(":") {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            result = withUnsafeBytes(of: &address) {
                connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            result = withUnsafeBytes(of: &address) {
                connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
        }
        guard result == 0 else { throw ClientError.failed("connect: \(errno)") }
    }

    deinit { close(descriptor) }

    /// Sends all of it; gives false where the server has closed.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            offset += count
        }
        return true
    }

    /// Sends FIN.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the close a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Reads once; nil at the end, or after a reset.
    func receive() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EAGAIN { throw ClientError.failed("no answer within 20 s") }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// The next response, interim ones included; nil where the server has closed.
    func response(toHead: Bool = false) throws -> Answer? {
        var end = received.firstRange(of: Array("\r\n\r\n".utf8))
        while end == nil {
            guard let more = try receive() else { return nil }
            received.append(contentsOf: more)
            end = received.firstRange(of: Array("\r\n\r\n".utf8))
        }
        guard let end else { return nil }
        var answer = Answer(head: String(decoding: received[..<end.lowerBound], as: UTF8.self))
        received.removeFirst(end.upperBound)
        guard !toHead, answer.status >= 200 else { return answer }
        if answer["transfer-encoding"] == "chunked" {
            try readChunks(into: &answer)
        } else {
            answer.body = try take(Int(answer["content-length"] ?? "0") ?? 0)
        }
        return answer
    }

    /// The next bytes, as many as these.
    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard let more = try receive() else { throw ClientError.failed("a cut body") }
            received.append(contentsOf: more)
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func readChunks(into answer: inout Answer) throws {
        while true {
            var line: [UInt8] = []
            while !line.suffix(2).elementsEqual([13, 10]) { line += try take(1) }
            let digits = String(decoding: line.dropLast(2), as: UTF8.self)
            guard let size = Int(digits, radix: 16) else { throw ClientError.failed("a chunk of \(digits)") }
            answer.chunks.append(size)
            answer.body += try take(size)
            guard try take(2) == [13, 10] else { throw ClientError.failed("a chunk without its end") }
            if size == 0 { return }
        }
    }

    /// Whether the server has closed, nothing more having come.
    func isClosed() throws -> Bool { try received.isEmpty && receive() == nil }

    func ask(_ method: String, _ target: String, _ fields: String = "", body: [UInt8] = []) throws -> Answer? {
        let length = body.isEmpty ? "" : "Content-Length: \(body.count)\r\n"
        send(Array("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)\(length)\r\n".utf8) + body)
        return try response(toHead: method == "HEAD")
    }
}

enum ClientError: Error { case failed(String) }

/// A response as the client saw it.
struct Answer {
    let status: Int
    let fields: [(name: String, value: String)]
    var body: [UInt8] = []
    /// The sizes of its chunks, if it came in chunks.
    var chunks: [Int] = []

    init(head: String) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), String(parts[1].dropFirst()))
        }
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
}
