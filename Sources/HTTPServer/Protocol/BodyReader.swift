/// Reads one body by its framing, counting time and bytes; a pure value.
struct BodyReader {
    private enum Framing {
        case length(UInt64)
        case chunked(ChunkedDecoder)
    }

    private var framing: Framing
    private var content: [UInt8]?
    /// Of a length: what was announced; nil for chunks.
    private let announced: UInt64?
    private let started: Moment
    private var received = 0

    /// No body: over before it begins.
    static let none = BodyReader(framing: .length(0), content: nil, announced: 0, started: .zero)

    private init(framing: Framing, content: [UInt8]?, announced: UInt64?, started: Moment) {
        self.framing = framing
        self.content = content
        self.announced = announced
        self.started = started
    }

    /// A reader of a body of at most `room` bytes, which are kept or dropped.
    init(_ framing: BodyFraming, limits: SharedLimits, room: Int, keep: Bool, at now: Moment) {
        let content: [UInt8]? = keep ? [] : nil
        switch framing {
        case .none: self.init(framing: .length(0), content: content, announced: 0, started: now)
        case .length(let length):
            self.init(framing: .length(length), content: content, announced: length, started: now)
        case .chunked:
            let decoder = ChunkedDecoder(limits: limits, room: room)
            self.init(framing: .chunked(decoder), content: content, announced: nil, started: now)
        }
    }

    /// Consumes bytes from `index` on, at most to the body's end.
    mutating func consume(_ input: borrowing Span<UInt8>, from index: inout Int) -> ChunkedDecoder.Outcome {
        let start = index
        defer { received += index - start }
        switch framing {
        case .length(let remaining):
            let count = Int(min(UInt64(input.count - index), remaining))
            if content != nil { keep(input, index..<index + count) }
            index += count
            framing = .length(remaining - UInt64(count))
            return remaining == UInt64(count) ? .end : .more
        case .chunked(var decoder):
            let outcome = decoder.consume(input, from: &index, into: &content)
            framing = .chunked(decoder)
            return outcome
        }
    }

    /// The buffer grows with what has arrived: an announced length alone reserves nothing.
    private mutating func keep(_ input: borrowing Span<UInt8>, _ range: Range<Int>) {
        guard var bytes = content.take() else { return }
        let needed = bytes.count + range.count
        if needed > bytes.capacity, let announced, UInt64(needed) > announced / 4 {
            // A quarter is here; the rest may be reserved exactly, which spares the doublings.
            bytes.reserveCapacity(Int(clamping: announced))
        }
        bytes.append(input, range)
        content = bytes
    }

    var reservedBytes: Int { content?.capacity ?? 0 }

    /// The body, which leaves the reader empty.
    mutating func take() -> [UInt8] { content.take() ?? [] }

    /// When the body is late: as a whole, or after a while because it comes too slowly on average.
    func deadline(_ limits: Limits) -> Moment {
        let whole = started + limits.bodyTimeout + .seconds(received / (64 << 10))
        let atRate = started + .milliseconds(Int64(received) * 1000 / Int64(max(1, limits.bodyRate)))
        return min(whole, max(atRate, started + limits.bodyRateGrace))
    }

    func timeoutDetail(_ limits: Limits, _ now: Moment) -> String {
        let elapsed = now - started
        return "\(received) bytes of the body came in \(elapsed.components.seconds) s; it must be whole within "
            + "\(limits.bodyTimeout) and 1 s for each 64 KiB, and come at \(limits.bodyRate) bytes a second"
    }
}
