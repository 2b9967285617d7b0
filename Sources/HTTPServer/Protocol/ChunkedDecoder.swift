/// Takes the chunked coding (RFC 9112 §7.1) off a body as its bytes come; a pure value.
///
/// Extensions and trailers are checked, bounded and dropped. The lone LF that a head might be forgiven is never a line
/// end here: proxies have disagreed on it.
struct ChunkedDecoder {
    enum Outcome {
        /// Everything given was consumed and the body goes on.
        case more
        case end
        /// The framing is lost; the connection must be closed.
        case refused(Refusal)
    }

    private enum State {
        case sizeStart, size, sizeBlank
        case extensionName, extensionNameStart, extensionBlank
        case extensionValueStart, extensionValue, quoted, quotedPair, quotedEnd
        case sizeEnd
        case data, dataCR, dataLF
        case trailerStart, trailerName, trailerValue, trailerEnd, end

        var isTrailer: Bool {
            switch self {
            case .trailerStart, .trailerName, .trailerValue, .trailerEnd, .end: true
            default: false
            }
        }
    }

    private let sharedLimits: SharedLimits
    private var limits: Limits { sharedLimits.values }
    /// The most that all chunks may hold together.
    private let room: UInt64
    private var state = State.sizeStart
    private var digits = 0
    private var size: UInt64 = 0
    private var total: UInt64 = 0
    private var extensionBytes = 0
    private var allExtensionBytes = 0
    private var trailerBytes = 0
    private var trailerLines = 0

    /// A decoder for a body of at most `room` bytes.
    init(limits: SharedLimits, room: Int) {
        sharedLimits = limits
        self.room = UInt64(max(0, room))
    }

    /// Consumes bytes from `index` on, at most to the body's end; the content goes to `body` unless that is nil.
    mutating func consume(
        _ input: borrowing Span<UInt8>,
        from index: inout Int,
        into body: inout [UInt8]?
    ) -> Outcome {
        while index < input.count {
            if state == .data {
                let count = Int(min(UInt64(input.count - index), size))
                body?.append(input, index..<index + count)
                index += count
                size -= UInt64(count)
                if size == 0 { state = .dataCR }
                continue
            }
            let byte = input[index]
            index += 1
            if let refusal = state.isTrailer ? stepTrailer(byte) : step(byte) { return .refused(refusal) }
            if state == .end, byte == .lineFeed { return .end }
        }
        return .more
    }

    /// One byte of a chunk's frame.
    private mutating func step(_ byte: UInt8) -> Refusal? {
        switch state {
        case .sizeStart, .size:
            if let digit = byte.hexadecimalValue {
                digits += 1
                // 16 digits always fit 64 bits, so the shift loses nothing.
                if digits > 16 { return Refusal(400, "a chunk's size has more than 16 digits") }
                size = size << 4 | UInt64(digit)
                state = .size
                return nil
            }
            // 1*HEXDIG: not a sign, not 0x, not nothing.
            guard state == .size else { return Refusal(400, "a chunk does not begin with a hexadecimal size") }
            return sizeRead() ?? afterSize(byte, blank: .sizeBlank)

        case .sizeBlank:
            // RFC 9112 §7.1.1: white space is bad, and allowed before an extension only.
            if byte == .carriageReturn { return Refusal(400, "white space follows a chunk's size") }
            return count(byte) ?? afterSize(byte, blank: .sizeBlank)

        case .sizeEnd:
            guard byte == .lineFeed else { return loneCR }
            if size == 0 {
                state = .trailerStart
            } else {
                state = .data
            }
            return nil

        case .dataCR:
            guard byte == .carriageReturn else { return Refusal(400, "a chunk is longer than its size") }
            state = .dataLF
            return nil

        case .dataLF:
            guard byte == .lineFeed else { return loneCR }
            state = .sizeStart
            digits = 0
            extensionBytes = 0
            return nil

        default:
            return count(byte) ?? stepExtension(byte)
        }
    }

    /// The sum of the sizes must stay within the room, and is known before the chunk's first byte.
    private mutating func sizeRead() -> Refusal? {
        let (sum, overflow) = total.addingReportingOverflow(size)
        guard !overflow, sum <= room else { return Refusal(413, "the body is larger than \(room) bytes") }
        total = sum
        return nil
    }

    // MARK: - Extensions

    /// RFC 9112 §7.1.1: unknown extensions are ignored, which all are here; their bytes are counted.
    private mutating func count(_ byte: UInt8) -> Refusal? {
        if byte == .carriageReturn { return nil }
        extensionBytes += 1
        allExtensionBytes += 1
        if extensionBytes > limits.chunkExtension || allExtensionBytes > limits.chunkExtensions {
            let (one, all) = (limits.chunkExtension, limits.chunkExtensions)
            return Refusal(413, "chunk extensions are longer than \(one) bytes in a chunk or \(all) in a body")
        }
        return nil
    }

    /// After a size, a name or a value: the line's end, another extension, or white space before one.
    private mutating func afterSize(_ byte: UInt8, blank: State) -> Refusal? {
        switch byte {
        case .carriageReturn: state = .sizeEnd
        case UInt8(ascii: ";"):
            if state == .size, let refusal = count(byte) { return refusal }
            state = .extensionNameStart
        case _ where byte.isBlank:
            if state == .size, let refusal = count(byte) { return refusal }
            state = blank
        default: return badExtension
        }
        return nil
    }

    private mutating func stepExtension(_ byte: UInt8) -> Refusal? {
        switch state {
        case .extensionNameStart:
            if byte.isBlank { return nil }
            guard byte.isTokenByte else { return badExtension }
            state = .extensionName
        case .extensionName:
            if byte.isTokenByte { return nil }
            if byte != UInt8(ascii: "=") { return afterSize(byte, blank: .extensionBlank) }
            state = .extensionValueStart
        case .extensionBlank:
            if byte == .carriageReturn { return badExtension }
            if byte != UInt8(ascii: "=") { return afterSize(byte, blank: .extensionBlank) }
            state = .extensionValueStart
        case .extensionValueStart:
            if byte.isBlank { return nil }
            guard byte.isTokenByte || byte == UInt8(ascii: "\"") else { return badExtension }
            state = byte == UInt8(ascii: "\"") ? .quoted : .extensionValue
        case .extensionValue:
            if !byte.isTokenByte { return afterSize(byte, blank: .sizeBlank) }
        case .quoted:
            // RFC 9110 §5.6.4: no control character stands in a quoted string, so CR LF cannot hide in one.
            guard byte.isFieldValueByte else { return badExtension }
            if byte == UInt8(ascii: "\"") { state = .quotedEnd }
            if byte == UInt8(ascii: "\\") { state = .quotedPair }
        case .quotedPair:
            guard byte.isFieldValueByte else { return badExtension }
            state = .quoted
        default:
            return afterSize(byte, blank: .sizeBlank)
        }
        return nil
    }

    // MARK: - Trailers

    /// One byte of the trailer section (RFC 9112 §7.1.2), whose lines are like a head's and are not merged into it.
    private mutating func stepTrailer(_ byte: UInt8) -> Refusal? {
        trailerBytes += 1
        if trailerBytes > limits.trailers { return Refusal(431, "trailers are larger than \(limits.trailers) bytes") }
        switch state {
        case .trailerStart:
            if byte == .carriageReturn {
                state = .end
                return nil
            }
            trailerLines += 1
            if trailerLines > limits.fields { return Refusal(431, "there are more than \(limits.fields) trailers") }
            guard byte.isTokenByte else { return badTrailer }
            state = .trailerName
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else if !byte.isTokenByte {
                return badTrailer
            }
        case .trailerValue:
            if byte == .carriageReturn {
                state = .trailerEnd
            } else if !byte.isFieldValueByte {
                return badTrailer
            }
        case .trailerEnd:
            guard byte == .lineFeed else { return loneCR }
            state = .trailerStart
        default:
            guard byte == .lineFeed else { return loneCR }
        }
        return nil
    }

    private var loneCR: Refusal { Refusal(400, "the chunked body has a CR that no LF follows") }
    private var badExtension: Refusal { Refusal(400, "a chunk's size is followed by what is no extension") }
    private var badTrailer: Refusal { Refusal(400, "a trailer is not a name, a colon and a value") }
}
