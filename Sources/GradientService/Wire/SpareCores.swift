import Dispatch
package import HTTPServer
import Synchronization

/// The cores that no request uses, lent to a large one as long as it is alone.
///
/// Where others run, each has a core of its own and nothing is gained by sharing.
package final class SpareCores: Sendable {
    private let running = Atomic<Int>(0)
    private let cores: Int
    private let memory: MemoryBudget

    /// Makes what lends the cores of a machine.
    ///
    /// - Parameters:
    ///   - cores: How many there are.
    ///   - memory: Knows of the large bodies that are on their way.
    package init(cores: Int, memory: MemoryBudget = MemoryBudget()) { (self.cores, self.memory) = (cores, memory) }

    /// How many cores a request that runs may use now, its own among them.
    ///
    /// While another body is received, which takes a core or will soon, there is none to spare.
    var usable: Int { running.load(ordering: .relaxed) > 1 || memory.bodies > 1 ? 1 : cores }

    /// Whether no other request runs, and so several cores print.
    package var isAlone: Bool { usable > 1 }

    /// Runs a request's work, which counts as running meanwhile.
    package func running<Result, Failure>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        running.add(1, ordering: .relaxed)
        defer { running.subtract(1, ordering: .relaxed) }
        return try work()
    }

    /// What is made of some pieces, in order, on several cores.
    static func made<Made: Sendable>(_ count: Int, _ make: @Sendable (_ piece: Int) -> Made) -> [Made] {
        let all = Mutex([Made?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { piece in
            let made = make(piece)
            all.withLock { $0[piece] = made }
        }
        return all.withLock { $0.compactMap(\.self) }
    }
}
