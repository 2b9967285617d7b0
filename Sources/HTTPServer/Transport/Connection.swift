/// One socket with its state; owned by one I/O queue for life, so that nothing here needs a lock.
final class Connection {
    let descriptor: Int32
    /// Names this connection in the events of its queue's epoll set and in finished work.
    let token: UInt64
    /// Nil without TLS.
    var session: TLSSession?
    var machine: ConnectionMachine
    /// What the socket has not taken yet.
    var output = Output()
    /// Bytes read but not consumed, because an answer is pending.
    var backlog: [UInt8] = []
    /// The request being answered, or being read.
    var exchange: Ongoing?
    /// Work that has been handed to the pool.
    var work: Work?
    /// The answer that is being made in pieces.
    var stream: Stream?
    /// What the memory budget has been told of: the body that is being read, or a reply that waits for the socket.
    var memory: MemoryBudget.Reservation?
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
        /// The coding that the body came in, and those that its answer may go in.
        var coding: ContentCoding?
        var accepted = AcceptEncoding.none
    }

    struct Work {
        var cancellation: Cancellation
        /// Tells this work from an earlier one of the connection.
        var ticket: UInt64
        var deadline: Moment
    }

    /// An answer whose pieces are made by the pool.
    struct Stream: Sendable {
        let response: Response
        let source: any PieceSource
        let socket: StreamSocket
        /// Nobody waits for a piece any more.
        let cancellation = Cancellation()
        /// Tells this answer from others of the connection.
        let ticket: UInt64
        /// Whether the pool has its turn, in which it alone sends.
        var isInPool = false
        /// Whether the last piece has been made.
        var isWhole = false
        /// Bytes of content that have been made.
        var bytesOut: Int
    }

    /// Whether an answer is pending that nothing may overtake.
    var isAnswering: Bool { work != nil || stream != nil }

    /// Reading goes on even with an answer waiting, which cannot be sent before the handshake is over.
    var isInHandshake: Bool { session?.isEstablished == false }

    /// When the queue's timer must look at this connection.
    var deadline: Moment { min(machine.deadline, work?.deadline ?? .never) }
}

/// Bytes that a socket would not take, kept as they are until it does.
struct Output {
    private var pieces: [[UInt8]] = []
    private var offset = 0
    /// Records, which go before the pieces: those become records when it is their turn.
    private var sealed: [UInt8] = []
    private var sealedOffset = 0

    /// How much of a piece is made into records at a time.
    private static let sealedAtOnce = 64 << 10

    var isEmpty: Bool { pieces.isEmpty && sealed.isEmpty }

    var isSealedEmpty: Bool { sealed.isEmpty }

    /// The bytes of all pieces, until the last has been sent.
    var bytes: Int { pieces.reduce(0) { $0 + $1.capacity } }

    mutating func append(_ piece: [UInt8], from start: Int = 0) {
        guard start < piece.count else { return }
        if pieces.isEmpty { offset = start }
        precondition(start == 0 || pieces.isEmpty, "only the first piece can have been sent in part")
        pieces.append(piece)
    }

    mutating func appendSealed(_ records: [UInt8], from start: Int = 0) {
        sealed.append(contentsOf: records[start...])
    }

    enum Progress {
        /// All has been sent.
        case drained
        /// The socket takes no more; whether it took anything.
        case blocked(progressed: Bool)
        case failed
    }

    /// Sends until the socket takes no more, through TLS where there is a session.
    mutating func flush(to descriptor: Int32, _ session: TLSSession?, by calls: SystemCalls) -> Progress {
        var progressed = false
        while !isEmpty {
            if let session, sealed.isEmpty {
                // A client that is turned away has its handshake before it learns why.
                if !session.isEstablished { return .blocked(progressed: progressed) }
                if !sealNext(session) { return .failed }
            }
            switch sendNext(descriptor, calls) {
            case .done(let count): progressed = progressed || count > 0
            case .blocked: return .blocked(progressed: progressed)
            case .failed: return .failed
            }
        }
        return .drained
    }

    private mutating func sendNext(_ descriptor: Int32, _ calls: SystemCalls) -> System.Outcome {
        let isSealed = !sealed.isEmpty
        let outcome =
            isSealed
            ? calls.send(descriptor, sealed, from: sealedOffset, more: false)
            : calls.send(descriptor, pieces[0], from: offset, more: pieces.count > 1)
        guard case .done(let count) = outcome else { return outcome }
        if isSealed {
            sealedOffset += count
            if sealedOffset == sealed.count { (sealed, sealedOffset) = ([], 0) }
        } else {
            advance(by: count)
        }
        return outcome
    }

    private mutating func sealNext(_ session: TLSSession) -> Bool {
        let end = min(pieces[0].count, offset + Output.sealedAtOnce)
        guard session.seal(pieces[0], offset..<end) else { return false }
        sealed = session.takeRecords()
        advance(by: end - offset)
        return true
    }

    private mutating func advance(by count: Int) {
        offset += count
        guard offset == pieces[0].count else { return }
        pieces.removeFirst()
        offset = 0
    }
}
