import CLinux
import Glibc

/// Listening sockets on one address, one for each queue, among which the kernel spreads the connections.
enum Listener {
    /// Binds `count` sockets to the host's first address that can be bound.
    ///
    /// SO_REUSEPORT would let a second server share the port in silence, so one socket without it is bound first: it
    /// fails where another process listens.
    static func bind(
        host: String,
        port: UInt16,
        count: Int
    ) throws(ServerError) -> (descriptors: [Int32], address: BoundAddress) {
        var failure = ServerError.unavailable("\(host) has no address")
        for address in try SocketAddress.resolve(host, port) {
            var bound: [Int32] = []
            do throws(SystemError) {
                let probe = try open(address, sharesPort: false)
                defer { System.close(probe) }
                // Port 0 becomes a number here, which the others then take.
                let actual = try SocketAddress(boundTo: probe)
                for _ in 0..<count { bound.append(try open(actual, sharesPort: true)) }
                for descriptor in bound { _ = try System.require { listen(descriptor, 4096) } }
                return (bound, actual.text)
            } catch {
                bound.forEach(System.close)
                let name = address.text.description
                failure = error.code == EADDRINUSE ? .taken(name) : .unavailable("cannot listen on \(name): \(error)")
            }
        }
        throw failure
    }

    private static func open(_ address: SocketAddress, sharesPort: Bool) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = try System.require { socket(address.family, kind, 0) }
        do throws(SystemError) {
            // Connections of a server that has just ended do not keep the next one from the port.
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            if sharesPort { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
            // The unspecified IPv6 address takes IPv4 as well, whatever the system's default.
            if address.family == AF_INET6 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
            // Accepted sockets inherit this, which saves a call for each.
            try set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            try address.bind(descriptor)
            return descriptor
        } catch {
            System.close(descriptor)
            throw error
        }
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = try System.require { unsafe setsockopt(descriptor, level, name, &value, size) }
    }
}

/// An IPv4 or IPv6 address with a port, as the kernel keeps it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(self.length)))
        }
    }

    /// The address that a socket is bound to.
    init(boundTo descriptor: Int32) throws(SystemError) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try System.require {
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe getsockname(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
            }
        }
        (self.storage, self.length) = (storage, length)
    }

    /// The addresses of a host, which may be a name.
    static func resolve(_ host: String, _ port: UInt16) throws(ServerError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw ServerError.unavailable("\(host) has no address: \(unsafe String(cString: gai_strerror(status)))")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            let info = unsafe entry.pointee
            if let address = unsafe info.ai_addr {
                unsafe addresses.append(SocketAddress(address, length: info.ai_addrlen))
            }
            unsafe next = info.ai_next
        }
        return addresses
    }

    func bind(_ descriptor: Int32) throws(SystemError) {
        _ = try System.require {
            unsafe withUnsafeBytes(of: storage) { bytes in
                unsafe Glibc.bind(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, length)
            }
        }
    }

    func connect(_ descriptor: Int32) throws(SystemError) {
        _ = try System.require {
            unsafe withUnsafeBytes(of: storage) { bytes in
                unsafe Glibc.connect(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, length)
            }
        }
    }

    /// The address in numbers.
    var text: BoundAddress {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: 32)
        let flags = NI_NUMERICHOST | NI_NUMERICSERV
        _ = unsafe withUnsafeBytes(of: storage) { bytes in
            let address = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            return unsafe getnameinfo(address, length, &host, socklen_t(host.count), &port, 32, flags)
        }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return BoundAddress(host: text(host), port: UInt16(text(port)) ?? 0)
    }
}
