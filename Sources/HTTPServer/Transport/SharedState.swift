import Logging
import Synchronization

/// What the queues of one server share.
final class SharedState: Sendable {
    let limits: SharedLimits
    let memory: MemoryBudget
    let responder: any Responder
    let pool: WorkerPool
    let compression: Compression
    let calls: SystemCalls
    /// What new connections' TLS begins with; nil without TLS.
    let context = Mutex<TLSContext?>(nil)
    let logger: Logger

    let accepted = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let isDraining = Atomic<Bool>(false)

    init(_ configuration: Configuration, responder: any Responder, pool: WorkerPool, logger: Logger) {
        limits = SharedLimits(configuration.limits)
        memory = configuration.memory
        compression = configuration.compression
        calls = configuration.calls
        self.responder = responder
        self.pool = pool
        self.logger = logger
    }
}
