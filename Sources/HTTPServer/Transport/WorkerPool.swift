import CLinux
import Dispatch
import Glibc
import Synchronization

/// A fixed number of threads for work that is too large for an I/O queue, with a bounded queue before them.
///
/// The threads have large stacks, and a lower priority than the I/O queues, so that a saturated pool does not delay
/// small answers.
final class WorkerPool: Sendable {
    /// What a thread is asked to do; it says what came of it by itself.
    typealias Job = @Sendable () -> Void

    private struct State {
        /// Parts of answers that have been begun: they go first, since each that ends makes room.
        var begun: [Job] = []
        var waiting: [Job] = []
        /// Jobs before this index have been taken; they are removed once they are half of the array.
        var next = 0
        var working = 0
        var isStopping = false
        /// Since when the queue has been full.
        var fullSince: Moment?

        var count: Int { waiting.count - next }
    }

    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)
    private let capacity: Int
    private let threads: Int

    /// A pool whose queue holds `capacity` jobs besides those being worked on.
    init(threads: Int, capacity: Int) {
        self.capacity = capacity
        self.threads = threads
    }

    /// Starts the threads.
    func start() throws(SystemError) {
        for _ in 0..<threads { try Thread.start(stackSize: 8 << 20, niceness: 5) { self.run() } }
    }

    /// Queues a job, or gives false where the queue is full or the pool is stopping.
    func submit(_ job: @escaping Job) -> Bool {
        let isTaken = state.withLock { state in
            if state.isStopping { return false }
            // With a thread free, even a queue of no length takes a job.
            if state.count >= capacity + max(0, threads - state.working) {
                state.fullSince = state.fullSince ?? .now()
                return false
            }
            state.waiting.append(job)
            if state.count >= capacity + max(0, threads - state.working) {
                state.fullSince = state.fullSince ?? .now()
            }
            return true
        }
        if isTaken { available.signal() }
        return isTaken
    }

    /// Queues a part of an answer that has been begun, for which there is always room: a connection has one at a time.
    func goOn(_ job: @escaping Job) {
        state.withLock { $0.begun.append(job) }
        available.signal()
    }

    /// Since when the queue has been full, or nil.
    var fullSince: Moment? { state.withLock { $0.fullSince } }

    /// Jobs that wait and jobs that run.
    var load: (waiting: Int, working: Int) { state.withLock { ($0.count, $0.working) } }

    /// Ends the threads once the queue is empty.
    func stop() {
        state.withLock { $0.isStopping = true }
        for _ in 0..<threads { available.signal() }
    }

    private func run() {
        while let job = take() {
            job()
            state.withLock { $0.working -= 1 }
        }
    }

    private func take() -> Job? {
        available.wait()
        return state.withLock { state in
            if !state.begun.isEmpty {
                state.working += 1
                return state.begun.removeFirst()
            }
            guard state.next < state.waiting.count else {
                precondition(state.isStopping, "a signal without a job means the end")
                return nil
            }
            let job = state.waiting[state.next]
            state.next += 1
            if state.next * 2 >= state.waiting.count {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            state.working += 1
            state.fullSince = nil
            return job
        }
    }
}

/// A thread of our own: Dispatch's have 512 KiB of stack and one priority.
enum Thread {
    private final class Body {
        let run: @Sendable () -> Void
        let niceness: Int32

        init(_ run: @escaping @Sendable () -> Void, niceness: Int32) {
            (self.run, self.niceness) = (run, niceness)
        }
    }

    /// Starts a detached thread whose priority is lower by `niceness`.
    static func start(stackSize: Int, niceness: Int32, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { unsafe pthread_attr_destroy(&attributes) }
        let body = unsafe Unmanaged.passRetained(Body(run, niceness: niceness))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                // On Linux this is the calling thread's alone; where it is not allowed the thread runs as it is.
                _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(gettid()), body.niceness)
                body.run()
                return nil
            },
            body.toOpaque()
        )
        guard code == 0 else {
            unsafe body.release()
            throw SystemError(code: code)
        }
    }
}
