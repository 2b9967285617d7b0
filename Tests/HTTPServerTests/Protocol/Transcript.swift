import HTTPServer

/// What a connection does with some bytes, written as lines; the same whatever way the bytes are split.
struct Transcript: Equatable, CustomStringConvertible {
    var lines: [String] = []

    var description: String { lines.joined(separator: "\n") }

    /// The statuses and requests alone: `GET /`, `400`, `close`.
    var outline: [String] { lines.filter { !$0.hasPrefix("  ") } }
}

/// Plays the transport and a responder to a `ConnectionMachine`.
struct Player {
    var machine: ConnectionMachine
    var transcript = Transcript()
    var now = Moment.zero
    /// What the machine has not consumed yet.
    private var waiting: [UInt8] = []
    private var isOver = false
    /// Paths that the responder refuses before the body.
    var refused: Set<String> = ["/refused"]
    /// Answers requests when asked to, not at once.
    var answersLater = false

    init(limits: Limits = Limits()) { machine = ConnectionMachine(limits: SharedLimits(limits), at: .zero) }

    mutating func feed(_ bytes: some Sequence<UInt8>) {
        waiting.append(contentsOf: bytes)
        run()
    }

    mutating func run() {
        var index = 0
        let input = waiting
        while !isOver {
            let event = machine.next(input.span, from: &index, at: now)
            switch event {
            case .more, .held:
                settle()
                if case .held = event, machine.phase == .lingering, !isOver { continue }
                waiting = Array(input[index...])
                return
            default: handle(event)
            }
        }
    }

    mutating func handle(_ event: ConnectionMachine.Event) {
        switch event {
        case .more, .held: settle()
        case .head(let head):
            if refused.contains(head.path) {
                answer("404 \(head.path)")
                return
            }
            switch machine.acceptBody(at: now) {
            case .success(true): transcript.lines.append("100")
            case .success(false): break
            case .failure(let refusal): answer("\(refusal.status.code)", refusal.detail)
            }
        case .request(let head, let body):
            transcript.lines.append("\(head.method.name) \(head.path)")
            if let query = head.query { transcript.lines.append("  ?\(query)") }
            for (name, value) in head.fields { transcript.lines.append("  \(name): \(value)") }
            if head.framing != .none { transcript.lines.append("  body \(String(decoding: body, as: UTF8.self))") }
            if !answersLater { answer(nil) }
        case .refusal(let refusal, let head):
            answer("\(refusal.status.code)", refusal.detail + (head.map { " of \($0.path)" } ?? ""))
        case .close:
            transcript.lines.append("close")
            isOver = true
        }
    }

    mutating func answer(_ line: String?, _ detail: String? = nil) {
        if let line { transcript.lines.append(line) }
        if let detail { transcript.lines.append("  " + detail) }
        let delivery = machine.deliver(at: now)
        if delivery.isHead { transcript.lines.append("  without content") }
        if delivery.isHTTP10, !delivery.isLast { transcript.lines.append("  keep-alive") }
        settle()
    }

    /// Everything has been written.
    mutating func settle() {
        if case .close = machine.outputDrained(at: now) {
            transcript.lines.append("fin")
            machine.lingers(at: now)
        }
    }

    mutating func end() {
        guard !isOver else { return }
        handle(machine.inputEnded())
    }

    mutating func wait(_ duration: Duration) {
        now = now + duration
        guard !isOver else { return }
        let event = machine.tick(at: now)
        if case .more = event { return }
        handle(event)
    }
}

/// The transcript of bytes that come in these pieces.
func transcript(_ pieces: [[UInt8]], limits: Limits = Limits()) -> Transcript {
    var player = Player(limits: limits)
    for piece in pieces { player.feed(piece) }
    return player.transcript
}

/// Bytes as the tables write them: a scalar of the string is a byte (Latin-1).
func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// The transcript of bytes fed whole, after it was found to be the same byte by byte and split at every place.
func transcriptHoweverSplit(_ text: String, limits: Limits = Limits()) throws -> Transcript {
    let all = bytes(text)
    let whole = transcript([all], limits: limits)
    let bytewise = transcript(all.map { [$0] }, limits: limits)
    guard bytewise == whole else { throw SplitMatters(place: "every byte", whole: whole, split: bytewise) }
    // A long input is split at a stride, which is coprime to what its repetitions have as lengths.
    for place in stride(from: 1, to: all.count, by: all.count > 3000 ? 997 : 1) {
        let split = transcript([Array(all[..<place]), Array(all[place...])], limits: limits)
        guard split == whole else { throw SplitMatters(place: "byte \(place)", whole: whole, split: split) }
    }
    return whole
}

struct SplitMatters: Error, CustomStringConvertible {
    var place: String
    var whole: Transcript
    var split: Transcript
    var description: String { "split at \(place):\n\(split)\nwhole:\n\(whole)" }
}
