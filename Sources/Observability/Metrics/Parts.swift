import CLinux
import Synchronization

/// A state that is changed far more often than it is looked at, in parts: threads on different processors change different
/// ones, and do not wait for each other's cache lines.
///
/// They lie side by side in memory of their own, since to count references to them would bring the waiting back.
@safe struct Parts<State: Sendable>: ~Copyable, @unchecked Sendable {
    private struct Part: ~Copyable {
        let state: Mutex<State>
        /// Keeps what another processor changes off this one's cache lines.
        let padding = InlineArray<12, UInt64>(repeating: 0)
    }

    /// A power of two; processors beyond it share parts.
    private static var count: Int { 8 }

    private let parts: UnsafeMutablePointer<Part>

    /// Makes parts that are all the same.
    init(_ state: State) {
        unsafe parts = .allocate(capacity: Self.count)
        for index in 0..<Self.count { unsafe (parts + index).initialize(to: Part(state: Mutex(state))) }
    }

    deinit {
        unsafe parts.deinitialize(count: Self.count)
        unsafe parts.deallocate()
    }

    /// Changes the part of the processor that this runs on, or ran on a moment ago.
    func changeOne(_ change: (inout State) -> Void) {
        let index = Int(truncatingIfNeeded: sched_getcpu()) & (Self.count - 1)
        unsafe parts[index].state.withLock { change(&$0) }
    }

    /// All parts as they are at one moment.
    var all: [State] {
        var states: [State] = []
        changeAll { states.append($0) }
        return states
    }

    /// Makes the first part this and all others that, at one moment.
    func set(first: State, others: State) {
        var isFirst = true
        changeAll {
            $0 = isFirst ? first : others
            isFirst = false
        }
    }

    /// Calls `change` with each part in order; every lock is held until the last part has had its turn.
    private func changeAll(from index: Int = 0, _ change: (inout State) -> Void) {
        guard index < Self.count else { return }
        unsafe parts[index].state.withLock { state in
            change(&state)
            changeAll(from: index + 1, change)
        }
    }
}
