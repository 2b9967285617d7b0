import Dispatch
import Glibc
import Synchronization

/// Where log lines go: a bounded buffer, and a queue of its own that empties it into a descriptor.
///
/// Whoever logs never waits for the reader of the log: what does not fit is dropped and counted. Lines are written some
/// at a time, since waking a thread for each would cost more than making it.
package final class LogSink: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        /// An empty buffer that has room.
        var spare: [UInt8] = []
        /// Whether the queue is at work, or will be at once.
        var isWriting = false
        /// Whether it will be in a while.
        var isDue = false
        var dropped = 0
    }

    private enum Step {
        case none, soon, now
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "nabla.log", qos: .utility)
    private let descriptor: Int32
    private let capacity: Int

    /// How long a line waits for others.
    private static let patience = DispatchTimeInterval.milliseconds(20)
    /// So many bytes wait for no others.
    private var plenty: Int { min(64 << 10, capacity / 2) }

    /// Makes a sink.
    ///
    /// - Parameters:
    ///   - descriptor: What is written to; left open.
    ///   - capacity: The most bytes that wait, beside as many that are being written.
    package init(descriptor: Int32, capacity: Int = 1 << 20) {
        self.descriptor = descriptor
        self.capacity = capacity
    }

    /// Lines that were dropped.
    package var dropped: Int { state.withLock { $0.dropped } }

    /// Adds a line, its end included; drops it where there is no room.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - isUrgent: Whether it waits for no others.
    package func write(_ line: [UInt8], isUrgent: Bool = false) {
        let step = state.withLock { state -> Step in
            guard state.waiting.count + line.count <= capacity else {
                state.dropped += 1
                return .none
            }
            state.waiting.append(contentsOf: line)
            return next(&state, isUrgent: isUrgent)
        }
        take(step)
    }

    /// Waits until what was written before is out, or the time has passed; for the end of a program.
    package func flush(within seconds: Double) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.begin()
            done.signal()
        }
        _ = done.wait(timeout: .now() + seconds)
    }

    /// When what waits is to be written.
    private func next(_ state: inout State, isUrgent: Bool) -> Step {
        if state.isWriting || state.waiting.isEmpty { return .none }
        if isUrgent || state.waiting.count >= plenty {
            state.isWriting = true
            return .now
        }
        if state.isDue { return .none }
        state.isDue = true
        return .soon
    }

    private func take(_ step: Step) {
        switch step {
        case .none: break
        case .soon: queue.asyncAfter(deadline: .now() + LogSink.patience) { self.begin() }
        case .now: queue.async { self.drain() }
        }
    }

    /// Writes what waits, on the queue.
    private func begin() {
        state.withLock { state in (state.isDue, state.isWriting) = (false, true) }
        drain()
    }

    private func drain() {
        var step = Step.now
        while case .now = step {
            var batch = state.withLock { state in
                let batch = state.waiting
                (state.waiting, state.spare) = (state.spare, [])
                return batch
            }
            var lost = 0
            if !put(batch) { lost = batch.lazy.filter { $0 == UInt8(ascii: "\n") }.count }
            batch.removeAll(keepingCapacity: true)
            step = state.withLock { state in
                state.dropped += lost
                state.spare = batch
                state.isWriting = false
                return next(&state, isUrgent: false)
            }
        }
        take(step)
    }

    /// Writes everything; false where nobody will ever take it.
    private func put(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&wanted, 1, 1000)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
