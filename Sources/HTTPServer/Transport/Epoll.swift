import CLinux

/// A set of descriptors and the batch of those that are ready.
///
/// The set's own descriptor is readable while something in it is ready, which is how one dispatch source stands for
/// thousands of sockets.
@safe final class Epoll {
    /// What happened to a descriptor.
    struct Readiness: OptionSet {
        let rawValue: UInt32
        static let readable = Readiness(rawValue: EPOLLIN.rawValue)
        static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
        /// The peer sent FIN.
        static let peerFinished = Readiness(rawValue: EPOLLRDHUP.rawValue)
        /// Both directions are over, or an error such as a reset is pending.
        static let over = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
        /// Told once for each change, not as long as it lasts.
        static let edges = Readiness(rawValue: EPOLLET.rawValue)
    }

    let descriptor: Int32
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 128)

    init() throws(SystemError) {
        descriptor = try System.require { epoll_create1(Int32(EPOLL_CLOEXEC)) }
    }

    deinit { System.close(descriptor) }

    /// Adds a descriptor, with whose events `token` comes back; once closed it leaves the set by itself.
    func add(_ descriptor: Int32, _ interest: Readiness, token: UInt64) throws(SystemError) {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = token
        _ = try System.require { unsafe epoll_ctl(self.descriptor, EPOLL_CTL_ADD, descriptor, &event) }
    }

    func remove(_ descriptor: Int32) {
        _ = epoll_ctl(self.descriptor, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Waits for up to `milliseconds`; gives the number of events in the batch.
    func wait(milliseconds: Int32) -> Int {
        let outcome = System.attempt {
            Int(unsafe epoll_wait(descriptor, &events, Int32(capacity), milliseconds))
        }
        if case .done(let count) = outcome { return count }
        return 0
    }

    /// The most events that a batch can have.
    let capacity = 128

    /// One event of the batch.
    subscript(index: Int) -> (token: UInt64, readiness: Readiness) {
        let event = unsafe events[index]
        return unsafe (event.data.u64, Readiness(rawValue: event.events))
    }
}

/// A counter in the kernel that makes a set readable: how other threads wake a queue.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(SystemError) {
        descriptor = try System.require { eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC)) }
    }

    deinit { System.close(descriptor) }

    func signal() { _ = eventfd_write(descriptor, 1) }

    func clear() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor, &count)
    }
}
