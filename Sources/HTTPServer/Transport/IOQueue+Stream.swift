import Synchronization

/// How a queue sends an answer that is made in pieces.
///
/// The pool makes a piece and sends it from where it was made, which lies in that core's cache, into the same memory again
/// and again, as long as the socket takes it. What it does not take comes back to the queue, which waits for the socket,
/// sends that, and asks the pool to go on. So a slow client costs a piece of memory and no thread.
extension IOQueue {
    /// Pieces in a turn, after which others that have been begun have theirs.
    private static let piecesPerTurn = 16

    /// What came of a turn of the pool.
    struct Progress: Sendable {
        /// The piece that the socket has not taken, or not the whole of.
        var rest: [UInt8] = []
        /// How much of it has been sent.
        var sent = 0
        /// The bytes of content that have been made.
        var bytes = 0
        /// Whether the last piece has been made.
        var isLast = false
        /// Whether the connection is broken.
        var isFailed = false
    }

    /// Sends the head and what has been made; the rest follows as the socket takes it.
    func sendPieces(of content: PiecedContent, _ response: Response, _ connection: Connection) {
        let delivery = connection.machine.deliver(at: now, inPieces: true)
        let id = connection.exchange?.id ?? identifiers.next()
        ResponseEncoder.append(response, delivery, id: id, date: dateBytes, to: &scratch)
        scratch.append(contentsOf: ChunkedEncoder.firstLine(size: content.beginning.count))
        connection.output.append(scratch)
        connection.output.append(content.beginning)
        scratch.removeAll(keepingCapacity: true)
        ticket += 1
        var told = response
        told.body = .bytes([])
        connection.stream = Connection.Stream(
            response: told,
            source: content.rest,
            socket: StreamSocket(connection.descriptor),
            ticket: ticket,
            bytesOut: content.beginning.count
        )
        shared.requests.add(1, ordering: .relaxed)
    }

    /// The pool has had its turn.
    func take(_ progress: Progress, _ connection: Connection) {
        connection.stream?.isInPool = false
        connection.stream?.isWhole = progress.isLast
        connection.stream?.bytesOut += progress.bytes
        if progress.isFailed { return close(connection) }
        connection.output.append(progress.rest, from: progress.sent)
        settle(connection)
    }

    /// Where all that has been made is sent, asks the pool for more, or ends the answer after the last piece.
    func goOn(_ connection: Connection) {
        guard connection.isOpen, connection.output.isEmpty, let stream = connection.stream, !stream.isInPool else {
            return
        }
        guard stream.isWhole else {
            connection.stream?.isInPool = true
            let (token, sealed, calls) = (connection.token, connection.session != nil, shared.calls)
            shared.pool.goOn { [self] in
                let progress = IOQueue.turn(of: stream, sealed: sealed, by: calls)
                post(Finished(token: token, ticket: stream.ticket, result: .progress(progress)))
            }
            return
        }
        connection.stream = nil
        connection.machine.finishStream(at: now)
        if let ongoing = connection.exchange.take() {
            tellFinished(ongoing, stream.response, bytesOut: stream.bytesOut)
        }
    }

    /// Makes pieces and sends them, on a thread of the pool; through TLS only the queue sends, which owns the session.
    private static func turn(of stream: Connection.Stream, sealed: Bool, by calls: SystemCalls) -> Progress {
        var progress = Progress()
        var chunk: [UInt8] = []
        for _ in 0..<piecesPerTurn where !progress.isLast && !stream.cancellation.isCancelled {
            chunk.removeAll(keepingCapacity: true)
            chunk.append(contentsOf: ChunkedEncoder.room)
            progress.isLast = !stream.source.appendPiece(to: &chunk)
            progress.bytes += chunk.count - ChunkedEncoder.room.count
            ChunkedEncoder.frame(&chunk, isLast: progress.isLast)
            var sent = 0
            while !sealed, sent < chunk.count {
                guard case .done(let count) = stream.socket.send(chunk, from: sent, by: calls, &progress.isFailed)
                else {
                    break
                }
                sent += count
            }
            guard sent == chunk.count else {
                (progress.rest, progress.sent) = (chunk, sent)
                return progress
            }
        }
        return progress
    }
}

/// The socket of an answer in pieces, whose number stays taken while a thread of the pool may send to it.
final class StreamSocket: Sendable {
    private let descriptor: Int32
    private let isGivenUp = Atomic<Bool>(false)

    /// Shares a socket with the connection that owns it.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { if isGivenUp.load(ordering: .acquiring) { System.close(descriptor) } }

    /// The connection is over: the socket is closed as soon as nobody sends to it.
    func closeWhenUnused() { isGivenUp.store(true, ordering: .releasing) }

    /// Sends a part of a chunk; notes where the connection is broken.
    func send(_ chunk: [UInt8], from start: Int, by calls: SystemCalls, _ isFailed: inout Bool) -> System.Outcome {
        let outcome = calls.send(descriptor, chunk, from: start, more: false)
        if case .failed = outcome { isFailed = true }
        return outcome
    }
}
