/// What a queue has done elsewhere: large work, and taking content codings off and putting them on.
extension IOQueue {
    /// A body is inflated, and an answer compressed, in place up to this size: some 100 µs.
    private static let codedInPlace = 16 << 10

    /// Notes the codings of a request that is about to be read; gives why it cannot be answered.
    func negotiateCodings(_ head: RequestHead, _ accepted: AcceptEncoding, _ connection: Connection) -> Refusal? {
        if !accepted.takesIdentity, accepted.coding == nil || shared.compression == .never {
            return Refusal(406, "Accept-Encoding takes no coding that the answer can have")
        }
        do throws(Refusal) {
            if let coding = try ContentCoding.ofBody(head) { connection.exchange?.coding = coding }
            return nil
        } catch {
            return error
        }
    }

    /// Answers a whole request, here or by the pool.
    func respond(_ request: Request, _ connection: Connection) {
        guard let coding = connection.exchange?.coding else {
            switch responder.respond(to: request) {
            case .ready(let response): finish(with: response, request.head, connection)
            case .work(let work): submit(request.head, connection, work)
            }
            return
        }
        var inflated = request
        do throws(Inflation.Failure) {
            inflated.body = try Inflation.content(of: request.body, coding, most: IOQueue.codedInPlace, members: 1)
            switch responder.respond(to: inflated) {
            case .ready(let response): finish(with: response, request.head, connection)
            case .work(let work): submit(request.head, connection, work)
            }
        } catch {
            // Too much for here, or wrong: either way the pool finds out.
            submit(request.head, connection) { [shared] in shared.answer(request, inflating: coding, $0) }
        }
    }

    private func finish(with response: Response, _ head: RequestHead, _ connection: Connection) {
        guard let size = response.body.count else {
            submit(head, connection) { _ in response }
            return
        }
        if size > IOQueue.codedInPlace {
            answerLarge(response, connection)
        } else {
            answer(response, connection)
        }
    }

    /// Answers with what is too large to be compressed here.
    private func answerLarge(_ response: Response, _ connection: Connection) {
        let accepted = connection.exchange?.accepted ?? .none
        if shared.compression.coding(for: response, accepted) == nil {
            answer(response, connection)
        } else if !enqueue(connection, { _ in response }) {
            // Where the pool is full the answer, which is there, goes as it is.
            send(shared.compression.applied(to: response, .none), connection)
        }
    }

    /// Has the pool work on an answer, or refuses the request where it is full.
    private func submit(
        _ head: RequestHead,
        _ connection: Connection,
        _ work: @escaping @Sendable (Cancellation) -> Response
    ) {
        if enqueue(connection, work) { return }
        let detail = "the queue of \(shared.limits.values.queue) requests is full"
        refuse(Refusal(503, detail, fields: ["Retry-After": "1"], bound: .queue), head, connection)
    }

    /// Queues work whose answer is compressed where it was made; gives whether there was room.
    private func enqueue(_ connection: Connection, _ work: @escaping @Sendable (Cancellation) -> Response) -> Bool {
        ticket += 1
        let (token, ticket) = (connection.token, ticket)
        let (head, accepted) = (connection.exchange?.head, connection.exchange?.accepted ?? .none)
        let cancellation = Cancellation()
        // The body is held until the work is done, whether the connection is still there or not.
        let memory = connection.memory.take()
        let isTaken = shared.pool.submit { [self, memory] in
            defer { withExtendedLifetime(memory) {} }
            let response = cancellation.isCancelled ? nil : shared.finished(work(cancellation), head, accepted)
            post(Finished(token: token, ticket: ticket, result: .response(response)))
        }
        guard isTaken else { return false }
        let deadline = now + shared.limits.values.computeTimeout
        connection.work = Connection.Work(cancellation: cancellation, ticket: ticket, deadline: deadline)
        if connection.peerFinished { cancelAfterGrace(connection) }
        return true
    }

    func finishWork(_ connection: Connection, _ response: Response?) {
        connection.work = nil
        guard let response else {
            // It was cancelled before it began; there is nothing to say and nobody to say it to.
            close(connection)
            return
        }
        send(response, connection)
        settle(connection)
    }
}

extension SharedState {
    /// A response as this client is to have it: in its coding, and with as much of its content made as is needed for
    /// that, one piece at least.
    fileprivate func finished(_ response: Response, _ head: RequestHead?, _ accepted: AcceptEncoding) -> Response {
        guard case .pieces(let content) = response.body else { return compression.applied(to: response, accepted) }
        var response = response
        // HTTP/1.0 knows no chunks (RFC 9112 §7.1), and HEAD is told the length.
        let isWhole = head?.version == .http10 || head?.method == .head
        let most = isWhole ? .max : compression.mostToMake(accepted)
        // One piece is reserved for already.
        guard let held = memory.reserve(min(most, content.rest.mostBytes)) else {
            return responder.response(to: MemoryBudget.refusal, head: head, id: head?.id ?? "-")
        }
        defer { withExtendedLifetime(held) {} }
        response.body = content.made(most: most)
        return compression.applied(to: response, accepted)
    }

    /// The answer to a request whose body has a coding, or what is wrong with the body.
    fileprivate func answer(
        _ request: Request,
        inflating coding: ContentCoding,
        _ cancellation: Cancellation
    ) -> Response {
        let (received, limits) = (request.body.count, limits.values)
        let most = Inflation.most(of: received, limits)
        func refuse(_ status: Status, _ detail: String) -> Response {
            responder.response(to: Refusal(status, detail), head: request.head, id: request.id)
        }
        // What it inflates to is known only when it has been inflated.
        guard let held = memory.reserve(most) else {
            return responder.response(to: MemoryBudget.refusal, head: request.head, id: request.id)
        }
        defer { withExtendedLifetime(held) {} }
        do throws(Inflation.Failure) {
            var request = request
            let (body, members) = (request.body, limits.gzipMembers)
            request.body = try Inflation.content(of: body, coding, most: most, members: members, cancellation)
            _ = held.resize(to: request.body.count)
            switch responder.respond(to: request) {
            case .ready(let response): return response
            case .work(let work): return work(cancellation)
            }
        } catch {
            switch error {
            case .longer: return refuse(413, "the body's \(received) bytes inflate to more than \(most)")
            case .members: return refuse(413, "the body has more than \(limits.gzipMembers) gzip members")
            case .damaged(let reason): return refuse(400, "the body is not whole \(coding.rawValue): \(reason)")
            case .cancelled: return refuse(503, "inflating the body was given up")
            }
        }
    }
}
