/// A queue's listener, with a descriptor in reserve for when there are no others.
struct Acceptor {
    private let listener: Int32
    private let calls: SystemCalls
    private(set) var isOpen = true
    private var isPaused = false
    private var spare = System.openSpare()

    init(_ listener: Int32, _ calls: SystemCalls) { (self.listener, self.calls) = (listener, calls) }

    enum Outcome {
        case accepted(Int32)
        /// Nobody waits.
        case none
        /// There are no descriptors left; one client was turned away, or nothing could be done.
        case exhausted(SystemError)
    }

    mutating func next(_ epoll: Epoll) -> Outcome {
        guard isOpen else { return .none }
        switch calls.accept(from: listener) {
        case .done(let descriptor): return .accepted(Int32(truncatingIfNeeded: descriptor))
        case .blocked: return .none
        case .failed(let error):
            // Anything else is a client's: it left before it was accepted.
            guard error.isExhaustion else { return .none }
            // The client at the head of the queue would otherwise wake us for ever: it gets the spare one and a close.
            if let descriptor = spare {
                System.close(descriptor)
                if case .done(let client) = calls.accept(from: listener) {
                    System.close(Int32(truncatingIfNeeded: client))
                }
                spare = System.openSpare()
            }
            if spare == nil {
                epoll.remove(listener)
                isPaused = true
            }
            return .exhausted(error)
        }
    }

    /// Listens again after a pause; called at each tick.
    mutating func resume(_ epoll: Epoll) {
        guard isOpen, isPaused else { return }
        spare = System.openSpare()
        guard spare != nil else { return }
        isPaused = (try? epoll.add(listener, .readable, token: IOQueue.listenerToken)) == nil
    }

    mutating func close(_ epoll: Epoll) {
        guard isOpen else { return }
        isOpen = false
        System.close(listener)
        if let spare { System.close(spare) }
        spare = nil
    }
}
