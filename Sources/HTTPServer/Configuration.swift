import Glibc

/// Where a server listens and what it may use.
package struct Configuration: Sendable {
    /// A name or an address, IPv4 or IPv6 (without brackets).
    package var host = "127.0.0.1"
    /// 0 takes a free port.
    package var port: UInt16 = 8080
    /// Nil for HTTP without TLS; with it the port speaks TLS alone.
    package var tls: TLSSettings?
    package var limits = Limits()
    package var compression = Compression.auto
    package var calls = SystemCalls.kernel
    /// What bodies, work and replies in flight may take together.
    package var memory = MemoryBudget()
    /// Serial queues that own the connections.
    package var queues = min(processors, 4)
    /// Threads for work that an I/O queue must not do.
    package var workers = processors

    package init() {}

    private static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
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
    /// A file that TLS needs cannot be used.
    case tls(TLSFault)

    package var description: String {
        switch self {
        case .taken(let address): "\(address) is in use by another process"
        case .unavailable(let reason): reason
        case .tls(let fault): fault.description
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
    /// Connections accepted, and open now.
    package var accepted: Int
    package var open: Int
    /// Connections turned away because there were too many, or no descriptors.
    package var refusedConnections: Int
    /// Requests answered, refused ones among them.
    package var requests: Int
    /// Requests whose work waits, and is being done.
    package var queued: Int
    package var working: Int
}
