import Dispatch
import Logging
import Synchronization

/// One serial queue with its epoll set: a listener, a wake-up and all the sockets that came through that listener.
///
/// Everything but `post` and `drain` runs on the queue, which is what makes sending it between threads safe.
final class IOQueue: @unchecked Sendable {
    let shared: SharedState
    let responder: any Responder
    let observer: (any ServerObserver)?
    let queue: DispatchQueue
    let epoll: Epoll
    private let wakeUp: WakeUp
    private var source: (any DispatchSourceRead)?
    private var timer: (any DispatchSourceTimer)?
    var acceptor: Acceptor
    var connections = ConnectionTable()

    /// One buffer for all reads, and one for the answers of a turn: a connection holds bytes only while it must.
    let readBuffer = ReadBuffer(capacity: 64 << 10)
    var scratch: [UInt8] = []
    /// The same for what passes through TLS.
    let wire = TLSWire()
    /// Connections that used up their turn and can go on without another event.
    var unfinished: [UInt64] = []

    var now = Moment.now()
    var identifiers: Identifiers
    private var date = DateText()
    var dateBytes: [UInt8] = []
    var ticket: UInt64 = 0
    /// Connections beyond the limit that still linger.
    var turnedAway = 0

    private let finished = Mutex<[Finished]>([])
    var drainers: [CheckedContinuation<Int, Never>] = []
    var isDraining = false
    private var isStopped = false
    /// Requests that a drain has cut off.
    private var aborted = 0

    /// Work that came back from the pool.
    struct Finished: Sendable {
        var token: UInt64
        var ticket: UInt64
        var result: Result

        enum Result: Sendable {
            /// Nil where it was cancelled before it began.
            case response(Response?)
            case progress(Progress)
        }
    }

    private static let wakeUpToken = UInt64.max
    static let listenerToken = UInt64.max - 1

    init(index: Int, listener: Int32, shared: SharedState) throws(SystemError) {
        self.shared = shared
        responder = shared.responder.forQueue()
        observer = shared.observer?.forQueue()
        queue = DispatchQueue(label: "nabla.http.\(index)", qos: .userInitiated)
        epoll = try Epoll()
        wakeUp = try WakeUp()
        acceptor = Acceptor(listener, shared.calls)
        identifiers = Identifiers(seed: .random(in: .min ... .max))
        try epoll.add(wakeUp.descriptor, .readable, token: IOQueue.wakeUpToken)
        try epoll.add(listener, .readable, token: IOQueue.listenerToken)
    }

    /// Begins to accept and serve.
    func start() {
        let source = DispatchSource.makeReadSource(fileDescriptor: epoll.descriptor, queue: queue)
        source.setEventHandler { [unowned self] in handleEvents() }
        // The set's descriptor may be closed only after this: closed before, it would leave a later source on the same
        // number dead. The handler's reference keeps this object, and so the descriptor, until then.
        source.setCancelHandler { [self] in queue.async { self.source = nil } }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .milliseconds(250), repeating: .milliseconds(250), leeway: .milliseconds(50))
        timer.setEventHandler { [unowned self] in handleTick() }
        timer.setCancelHandler { [self] in queue.async { self.timer = nil } }
        (self.source, self.timer) = (source, timer)
        source.activate()
        timer.activate()
    }

    /// Hands finished work to the queue, from any thread.
    func post(_ result: Finished) {
        let wasEmpty = finished.withLock { results in
            results.append(result)
            return results.count == 1
        }
        if wasEmpty { wakeUp.signal() }
    }

    // MARK: - Events

    private func handleEvents() {
        // The dispatch source costs several system calls each time it fires, so the batches of a busy moment are taken
        // in one firing; the last wait, with nothing ready, is short enough to leave the queue to its timer.
        var milliseconds: Int32 = 0
        while !isStopped {
            let count = epoll.wait(milliseconds: unfinished.isEmpty ? milliseconds : 0)
            if count == 0, unfinished.isEmpty { return }
            readClocks()
            for index in 0..<count {
                let (token, readiness) = epoll[index]
                switch token {
                case IOQueue.wakeUpToken: takeFinished()
                case IOQueue.listenerToken: accept()
                default:
                    if let connection = connections[token] { handle(readiness, connection) }
                }
            }
            let again = unfinished
            unfinished.removeAll(keepingCapacity: true)
            for token in again {
                if let connection = connections[token] { pump(connection) }
            }
            milliseconds = 1
        }
    }

    func readClocks() {
        now = .now()
        dateBytes = date.bytes(at: secondsSince1970())
    }

    private func handle(_ readiness: Epoll.Readiness, _ connection: Connection) {
        if !readiness.isDisjoint(with: .over) {
            // A reset, or both sides have sent FIN: nobody reads another byte of ours.
            close(connection)
            return
        }
        if readiness.contains(.peerFinished) {
            connection.peerFinished = true
            if connection.work != nil { cancelAfterGrace(connection) }
        }
        if !readiness.isDisjoint(with: [.readable, .peerFinished]) { connection.isReadable = true }
        if readiness.contains(.writable), !connection.output.isEmpty { settle(connection) }
        pump(connection)
    }

    private func takeFinished() {
        wakeUp.clear()
        let results = finished.withLock { results in
            let taken = results
            results = []
            return taken
        }
        for result in results {
            guard let connection = connections[result.token] else { continue }
            switch result.result {
            case .response(let response):
                guard connection.work?.ticket == result.ticket else { continue }
                finishWork(connection, response)
            case .progress(let progress):
                guard connection.stream?.ticket == result.ticket else { continue }
                take(progress, connection)
            }
            pump(connection)
        }
    }

    private func handleTick() {
        guard !isStopped else { return }
        readClocks()
        acceptor.resume(epoll)
        for connection in connections.all where connection.deadline <= now { expire(connection) }
    }

    // MARK: - Stopping

    /// Accepts what is queued, closes the listener, ends idle connections and finishes the others; gives how many
    /// requests were cut off when `timeout` had passed.
    func drain(timeout: Duration) async -> Int {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                drainers.append(continuation)
                if !isDraining { beginDrain() }
                finishDrainIfEmpty()
                queue.asyncAfter(deadline: DispatchTime.now() + .nanoseconds(Int(clamping: timeout.wholeNanoseconds))) {
                    [self] in
                    abort()
                }
            }
        }
    }

    private func beginDrain() {
        isDraining = true
        readClocks()
        // Closing a listener resets what waits in its queue, so that is accepted first.
        while acceptor.isOpen, accept() {}
        acceptor.close(epoll)
        for connection in connections.all where connection.machine.stopAfterCurrent() {
            // A request may have come since the last event.
            connection.isReadable = true
            pump(connection)
            if connection.isOpen, connection.machine.phase == .idle { close(connection) }
        }
    }

    /// Resumes those who wait for the drain once no connection is left.
    func finishDrainIfEmpty() {
        guard isDraining, connections.isEmpty else { return }
        stop()
    }

    private func abort() {
        guard !isStopped else { return }
        for connection in connections.all {
            if connection.exchange != nil { aborted += 1 }
            connection.work?.cancellation.cancel(.stopping)
            close(connection, reason: .stopping)
        }
        stop()
    }

    private func stop() {
        if !isStopped {
            isStopped = true
            source?.cancel()
            timer?.cancel()
        }
        for drainer in drainers { drainer.resume(returning: aborted) }
        drainers = []
    }
}
