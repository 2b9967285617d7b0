package import Logging
import Synchronization

/// An HTTP/1.1 server on TCP.
package final class Server: Sendable {
    private let configuration: Configuration
    private let shared: SharedState
    private let queues = Mutex<[IOQueue]>([])
    private let caretaker: MemoryCaretaker
    let hangUps = HangUps()

    package init(
        _ configuration: Configuration,
        responder: any Responder,
        observer: (any ServerObserver)? = nil,
        logger: Logger
    ) {
        self.configuration = configuration
        let pool = WorkerPool(threads: configuration.workers, capacity: configuration.limits.queue)
        shared = SharedState(configuration, responder: responder, observer: observer, pool: pool, logger: logger)
        let memory = configuration.memory
        caretaker = MemoryCaretaker(held: { memory.reserved }, isAtRest: { pool.load == (0, 0) })
    }

    /// Binds, listens and accepts; returns at once with the address it is bound to.
    ///
    /// Throws where a file of TLS cannot be used, and then nothing has been bound; where the host does not resolve, the
    /// port is taken or may not be bound, or descriptors run out. A server is started once.
    package func start() throws(ServerError) -> BoundAddress {
        do throws(TLSFault) { try loadTLS() } catch { throw .tls(error) }
        System.raiseDescriptorLimit(to: configuration.limits.connections + 256)
        let (host, port, count) = (configuration.host, configuration.port, configuration.queues)
        let (listeners, address) = try Listener.bind(host: host, port: port, count: count)
        do throws(SystemError) {
            var started: [IOQueue] = []
            for (index, listener) in listeners.enumerated() {
                started.append(try IOQueue(index: index, listener: listener, shared: shared))
            }
            try shared.pool.start()
            started.forEach { $0.start() }
            caretaker.start()
            queues.withLock { queues in
                precondition(queues.isEmpty, "a server is started once")
                queues = started
            }
        } catch {
            throw ServerError.unavailable("cannot start: \(error)")
        }
        return address
    }

    /// Reads the files of TLS again; new connections have what they hold, and those that there are go on as they are.
    ///
    /// Throws where a file cannot be used; then what was read before stays.
    package func loadTLS() throws(TLSFault) {
        guard let settings = configuration.tls else { return }
        let context = try TLSContext(settings)
        shared.context.withLock { $0 = context }
    }

    /// False while draining, and once the work queue has been full for a second.
    package var isReady: Bool {
        if shared.isDraining.load(ordering: .relaxed) { return false }
        guard let since = shared.pool.fullSince else { return true }
        return Moment.now() - since < .seconds(1)
    }

    var logger: Logger { shared.logger }

    /// What has happened since the start, and what is held now.
    package var counters: Counters {
        let load = shared.pool.load
        return Counters(
            accepted: shared.accepted.load(ordering: .relaxed),
            open: shared.open.load(ordering: .relaxed),
            refusedConnections: shared.refusedConnections.load(ordering: .relaxed),
            requests: shared.requests.load(ordering: .relaxed),
            queued: load.waiting,
            working: load.working
        )
    }

    /// Fails readiness at once, goes on accepting for `delay`, then accepts what is queued, closes the listeners and
    /// finishes what is in flight, answers saying `Connection: close`; returns when all is done or `timeout` has passed.
    package func drain(delay: Duration? = nil, timeout: Duration? = nil) async -> DrainReport {
        shared.isDraining.store(true, ordering: .relaxed)
        let delay = delay ?? configuration.limits.drainDelay
        let timeout = timeout ?? configuration.limits.drainTimeout
        // A cancelled task shortens the delay, and nothing else.
        if delay > .zero { try? await Task.sleep(for: delay) }
        var aborted = 0
        await withTaskGroup(of: Int.self) { group in
            for queue in queues.withLock({ $0 }) { group.addTask { await queue.drain(timeout: timeout) } }
            for await count in group { aborted += count }
        }
        shared.pool.stop()
        return DrainReport(aborted: aborted)
    }
}
