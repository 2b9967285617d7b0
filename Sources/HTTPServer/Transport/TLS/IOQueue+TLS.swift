import Logging

/// How a queue passes a connection's bytes through TLS, which neither the state machine nor the responder sees.
extension IOQueue {
    /// Takes what was read off the socket: as it is, or the content of the records that it is.
    func receive(_ bytes: borrowing Span<UInt8>, _ connection: Connection) {
        guard let session = connection.session else {
            consume(bytes, connection)
            return
        }
        let outcome = session.open(bytes)
        // Moved out of the wire while it is used, and back for its memory.
        var content: [UInt8] = []
        swap(&content, &wire.content)
        if !content.isEmpty { consume(content.span, connection) }
        content.removeAll(keepingCapacity: true)
        swap(&content, &wire.content)

        guard connection.isOpen else { return }
        switch outcome {
        case .more: break
        case .ended:
            connection.sawEnd = true
            connection.isReadable = false
        case .plainHTTP: answerPlainly(connection)
        case .failed(let reason): giveUp(connection, reason)
        }
    }

    /// HTTP on a port that speaks TLS: 400 without TLS, since the client would not understand anything else.
    private func answerPlainly(_ connection: Connection) {
        connection.session = nil
        wire.outgoing.removeAll(keepingCapacity: true)
        guard connection.machine.phase == .idle else {
            close(connection)
            return
        }
        let refusal = Refusal(400, "this port speaks TLS: the URL begins with https://")
        carryOut(connection.machine.turnAway(refusal), connection)
    }

    /// Sends the alert that OpenSSL has written, and lingers so that a reset does not overtake it.
    private func giveUp(_ connection: Connection, _ reason: String) {
        shared.logger.debug("a TLS session ended", metadata: ["reason": "\(reason)"])
        flush(connection)
        connection.session = nil
        guard connection.isOpen else { return }
        guard connection.output.isEmpty, !connection.isAnswering else {
            close(connection)
            return
        }
        System.shutdownWriting(connection.descriptor)
        connection.machine.lingers(at: now)
    }

    /// Puts the turn's answers into records, and the records into the output where the socket does not take them.
    func flushSealed(_ connection: Connection, _ session: TLSSession) {
        if !scratch.isEmpty {
            if connection.output.isEmpty, session.isEstablished {
                if !session.seal(scratch, 0..<scratch.count) { close(connection) }
            } else {
                connection.output.append(scratch)
            }
            scratch.removeAll(keepingCapacity: true)
        }
        defer { wire.outgoing.removeAll(keepingCapacity: true) }
        guard connection.isOpen, !wire.outgoing.isEmpty else { return }
        // After a last answer its end is told in the same send.
        if connection.machine.phase == .closing, connection.output.isEmpty { session.finish() }
        guard connection.output.isSealedEmpty else {
            connection.output.appendSealed(wire.outgoing)
            return
        }
        switch shared.calls.send(connection.descriptor, wire.outgoing, from: 0, more: false) {
        case .done(let count):
            if count == wire.outgoing.count { return }
            connection.output.appendSealed(wire.outgoing, from: count)
        case .blocked: connection.output.appendSealed(wire.outgoing)
        case .failed:
            close(connection)
            return
        }
        connection.machine.outputBlocked(at: now, progressed: true)
    }

    /// Ends the session of a connection that is being closed, telling the client if the socket takes that at once.
    func dropSession(_ connection: Connection) {
        guard let session = connection.session.take() else { return }
        defer { wire.outgoing.removeAll(keepingCapacity: true) }
        // Records go in their order or not at all.
        guard connection.output.isEmpty, wire.outgoing.isEmpty else { return }
        session.finish()
        if !wire.outgoing.isEmpty { _ = shared.calls.send(connection.descriptor, wire.outgoing, from: 0, more: false) }
    }

    /// Tells the client that this is the end; gives false where the socket does not take it yet.
    func finishSession(_ connection: Connection) -> Bool {
        guard let session = connection.session else { return true }
        session.finish()
        flush(connection)
        return connection.isOpen && connection.output.isEmpty
    }
}
