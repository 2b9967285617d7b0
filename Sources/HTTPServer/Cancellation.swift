import Synchronization

/// Says to running work that its answer is no longer wanted; cheap enough to ask in a loop.
package final class Cancellation: Sendable {
    /// Why an answer is no longer wanted.
    package enum Reason: UInt8, Sendable {
        /// The connection was reset, or the client sent FIN and the work went on for a while.
        case clientGone = 1
        /// `Limits.computeTimeout` has passed; the client has been told so.
        case deadline = 2
        /// The server stops and its drain's deadline has passed.
        case stopping = 3
    }

    private let state = Atomic<UInt8>(0)

    package init() {}

    /// Whether the work should stop.
    package var isCancelled: Bool { state.load(ordering: .relaxed) != 0 }

    /// Why the work should stop, or nil while it should not.
    package var reason: Reason? { Reason(rawValue: state.load(ordering: .acquiring)) }

    /// Cancels; of several reasons the first stays.
    package func cancel(_ reason: Reason) {
        _ = state.compareExchange(expected: 0, desired: reason.rawValue, ordering: .acquiringAndReleasing)
    }
}
