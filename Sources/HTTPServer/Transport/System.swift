import CLinux
import Glibc

/// The system calls of the server, each repeated after a signal and with its outcome as a value.
///
/// All pointers that the kernel sees are made in this folder's files of system calls; nothing above handles one.
enum System {
    /// What came of a call on a non-blocking descriptor.
    enum Outcome {
        case done(Int)
        /// EAGAIN: nothing can be done until the descriptor is ready.
        case blocked
        case failed(SystemError)
    }

    /// Runs a call that gives -1 on failure, again as long as a signal interrupts it.
    static func attempt(_ call: () -> Int) -> Outcome {
        while true {
            let result = call()
            if result >= 0 { return .done(result) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .blocked
            case let code: return .failed(SystemError(code: code))
            }
        }
    }

    /// Runs a call that gives -1 on failure and does not block.
    static func require(_ call: () -> Int32) throws(SystemError) -> Int32 {
        switch attempt({ Int(call()) }) {
        case .done(let value): return Int32(truncatingIfNeeded: value)
        case .blocked: throw SystemError(code: EAGAIN)
        case .failed(let error): throw error
        }
    }

    /// Closes once; EINTR leaves the descriptor closed on Linux, so the call is not repeated.
    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    /// Sends FIN.
    static func shutdownWriting(_ descriptor: Int32) { _ = Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the next close a reset, which frees what the client does not take.
    static func resetOnClose(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Bounds how long a blocking socket waits when it connects, sends and receives.
    static func limitWaits(_ descriptor: Int32, to seconds: Int) throws(SystemError) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = try require {
                unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
        }
    }

    /// A descriptor of nothing, kept to be given up when there is no other left.
    static func openSpare() -> Int32? {
        let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        return descriptor < 0 ? nil : descriptor
    }

    /// Raises the soft limit on descriptors as far as it may go towards `wanted`.
    static func raiseDescriptorLimit(to wanted: Int) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        guard limit.rlim_cur < rlim_t(wanted) else { return }
        limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// A failed system call.
struct SystemError: Error, CustomStringConvertible {
    let code: Int32

    var description: String { unsafe String(cString: strerror(code)) }

    /// A blocking socket's time limit has passed.
    var isTimeout: Bool { [EAGAIN, EINPROGRESS, ETIMEDOUT].contains(code) }

    /// The process or the system has no descriptors, or the kernel no memory, left.
    var isExhaustion: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }
}

extension Moment {
    /// The monotonic clock's reading.
    package static func now() -> Moment {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

/// The seconds since 1970 began, for `Date`.
func secondsSince1970() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return Int64(time.tv_sec)
}
