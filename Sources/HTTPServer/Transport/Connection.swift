/// One socket with its state; owned by one I/O queue for life, so that nothing here needs a lock.
final class Connection {
    let descriptor: Int32
    /// Names this connection in the events of its queue's epoll set and in finished work.
    let token: UInt64
    var machine: ConnectionMachine
    /// What the socket has not taken yet.
    var output = Output()
    /// Bytes read but not consumed, because an answer is pending.
    var backlog: [UInt8] = []
    /// The request being answered, or being read.
    var exchange: Ongoing?
    /// Work that has been handed to the pool.
    var work: Work?
    /// Set by an edge, cleared when a read finds nothing more.
    var isReadable = false
    /// FIN has been seen by an event, and by a read.
    var peerFinished = false
    var sawEnd = false
    var endHandled = false
    var isOpen = true
    /// Counts against the limit of connections; those that are refused do not.
    let isCounted: Bool

    init(_ descriptor: Int32, token: UInt64, machine: ConnectionMachine, isCounted: Bool) {
        self.descriptor = descriptor
        self.token = token
        self.machine = machine
        self.isCounted = isCounted
    }

    /// A request between its head and its answer.
    struct Ongoing {
        var head: RequestHead?
        var id: String
        var received: Moment
        var bytesIn = 0
        /// Whether the observer has been told of it.
        var hasBegun = false
        var bound: Refusal.Bound?
    }

    struct Work {
        var cancellation: Cancellation
        /// Tells this work from an earlier one of the connection.
        var ticket: UInt64
        var deadline: Moment
    }

    /// When the queue's timer must look at this connection.
    var deadline: Moment { min(machine.deadline, work?.deadline ?? .never) }
}

/// Bytes that a socket would not take, kept as they are until it does.
struct Output {
    private var pieces: [[UInt8]] = []
    private var offset = 0

    var isEmpty: Bool { pieces.isEmpty }

    mutating func append(_ piece: [UInt8], from start: Int = 0) {
        guard start < piece.count else { return }
        if pieces.isEmpty { offset = start }
        precondition(start == 0 || pieces.isEmpty, "only the first piece can have been sent in part")
        pieces.append(piece)
    }

    enum Progress {
        /// All has been sent.
        case drained
        /// The socket takes no more; whether it took anything.
        case blocked(progressed: Bool)
        case failed
    }

    /// Sends until the socket takes no more.
    mutating func flush(to descriptor: Int32) -> Progress {
        var progressed = false
        while let piece = pieces.first {
            switch System.send(descriptor, piece, from: offset, more: pieces.count > 1) {
            case .done(let count):
                progressed = progressed || count > 0
                offset += count
                if offset == piece.count {
                    pieces.removeFirst()
                    offset = 0
                }
            case .blocked: return .blocked(progressed: progressed)
            case .failed: return .failed
            }
        }
        pieces = []
        return .drained
    }
}
