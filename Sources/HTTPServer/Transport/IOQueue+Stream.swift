import Synchronization

/// How a queue sends an answer that is made in pieces: the pool makes the next one while the socket takes the last, and
/// no more than the two are in memory.
extension IOQueue {
    /// A piece that the pool has made.
    struct Piece: Sendable {
        /// Nil where it was cancelled before it began.
        var chunk: [UInt8]?
        var bytes: Int
        var isLast: Bool
    }

    /// Sends the head and what has been made; the rest follows as the socket takes it.
    func sendPieces(of content: PiecedContent, _ response: Response, _ connection: Connection) {
        let delivery = connection.machine.deliver(at: now, inPieces: true)
        let id = connection.exchange?.id ?? identifiers.next()
        ResponseEncoder.append(response, delivery, id: id, date: dateBytes, to: &scratch)
        let first = content.beginning
        scratch.append(contentsOf: ChunkedEncoder.firstLine(size: first.count))
        connection.output.append(scratch)
        scratch.removeAll(keepingCapacity: true)
        ticket += 1
        var told = response
        told.body = .bytes([])
        connection.stream = Connection.Stream(
            response: told,
            source: content.rest,
            ticket: ticket,
            bytesOut: first.count
        )
        makePiece(for: connection)
        connection.output.append(first)
        shared.requests.add(1, ordering: .relaxed)
    }

    /// Queues a piece that the pool has made, and has the next one made if all before this one has been sent.
    func take(_ piece: Piece, _ connection: Connection) {
        guard let chunk = piece.chunk else { return }
        connection.stream?.isMaking = false
        connection.stream?.isWhole = piece.isLast
        connection.stream?.bytesOut += piece.bytes
        if connection.output.isEmpty { makePiece(for: connection) }
        connection.output.append(chunk)
        settle(connection)
    }

    /// Has the next piece made once everything has been sent, or ends the answer after the last.
    func goOn(_ connection: Connection) {
        guard connection.isOpen, let stream = connection.stream else { return }
        guard connection.output.isEmpty else { return }
        guard stream.isWhole else {
            makePiece(for: connection)
            return
        }
        connection.stream = nil
        connection.machine.finishStream(at: now)
        if let ongoing = connection.exchange.take() {
            tellFinished(ongoing, stream.response, bytesOut: stream.bytesOut)
        }
    }

    /// Asks the pool for the next piece, if it has not been asked and there is one.
    private func makePiece(for connection: Connection) {
        guard let stream = connection.stream, !stream.isMaking, !stream.isWhole else { return }
        connection.stream?.isMaking = true
        let (token, ticket) = (connection.token, stream.ticket)
        let (source, cancellation) = (stream.source, stream.cancellation)
        shared.pool.goOn { [self] in
            var piece = Piece(chunk: nil, bytes: 0, isLast: false)
            if !cancellation.isCancelled {
                var chunk = ChunkedEncoder.room
                piece.isLast = !source.appendPiece(to: &chunk)
                piece.bytes = chunk.count - ChunkedEncoder.room.count
                ChunkedEncoder.frame(&chunk, isLast: piece.isLast)
                piece.chunk = chunk
            }
            post(Finished(token: token, ticket: ticket, result: .piece(piece)))
        }
    }
}
