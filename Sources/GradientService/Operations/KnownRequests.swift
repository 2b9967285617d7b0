import Backprop
import Glibc
import Synchronization

/// The outlines of small requests that came more than once: of the next one only the numbers are read.
///
/// Whatever is answered this way would be answered the same the long way; what an outline does not fit, or where a number
/// has a fault, goes the long way.
package final class KnownRequests: Sendable {
    /// A request of one operation and what follows from its outline alone.
    final class Known<S: Scalar & TextScalar>: Sendable {
        let outline: RequestOutline
        /// A request of the outline, without its numbers.
        let request: Submission<S>
        let work: Double
        let memory: MemoryNeed

        init(_ outline: RequestOutline, of request: Submission<S>, work: Double, memory: MemoryNeed) {
            (self.outline, self.request, self.work, self.memory) = (outline, request.withoutNumbers, work, memory)
        }
    }

    /// One in either type of number.
    enum AnyKnown: Sendable {
        case float64(Known<Double>)
        case float32(Known<Float>)
    }

    /// By what a text is looked up; several outlines may have it in common.
    struct Key: Hashable {
        let operation: ObjectIdentifier
        let commas: Int
        let braces: Int
    }

    private struct Entry {
        /// The last used first; none where a request with the key has come only once.
        var known: [AnyKnown] = []
        var lastUse = 0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0

        /// Lets the key used least lately go where there are too many.
        mutating func makeRoom(_ capacity: Int) {
            guard entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return }
            entries[oldest.key] = nil
        }
    }

    /// What threads have met, a few of them each: what one of them keeps, others need not wait for.
    private final class Shelf: Sendable {
        let state = Mutex(State())
    }

    private let shelves = (0..<KnownRequests.shelfCount).map { _ in Shelf() }
    /// As many as there are I/O queues at most.
    private static let shelfCount = 4

    /// The one of this thread.
    private var shelf: Shelf {
        // Threads' addresses are whole pages apart.
        let mixed = UInt64(pthread_self() >> 12) &* 0x9E37_79B9_7F4A_7C15
        return shelves[Int(mixed >> 32) % KnownRequests.shelfCount]
    }

    /// Texts up to this length, which are what the numbers of a large request would outweigh.
    static let mostBytes = 16 << 10
    /// How many keys are kept on each shelf; the one used least lately goes first.
    private static let capacity = 48
    /// How many outlines share a key; trying them in vain must not take longer than the long way.
    private static let mostOfKey = 4

    /// Knows none.
    package init() {}

    /// By what a body is looked up; `nil` for one that is too long to be kept.
    static func key<O: Operation>(of body: [UInt8], for operation: O.Type) -> Key? {
        guard body.count <= mostBytes else { return nil }
        let marks = NumberText.marks(in: body)
        return Key(operation: ObjectIdentifier(operation), commas: marks.commas, braces: marks.braces)
    }

    /// The outlines that a body of this key may have.
    func outlines(_ key: Key) -> [AnyKnown] {
        shelf.state.withLock { state in
            guard let index = state.entries.index(forKey: key) else { return [] }
            state.uses += 1
            state.entries.values[index].lastUse = state.uses
            return state.entries.values[index].known
        }
    }

    /// Notes that a body of this key came that has no known outline; gives whether it was not the first.
    func hasMet(_ key: Key) -> Bool {
        shelf.state.withLock { state in
            if state.entries[key] != nil { return true }
            state.makeRoom(KnownRequests.capacity)
            state.uses += 1
            state.entries[key] = Entry(lastUse: state.uses)
            return false
        }
    }

    /// Keeps an outline.
    func add(_ known: AnyKnown, _ key: Key) {
        shelf.state.withLock { state in
            // It may have had to go meanwhile.
            guard var entry = state.entries[key] else { return }
            entry.known.insert(known, at: 0)
            if entry.known.count > KnownRequests.mostOfKey { entry.known.removeLast() }
            state.entries[key] = entry
        }
    }

    /// Puts an outline that was right at the front, where it is tried first.
    func prefer(_ position: Int, _ key: Key) {
        guard position > 0 else { return }
        shelf.state.withLock { state in
            guard let entry = state.entries[key], position < entry.known.count else { return }
            var known = entry.known
            known.insert(known.remove(at: position), at: 0)
            state.entries[key]?.known = known
        }
    }
}
