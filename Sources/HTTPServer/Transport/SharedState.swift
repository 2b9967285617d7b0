import Logging
import Synchronization

/// What the queues of one server share.
final class SharedState: Sendable {
    let limits: SharedLimits
    let responder: any Responder
    let observer: (any ServerObserver)?
    let pool: WorkerPool
    let logger: Logger

    let accepted = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let isDraining = Atomic<Bool>(false)

    init(
        limits: Limits,
        responder: any Responder,
        observer: (any ServerObserver)?,
        pool: WorkerPool,
        logger: Logger
    ) {
        self.limits = SharedLimits(limits)
        self.responder = responder
        self.observer = observer
        self.pool = pool
        self.logger = logger
    }
}
