import Logging
import Synchronization

/// What the queues of one server share.
final class SharedState: Sendable {
    let limits: SharedLimits
    let memory: MemoryBudget
    let responder: any Responder
    let pool: WorkerPool
    let logger: Logger

    let accepted = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let isDraining = Atomic<Bool>(false)

    init(limits: Limits, memory: MemoryBudget, responder: any Responder, pool: WorkerPool, logger: Logger) {
        self.limits = SharedLimits(limits)
        self.memory = memory
        self.responder = responder
        self.pool = pool
        self.logger = logger
    }
}
