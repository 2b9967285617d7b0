import Dispatch
import Synchronization

/// What a queue does with one connection: reading, asking the responder, answering, sending.
extension IOQueue {
    /// Reads a connection may do before the others have their turn.
    private static let readsPerTurn = 4
    /// Answers that gather before they are sent.
    private static let answersPerSend = 64 << 10
    /// A body from this size on is sent from where it is, without a copy beside its head.
    private static let largeBody = 16 << 10

    /// Takes a connection as far as it goes without waiting.
    func pump(_ connection: Connection) {
        var reads = 0
        while connection.isOpen, connection.output.isEmpty || connection.isInHandshake {
            if !connection.backlog.isEmpty {
                let waiting = connection.backlog
                connection.backlog = []
                let consumed = feed(connection, waiting.span)
                if consumed < waiting.count { connection.backlog = Array(waiting[consumed...]) }
                settle(connection)
                if consumed == 0 { return }
                continue
            }
            if connection.sawEnd {
                guard !connection.endHandled, !connection.isAnswering else { return }
                connection.endHandled = true
                carryOut(connection.machine.inputEnded(), connection)
                settle(connection)
                return
            }
            guard connection.isReadable, !connection.isAnswering else { return }
            if reads == IOQueue.readsPerTurn {
                unfinished.append(connection.token)
                return
            }
            reads += 1
            read(connection)
        }
    }

    private func read(_ connection: Connection) {
        switch readBuffer.read(from: connection.descriptor, by: shared.calls) {
        case .done(0):
            connection.sawEnd = true
            connection.isReadable = false
        case .done(let count):
            // A short read has emptied the socket (epoll(7)), unless FIN waits behind it.
            if count < readBuffer.capacity, !connection.peerFinished { connection.isReadable = false }
            readBuffer.withBytes(count) { receive($0, connection) }
            settle(connection)
        case .blocked:
            connection.isReadable = false
        case .failed:
            close(connection)
        }
    }

    /// Gives bytes to the state machine and keeps those that it does not want yet.
    func consume(_ bytes: borrowing Span<UInt8>, _ connection: Connection) {
        let consumed = feed(connection, bytes)
        if consumed < bytes.count { connection.backlog.append(bytes, consumed..<bytes.count) }
    }

    /// Gives bytes to the state machine and carries out what it says; gives how many were consumed.
    private func feed(_ connection: Connection, _ bytes: borrowing Span<UInt8>) -> Int {
        var index = 0
        while connection.isOpen, connection.output.isEmpty {
            let before = index
            switch connection.machine.next(bytes, from: &index, at: now) {
            case .more:
                if index == before { return index }
                connection.exchange?.bytesIn += index - before
                if !reserveBody(of: connection) {
                    carryOut(connection.machine.turnAway(MemoryBudget.refusal), connection)
                }
                return index
            case .held: return index
            case .head(let head): decide(head, connection)
            case .refusal(let refusal, let head):
                connection.exchange?.bytesIn += index - before
                refuse(refusal, head, connection)
            case let event: carryOut(event, connection)
            }
            if scratch.count >= IOQueue.answersPerSend { flush(connection) }
        }
        return index
    }

    /// Reserves memory for what has come of a body, as it grows; false where there is none.
    private func reserveBody(of connection: Connection) -> Bool {
        let bytes = connection.machine.reservedBytes
        guard bytes > MemoryBudget.smallest else { return true }
        if let memory = connection.memory { return memory.bytes >= bytes || memory.resize(to: bytes) }
        connection.memory = shared.memory.reserve(bytes, isBody: true)
        return connection.memory != nil
    }

    /// Does what the state machine says, all but reading on.
    func carryOut(_ event: ConnectionMachine.Event, _ connection: Connection) {
        switch event {
        case .more, .held: break
        case .head(let head): decide(head, connection)
        case .request(let head, let body):
            connection.exchange?.bytesIn = body.count
            respond(Request(head: head, body: body, received: connection.exchange?.received ?? now), connection)
        case .refusal(let refusal, let head): refuse(refusal, head, connection)
        case .close: close(connection)
        }
    }

    // MARK: - Answers

    private func decide(_ head: RequestHead, _ connection: Connection) {
        let id = Identifiers.sent(in: head) ?? identifiers.next()
        head.identify(as: id, responder.match(head))
        let accepted = AcceptEncoding(head)
        connection.exchange = Connection.Ongoing(head: head, id: id, received: now, hasBegun: true, accepted: accepted)
        observer?.began(head)
        if let response = responder.refuse(head) {
            answer(response, connection)
            return
        }
        if let refusal = negotiateCodings(head, accepted, connection) {
            refuse(refusal, head, connection)
            return
        }
        switch connection.machine.acceptBody(at: now) {
        case .success(let continues): if continues { scratch.append(contentsOf: ResponseEncoder.continueLine) }
        case .failure(let refusal): refuse(refusal, head, connection)
        }
    }

    func refuse(_ refusal: Refusal, _ head: RequestHead?, _ connection: Connection) {
        var ongoing = connection.exchange ?? Connection.Ongoing(id: identifiers.next(), received: now)
        if ongoing.head == nil { ongoing.head = head }
        ongoing.bound = refusal.bound
        connection.exchange = ongoing
        answer(responder.response(to: refusal, head: ongoing.head, id: ongoing.id), connection)
    }

    /// Answers with what is small enough to be given its coding here.
    func answer(_ response: Response, _ connection: Connection) {
        let accepted = connection.exchange?.accepted ?? .none
        // Small answers go as they are, and are not even copied.
        if shared.compression.varies(response, accepted) {
            send(shared.compression.coded(response, accepted), connection)
        } else {
            send(response, connection)
        }
    }

    /// Frames a response that has its coding, and queues it for sending.
    func send(_ response: Response, _ connection: Connection) {
        if case .pieces(let content) = response.body {
            sendPieces(of: content, response, connection)
            return
        }
        let delivery = connection.machine.deliver(at: now)
        connection.memory = nil
        let ongoing = connection.exchange.take() ?? Connection.Ongoing(id: identifiers.next(), received: now)
        ResponseEncoder.append(response, delivery, id: ongoing.id, date: dateBytes, to: &scratch)
        var bytesOut = 0
        if ResponseEncoder.hasBody(response, delivery), case .bytes(let body) = response.body {
            bytesOut = body.count
            if body.count < IOQueue.largeBody {
                scratch.append(contentsOf: body)
            } else {
                connection.output.append(scratch)
                connection.output.append(body)
                scratch.removeAll(keepingCapacity: true)
                flush(connection)
                // It has been taken already; as long as it waits there is less room for others.
                if !connection.output.isEmpty { connection.memory = shared.memory.charge(connection.output.bytes) }
            }
        }
        shared.requests.add(1, ordering: .relaxed)
        tellFinished(ongoing, response, bytesOut: bytesOut)
    }

    func tellFinished(_ ongoing: Connection.Ongoing, _ response: Response, bytesOut: Int) {
        guard let observer else { return }
        observer.finished(
            Exchange(
                id: ongoing.id,
                head: ongoing.head,
                route: ongoing.head.flatMap { responder.template(of: $0) },
                resource: ongoing.head?.match?.resource,
                status: response.status,
                bound: ongoing.bound ?? response.bound,
                content: response.content,
                bytesIn: ongoing.bytesIn,
                bytesOut: bytesOut,
                // What was answered in this turn has taken time since the turn's clock was read.
                nanoseconds: Moment.now().nanoseconds - ongoing.received.nanoseconds,
                hasBegun: ongoing.hasBegun
            )
        )
    }

    // MARK: - Sending and closing

    /// Sends what the turn has gathered, and if that was a last answer, FIN.
    func settle(_ connection: Connection) {
        guard connection.isOpen else {
            scratch.removeAll(keepingCapacity: true)
            return
        }
        flush(connection)
        if connection.stream != nil { goOn(connection) }
        guard connection.isOpen, connection.output.isEmpty else { return }
        guard case .close = connection.machine.outputDrained(at: now), finishSession(connection) else { return }
        if connection.sawEnd {
            close(connection)
            return
        }
        System.shutdownWriting(connection.descriptor)
        connection.machine.lingers(at: now)
    }

    /// Sends what is there; a connection with output left waits for its socket.
    func flush(_ connection: Connection) {
        if let session = connection.session {
            flushSealed(connection, session)
        } else if !scratch.isEmpty {
            if connection.output.isEmpty {
                sendScratch(connection)
            } else {
                connection.output.append(scratch)
            }
            scratch.removeAll(keepingCapacity: true)
        }
        guard connection.isOpen, !connection.output.isEmpty else { return }
        switch connection.output.flush(to: connection.descriptor, connection.session, by: shared.calls) {
        case .drained: connection.memory = nil
        case .blocked(let progressed):
            connection.machine.outputBlocked(at: now, progressed: progressed)
        case .failed: close(connection)
        }
    }

    private func sendScratch(_ connection: Connection) {
        switch shared.calls.send(connection.descriptor, scratch, from: 0, more: false) {
        case .done(let count) where count == scratch.count: break
        case .done(let count):
            connection.output.append(scratch, from: count)
            connection.machine.outputBlocked(at: now, progressed: true)
        case .blocked:
            connection.output.append(scratch)
            connection.machine.outputBlocked(at: now, progressed: true)
        case .failed: close(connection)
        }
    }

    /// Closes once; work that still runs is told that nobody waits for it.
    func close(_ connection: Connection, reason: Cancellation.Reason = .clientGone) {
        guard connection.isOpen else { return }
        connection.isOpen = false
        dropSession(connection)
        connection.memory = nil
        if let ongoing = connection.exchange.take(), ongoing.hasBegun, let head = ongoing.head {
            observer?.abandoned(head)
        }
        connection.work?.cancellation.cancel(reason)
        connection.work = nil
        // What the client would not take must not stay in the kernel.
        if !connection.output.isEmpty || connection.stream != nil { System.resetOnClose(connection.descriptor) }
        if let stream = connection.stream.take() {
            stream.cancellation.cancel(reason)
            epoll.remove(connection.descriptor)
            stream.socket.closeWhenUnused()
        } else {
            System.close(connection.descriptor)
        }
        connections.remove(connection)
        if connection.isCounted { shared.open.subtract(1, ordering: .relaxed) } else { turnedAway -= 1 }
        if isDraining { finishDrainIfEmpty() }
    }

    // MARK: - Time

    /// A deadline of this connection has passed.
    func expire(_ connection: Connection) {
        guard connection.isOpen else { return }
        if let work = connection.work, work.deadline <= now {
            // The work may not notice at once; the client is told, and the result is dropped when it comes.
            work.cancellation.cancel(.deadline)
            connection.work = nil
            let detail = "no result within \(shared.limits.values.computeTimeout)"
            refuse(Refusal(503, detail, fields: ["Retry-After": "1"], bound: .deadline), nil, connection)
        } else {
            carryOut(connection.machine.tick(at: now), connection)
        }
        settle(connection)
        pump(connection)
    }

    /// FIN while work goes on: a client that has gone, or one that has only finished sending.
    ///
    /// Small work is answered either way; larger work is cancelled.
    func cancelAfterGrace(_ connection: Connection) {
        guard let work = connection.work else { return }
        let (token, ticket) = (connection.token, work.ticket)
        let grace = Int(clamping: shared.limits.values.halfCloseGrace.wholeNanoseconds)
        queue.asyncAfter(deadline: DispatchTime.now() + .nanoseconds(grace)) { [weak self] in
            guard let work = self?.connections[token]?.work, work.ticket == ticket else { return }
            work.cancellation.cancel(.clientGone)
        }
    }
}
