import CLinux
import Glibc

/// One plain GET request, as a container's health check makes it.
///
/// It blocks its caller, and needs nothing that the server does not.
package enum Probe {
    /// Asks for a path.
    ///
    /// - Parameters:
    ///   - host: A name or an address.
    ///   - port: The port.
    ///   - path: The request's target, from `/` on.
    ///   - isTLS: Whether to speak TLS, with a certificate of any kind.
    ///   - seconds: How long each of connecting, sending and receiving may take.
    /// - Returns: The answer's status.
    /// - Throws: ``ProbeError`` if there is no answer in HTTP.
    package static func status(
        host: String,
        port: UInt16,
        path: String,
        isTLS: Bool = false,
        within seconds: Int
    ) throws(ProbeError) -> Int {
        let descriptor = try connection(to: host, port, within: seconds)
        defer { System.close(descriptor) }
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let session = isTLS ? try TLSProbe(descriptor) : nil
        let request = [UInt8]("GET \(path) HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n".utf8)
        try session?.send(request)
        var sent = isTLS ? request.count : 0
        while sent < request.count {
            sent += try bytes(of: SystemCalls.kernel.send(descriptor, request, from: sent, more: false))
        }
        // The status line is in the first bytes: "HTTP/1.1 200 OK".
        let version = [UInt8]("HTTP/1.1 ".utf8)
        var answer: [UInt8] = []
        while answer.count < version.count + 3 {
            var part = [UInt8](repeating: 0, count: 256)
            let count: Int
            if let session {
                count = try session.receive(into: &part)
            } else {
                count = try bytes(
                    of: unsafe part.withUnsafeMutableBytes { unsafe SystemCalls.kernel.read(descriptor, into: $0) }
                )
            }
            guard count > 0 else { break }
            answer += part[..<count]
        }
        guard answer.starts(with: version),
            let status = Int(String(decoding: answer.dropFirst(version.count).prefix(3), as: UTF8.self))
        else { throw ProbeError(reason: "what answers is not HTTP/1.1") }
        return status
    }

    private static func connection(to host: String, _ port: UInt16, within seconds: Int) throws(ProbeError) -> Int32 {
        var failure = ProbeError(reason: "\(host) has no address")
        let addresses: [SocketAddress]
        do throws(ServerError) { addresses = try SocketAddress.resolve(host, port) } catch {
            throw ProbeError(reason: "\(error)")
        }
        for address in addresses {
            do throws(SystemError) {
                let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
                let descriptor = try System.require { socket(address.family, kind, 0) }
                do throws(SystemError) {
                    try System.limitWaits(descriptor, to: seconds)
                    try address.connect(descriptor)
                    return descriptor
                } catch {
                    System.close(descriptor)
                    throw error
                }
            } catch {
                failure = ProbeError(reason: error.isTimeout ? "no answer within \(seconds) s" : "\(error)")
            }
        }
        throw failure
    }

    private static func bytes(of outcome: System.Outcome) throws(ProbeError) -> Int {
        switch outcome {
        case .done(let count): return count
        // A blocking socket says EAGAIN when its time limit has passed.
        case .blocked: throw ProbeError(reason: "no answer in time")
        case .failed(let error): throw ProbeError(reason: "\(error)")
        }
    }
}

/// Why a probe has no status.
package struct ProbeError: Error, CustomStringConvertible {
    /// In words.
    package let reason: String

    package var description: String { reason }
}
