import Dispatch
import Glibc
import Synchronization

/// Where log lines go: a bounded buffer, and a queue of its own that empties it into a descriptor.
///
/// Whoever logs never waits for the reader of the log: what does not fit is dropped and counted.
package final class LogSink: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        /// Whether the queue is, or will soon be, at work.
        var isWriting = false
        var dropped = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "nabla.log", qos: .utility)
    private let descriptor: Int32
    private let capacity: Int

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
    package func write(_ line: some Collection<UInt8>) {
        let mustBegin = state.withLock { state in
            guard state.waiting.count + line.count <= capacity else {
                state.dropped += 1
                return false
            }
            state.waiting.append(contentsOf: line)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustBegin { queue.async { self.drain() } }
    }

    /// Waits until what was written before is out, or the time has passed; for the end of a program.
    package func flush(within seconds: Double) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + seconds)
    }

    private func drain() {
        while true {
            let batch = state.withLock { state in
                let batch = state.waiting
                state.waiting = []
                if batch.isEmpty { state.isWriting = false }
                return batch
            }
            if batch.isEmpty { return }
            if !put(batch) {
                let lines = batch.lazy.filter { $0 == UInt8(ascii: "\n") }.count
                state.withLock { $0.dropped += lines }
            }
        }
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
