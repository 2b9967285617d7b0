/// The life of one connection as a pure value: bytes and clock readings go in, events come out.
///
/// It knows no sockets. The transport feeds it what it reads, carries out what it is told, and asks it at
/// `deadline` what to do. Answers are given in the order of their requests, because no request is looked at before the
/// one before it has been answered.
package struct ConnectionMachine {
    /// What the transport has to do next.
    package enum Event {
        /// Everything given was consumed; read on.
        case more
        /// A head was accepted: ask the responder, then call `acceptBody` or `deliver`.
        case head(RequestHead)
        /// A whole request: answer it by `deliver`, now or later. Until then nothing more is consumed.
        case request(RequestHead, body: [UInt8])
        /// Answer with this by `deliver`; the connection closes after it.
        case refusal(Refusal, RequestHead?)
        /// An answer is pending or being sent; what was not consumed is to be given again later.
        case held
        /// Close the socket now.
        case close
    }

    package enum Phase: Equatable {
        /// Between requests, or before the first.
        case idle
        case head
        /// A head was handed out and the responder has not spoken.
        case deciding
        case body
        /// A whole request, or a refusal, was handed out.
        case answering
        /// The answer is being made in pieces, of which some may have been sent.
        case streaming
        /// The request was answered early, and its body is read and dropped.
        case skipping
        /// The last answer is being sent.
        case closing
        /// FIN was sent; what comes is dropped, so that the client can read the answer before a reset destroys it.
        case lingering
        case closed
    }

    private let sharedLimits: SharedLimits
    private var limits: Limits { sharedLimits.values }
    package private(set) var phase = Phase.idle
    private var parser: HeadParser
    private var current: RequestHead?
    private var body = BodyReader.none
    /// The deadline of the phase, and of a blocked output.
    private var phaseDeadline: Moment
    private var writeDeadline = Moment.never
    /// Heads that were handed out, or refused.
    private var served = 0
    /// The answer to the current request is the last.
    private var isLast = false
    private var lingerRoom: Int

    /// A connection accepted at `now`: the deadline of its first head runs from there.
    package init(limits: SharedLimits, at now: Moment) {
        sharedLimits = limits
        parser = HeadParser(limits: limits)
        phaseDeadline = now.advanced(by: limits.headerNanoseconds)
        lingerRoom = limits.values.linger
    }

    /// When `tick` must be called at the latest.
    package var deadline: Moment { writeDeadline == .never ? phaseDeadline : writeDeadline }

    /// The bytes that this connection holds of its current request.
    package var reservedBytes: Int { parser.reservedBytes + body.reservedBytes }

    // MARK: - Bytes in

    /// Consumes bytes from `index` on until something has to be done.
    package mutating func next(_ input: borrowing Span<UInt8>, from index: inout Int, at now: Moment) -> Event {
        while true {
            switch phase {
            case .idle, .head:
                guard index < input.count else { return .more }
                if let event = readHead(input, &index, now) { return event }
            case .body, .skipping:
                if let event = readBody(input, &index, now) { return event }
            case .deciding, .answering, .streaming, .closing:
                return .held
            case .lingering:
                lingerRoom -= input.count - index
                index = input.count
                return lingerRoom < 0 ? close() : .more
            case .closed:
                index = input.count
                return .close
            }
        }
    }

    private mutating func readHead(
        _ input: borrowing Span<UInt8>,
        _ index: inout Int,
        _ now: Moment
    ) -> Event? {
        let outcome = parser.consume(input, from: &index)
        if phase == .idle, parser.hasBegun {
            phase = .head
            // A fresh connection's head has its deadline from accept, a kept one's from its first byte.
            if served > 0 { phaseDeadline = now.advanced(by: sharedLimits.headerNanoseconds) }
        }
        switch outcome {
        case .more: return nil
        case .head(let head):
            served += 1
            isLast = isLast || !head.isKeptAlive || served >= limits.requestsPerConnection
            parser.reset()
            current = head
            phaseDeadline = .never
            if head.expectation == .unknown {
                return refuse(Refusal(417, "100-continue is the only expectation that can be met"), head)
            }
            phase = .deciding
            return .head(head)
        case .refused(let refusal):
            served += 1
            return refuse(refusal, nil)
        }
    }

    private mutating func readBody(
        _ input: borrowing Span<UInt8>,
        _ index: inout Int,
        _ now: Moment
    ) -> Event? {
        if phase == .body, let current, current.framing == .none { return wholeRequest(body: []) }
        switch body.consume(input, from: &index) {
        case .more:
            phaseDeadline = body.deadline(limits)
            return .more
        case .refused(let refusal):
            // The answer to a skipped body's request has been given; there is no second one.
            if phase == .skipping { return finishSkipping(lost: true, now) }
            return refuse(refusal, current)
        case .end:
            if phase == .skipping { return finishSkipping(lost: false, now) }
            return wholeRequest(body: body.take())
        }
    }

    private mutating func wholeRequest(body: [UInt8]) -> Event {
        guard let head = current else { preconditionFailure("a body belongs to a head") }
        phase = .answering
        phaseDeadline = .never
        return .request(head, body: body)
    }

    /// Answers what cannot be understood or will not be read: once, and nothing after it is looked at.
    private mutating func refuse(_ refusal: Refusal, _ head: RequestHead?) -> Event {
        isLast = true
        body = .none
        phase = .answering
        phaseDeadline = .never
        return .refusal(refusal, head)
    }

    private mutating func finishSkipping(lost: Bool, _ now: Moment) -> Event? {
        body = .none
        if lost { return startClosing() }
        becomeIdle(now)
        return nil
    }

    // MARK: - What the transport decides

    /// The responder wants the request; gives whether `100 Continue` is to be sent now, or why the body is too large.
    package mutating func acceptBody(at now: Moment) -> Result<Bool, Refusal> {
        guard phase == .deciding, let head = current else { preconditionFailure("no head is being decided on") }
        switch head.framing {
        case .none:
            // Most requests: the next call finds no body and is done.
            phase = .body
            return .success(false)
        case .length(let length) where length > UInt64(limits.body):
            // RFC 9110 §15.5.14: refused by its announcement, before a byte of it is read.
            return .failure(Refusal(413, "the body is \(length) bytes; at most \(limits.body) are taken"))
        case .length, .chunked: break
        }
        body = BodyReader(head.framing, limits: sharedLimits, room: limits.body, keep: true, at: now)
        phase = .body
        phaseDeadline = body.deadline(limits)
        return .success(head.expectation == .continue)
    }

    /// How the answer to the current request is framed, the connection going on accordingly.
    ///
    /// Of an answer in pieces the end is told by `finishStream`.
    package mutating func deliver(at now: Moment, inPieces: Bool = false) -> Delivery {
        let wasEarly = phase == .deciding
        precondition(wasEarly || phase == .answering, "there is no request to answer")
        let isSkippable = wasEarly && willSkip
        if wasEarly, !isSkippable, current?.framing != BodyFraming.none { isLast = true }
        let delivery = Delivery(
            isLast: isLast,
            // RFC 9110 §9.3.2: a response to HEAD has no content, whatever its status.
            isHead: (current?.method ?? parser.method) == .head,
            isHTTP10: current?.version == .http10
        )
        if inPieces {
            precondition(!wasEarly, "what is answered early is answered at once")
            phase = .streaming
            phaseDeadline = .never
        } else if isLast {
            phase = .closing
            phaseDeadline = .never
        } else if isSkippable, let head = current {
            phase = .skipping
            body = BodyReader(head.framing, limits: sharedLimits, room: limits.skippedBody, keep: false, at: now)
            phaseDeadline = body.deadline(limits)
        } else {
            becomeIdle(now)
        }
        current = nil
        return delivery
    }

    /// The last piece of an answer has been handed to the socket, or will be.
    package mutating func finishStream(at now: Moment) {
        precondition(phase == .streaming, "there is no answer in pieces")
        if isLast { _ = startClosing() } else { becomeIdle(now) }
    }

    /// Whether an unread body can be skipped, so that the connection stays in step (RFC 9112 §9.3).
    private var willSkip: Bool {
        guard let head = current else { return false }
        // A client that waited for 100 and got a final status may send the body or its next request; nobody can tell.
        if head.expectation == .continue { return false }
        switch head.framing {
        case .none: return false
        case .chunked: return true
        case .length(let length): return length <= UInt64(limits.skippedBody)
        }
    }

    private mutating func becomeIdle(_ now: Moment) {
        phase = .idle
        phaseDeadline = now.advanced(by: sharedLimits.idleNanoseconds)
    }

    /// The next answer is the last one; gives whether the connection waits for a request and can be closed at once.
    package mutating func stopAfterCurrent() -> Bool {
        isLast = true
        // A connection that was just accepted is about to send its first request, and gets its answer.
        return phase == .idle && served > 0
    }

    /// Refuses a connection before it has said anything, or a request whose body there is no room for.
    package mutating func turnAway(_ refusal: Refusal) -> Event { refuse(refusal, nil) }

    // MARK: - The output

    /// The socket takes no more for now; its deadline moves only where it had taken something.
    package mutating func outputBlocked(at now: Moment, progressed: Bool) {
        if progressed || writeDeadline == .never { writeDeadline = now + limits.writeTimeout }
    }

    /// Everything has been handed to the socket; `.close` means: send FIN, then call `lingers`.
    package mutating func outputDrained(at now: Moment) -> Event {
        if writeDeadline != .never {
            writeDeadline = .never
            // A slow reader's idle time begins when it has its answer.
            if phase == .idle { becomeIdle(now) }
        }
        return phase == .closing ? .close : .more
    }

    /// FIN was sent (RFC 9112 §9.6).
    package mutating func lingers(at now: Moment) {
        phase = .lingering
        phaseDeadline = now + limits.lingerTimeout
    }

    // MARK: - The end

    /// The client has sent FIN.
    package mutating func inputEnded() -> Event {
        switch phase {
        case .idle, .skipping, .lingering, .closed: return close()
        case .head:
            // RFC 9112 §8: an incomplete message is no request.
            return refuse(Refusal(400, "the connection ended within the head"), nil)
        case .body: return refuse(Refusal(400, "the connection ended within the body"), current)
        case .deciding, .answering, .streaming, .closing:
            // It may be a half-close: the answer is still sent.
            isLast = true
            return .held
        }
    }

    /// The clock has reached `now`; `.more` where no deadline has passed.
    package mutating func tick(at now: Moment) -> Event {
        guard now >= deadline else { return .more }
        if writeDeadline != .never { return close() }
        switch phase {
        case .head:
            return refuse(Refusal(408, "the head was not whole within \(limits.headerTimeout)"), nil)
        case .body:
            return refuse(Refusal(408, body.timeoutDetail(limits, now)), current)
        case .skipping:
            return startClosing()
        case .idle, .lingering, .closed:
            return close()
        case .deciding, .answering, .streaming, .closing:
            return .more
        }
    }

    private mutating func startClosing() -> Event {
        phase = .closing
        phaseDeadline = .never
        return .held
    }

    private mutating func close() -> Event {
        phase = .closed
        phaseDeadline = .never
        writeDeadline = .never
        return .close
    }
}

/// How a response is framed on this connection.
package struct Delivery: Equatable {
    /// The response says `Connection: close`.
    package var isLast: Bool
    /// The content is left out, its length is not.
    package var isHead: Bool
    /// A kept connection of HTTP/1.0 has to be told so.
    package var isHTTP10: Bool
}
