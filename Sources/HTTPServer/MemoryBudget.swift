import Synchronization

/// The memory that requests in flight may take together: bodies, what is computed from them, and replies.
///
/// The server and the service behind it share one budget. Whoever is about to take memory reserves it first and gives it
/// back by letting go of the reservation; where it does not fit the request is refused with 503. What is small, as most
/// requests are, is not counted: see ``smallest``.
package final class MemoryBudget: Sendable {
    /// The most bytes that are reserved at a time.
    package let limit: Int
    private let used = Atomic<Int>(0)
    private let bodyCount = Atomic<Int>(0)

    /// What a connection may hold beside reservations, since counting it would cost more than it is worth.
    package static let smallest = 16 << 10

    /// Makes a budget; without a limit it only counts.
    package init(limit: Int = .max) { self.limit = limit }

    /// The bytes that are reserved now.
    package var reserved: Int { used.load(ordering: .relaxed) }

    /// How many large bodies are being received, wait to be worked on or are worked on.
    package var bodies: Int { bodyCount.load(ordering: .relaxed) }

    /// Reserves memory, or gives nil where there is no room for it now.
    ///
    /// - Parameters:
    ///   - bytes: How much.
    ///   - isBody: Whether it is for a body, which is then counted as one.
    /// - Returns: The reservation.
    package func reserve(_ bytes: Int, isBody: Bool = false) -> Reservation? {
        let reservation = Reservation(of: self, isBody: isBody)
        return reservation.resize(to: bytes) ? reservation : nil
    }

    /// Takes note of memory that has been taken already.
    package func charge(_ bytes: Int) -> Reservation {
        let reservation = Reservation(of: self, isBody: false)
        reservation.charge(bytes)
        return reservation
    }

    /// What a client is told where there is no room.
    package static let refusal = Refusal(
        503,
        "the memory for requests in flight is taken; try again",
        fields: ["Retry-After": "1"],
        bound: .memory
    )

    /// A part of the budget, given back when the last reference to it goes.
    package final class Reservation: Sendable {
        private let budget: MemoryBudget
        private let isBody: Bool
        private let held = Atomic<Int>(0)

        fileprivate init(of budget: MemoryBudget, isBody: Bool) {
            (self.budget, self.isBody) = (budget, isBody)
            if isBody { budget.bodyCount.add(1, ordering: .relaxed) }
        }

        deinit {
            budget.used.subtract(held.load(ordering: .relaxed), ordering: .relaxed)
            if isBody { budget.bodyCount.subtract(1, ordering: .relaxed) }
        }

        /// The bytes reserved.
        package var bytes: Int { held.load(ordering: .relaxed) }

        /// Reserves more, which may not fit, or less; gives whether it is so many bytes now.
        package func resize(to bytes: Int) -> Bool {
            let added = bytes - held.load(ordering: .relaxed)
            let total = budget.used.add(added, ordering: .relaxed).newValue
            guard added <= 0 || total <= budget.limit else {
                budget.used.subtract(added, ordering: .relaxed)
                return false
            }
            held.store(bytes, ordering: .relaxed)
            return true
        }

        /// Takes note that so many bytes are held, whether they fit or not.
        fileprivate func charge(_ bytes: Int) {
            budget.used.add(bytes - held.exchange(bytes, ordering: .relaxed), ordering: .relaxed)
        }
    }
}
