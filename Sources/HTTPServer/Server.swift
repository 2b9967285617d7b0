package import Logging

/// An HTTP/1.1 server on TCP.
package final class Server: Sendable {
    private let configuration: Configuration
    private let responder: any Responder
    private let logger: Logger

    package init(_ configuration: Configuration, responder: any Responder, logger: Logger) {
        self.configuration = configuration
        self.responder = responder
        self.logger = logger
    }

    /// Binds, listens and accepts; returns at once with the address it is bound to.
    ///
    /// Throws where the host does not resolve, the port is taken or may not be bound, or descriptors run out.
    package func start() throws(ServerError) -> BoundAddress {
        throw ServerError.unavailable("the transport is not built yet")
    }

    /// False while draining, and once the work queue has been full for a second.
    package var isReady: Bool { false }

    /// What has happened since the start.
    package var counters: Counters { Counters() }

    /// Fails readiness at once, goes on accepting for `delay`, then accepts what is queued, closes the listeners and
    /// finishes what is in flight, answers saying `Connection: close`; returns when all is done or `timeout` has passed.
    package func drain(delay: Duration? = nil, timeout: Duration? = nil) async -> DrainReport {
        DrainReport(aborted: 0)
    }
}

/// Where a server listens and what it may use.
package struct Configuration: Sendable {
    /// A name or an address, IPv4 or IPv6 (without brackets).
    package var host = "127.0.0.1"
    /// 0 takes a free port.
    package var port: UInt16 = 8080
    package var limits = Limits()

    package init() {}
}

/// The address of a listening server.
package struct BoundAddress: Sendable, CustomStringConvertible {
    /// A numeric address.
    package var host: String
    package var port: UInt16

    /// As it stands in a URL: `127.0.0.1:8080`, `[::1]:8080`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a server cannot start.
package enum ServerError: Error, CustomStringConvertible {
    /// Another socket has the address.
    case taken(String)
    /// The address cannot be resolved or bound, for the reason given.
    case unavailable(String)

    package var description: String {
        switch self {
        case .taken(let address): "\(address) is in use by another process"
        case .unavailable(let reason): reason
        }
    }
}

/// What became of the connections when a server stopped.
package struct DrainReport: Sendable {
    /// Requests that were cut off because the deadline passed.
    package var aborted: Int
}

/// What has happened since a server started, and what it holds now.
package struct Counters: Sendable {
    package var accepted = 0
    package var open = 0
    package var refusedConnections = 0
    package var requests = 0
    package var queued = 0
    package var working = 0
}
