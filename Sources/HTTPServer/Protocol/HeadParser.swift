/// Reads a request's head from bytes as they come; a pure value.
///
/// Every byte is judged when it is seen, and a limit before the byte that passes it, so the outcome is the same however
/// the bytes are split. What is ambiguous is refused, and a refused head is never followed by another.
struct HeadParser {
    enum Outcome {
        /// Everything given was consumed and the head goes on.
        case more
        case head(RequestHead)
        /// The connection must be closed after the answer: where the next request begins is not known.
        case refused(Refusal)
    }

    private enum State {
        case emptyLines, emptyLineEnd
        case method, target, version, requestLineEnd
        case fieldStart, fieldName, fieldValue, fieldEnd, headEnd
    }

    private let sharedLimits: SharedLimits
    private var limits: Limits { sharedLimits.values }
    private var state = State.emptyLines
    /// The head so far, from the request line's first byte.
    private var storage: [UInt8] = []
    private var lines: [Fields.Line] = []
    private var emptyLines = 0
    /// Where the current line, and within it the part after the method, target or name, begins in `storage`.
    private var lineStart = 0
    private var partStart = 0
    private var methodEnd = 0
    private var targetEnd = 0
    private var requestLine: RequestLine?

    /// Most clients send no more, so that their lines take one allocation.
    private static let usualLines = 12

    init(limits: SharedLimits) { sharedLimits = limits }

    /// Begins anew with the next head.
    mutating func reset() {
        state = .emptyLines
        (storage, lines) = ([], [])
        (emptyLines, lineStart, partStart, methodEnd, targetEnd) = (0, 0, 0, 0, 0)
        requestLine = nil
    }

    /// Whether a byte of a head has been seen; empty lines before it are none.
    var hasBegun: Bool { state != .emptyLines && state != .emptyLineEnd }

    var reservedBytes: Int { storage.capacity + lines.capacity * MemoryLayout<Fields.Line>.stride }

    /// The method, once the request line has been read.
    var method: Method? { requestLine?.method }

    /// Consumes bytes from `index` on, at most to the head's end, and moves `index` past them.
    mutating func consume(_ input: borrowing Span<UInt8>, from index: inout Int) -> Outcome {
        if !hasBegun {
            if let refusal = skipEmptyLines(input, &index) { return .refused(refusal) }
            if !hasBegun { return .more }
        }
        // Most heads come whole, with a body behind them at most: one allocation for all of it.
        if storage.isEmpty { storage.reserveCapacity(min(input.count - index, 1 << 10)) }
        let start = index
        // Positions in `storage` are positions in `input` plus this.
        let base = storage.count - start
        let result = scan(input, &index, base: base)
        storage.append(input, start..<index)
        switch result {
        case .more: return .more
        case .refused(let refusal): return .refused(refusal)
        case .requestLineRead:
            if let refusal = readRequestLine() { return .refused(refusal) }
            return consume(input, from: &index)
        case .headRead: return finish()
        }
    }

    // MARK: - Scanning

    private enum ScanResult {
        case more, requestLineRead, headRead
        case refused(Refusal)
    }

    /// RFC 9112 §2.2: a server should ignore an empty line before the request line.
    ///
    /// They leave a connection idle, since they are what an old client sends after a body.
    private mutating func skipEmptyLines(_ input: borrowing Span<UInt8>, _ index: inout Int) -> Refusal? {
        while index < input.count {
            let byte = input[index]
            switch state {
            case .emptyLines where byte == .carriageReturn:
                emptyLines += 1
                if emptyLines > limits.leadingEmptyLines {
                    return Refusal(400, "more than \(limits.leadingEmptyLines) empty lines before the request line")
                }
                state = .emptyLineEnd
            case .emptyLines:
                state = .method
                return nil
            default:
                guard byte == .lineFeed else { return Refusal(400, "CR without LF before the request line") }
                state = .emptyLines
            }
            index += 1
        }
        return nil
    }

    /// Reads up to the end of the request line or of the head; what is kept of it are positions.
    private mutating func scan(_ input: borrowing Span<UInt8>, _ index: inout Int, base: Int) -> ScanResult {
        while index < input.count {
            let position = index + base
            guard position < limits.head else { return .refused(headTooLarge) }
            let byte = input[index]
            switch state {
            case .emptyLines, .emptyLineEnd: preconditionFailure("empty lines are skipped before a scan")

            case .method:
                // RFC 9112 §3: method SP request-target SP HTTP-version CRLF, with exactly one SP between.
                let end = min(input.count, min(limits.requestLine, limits.head) - base)
                while index < end, input[index].isTokenByte { index += 1 }
                guard index < input.count else { return .more }
                guard index + base < limits.head else { return .refused(headTooLarge) }
                let byte = input[index]
                if byte.isTokenByte { return .refused(requestLineTooLong) }
                guard byte == UInt8(ascii: " "), index + base > 0 else {
                    return .refused(Refusal(400, "the request line does not begin with a method and a space"))
                }
                methodEnd = index + base
                partStart = methodEnd + 1
                state = .target
                index += 1

            case .target:
                let end = min(input.count, min(limits.requestLine, limits.head) - base)
                while index < end, input[index].isTargetByte { index += 1 }
                guard index < input.count else { return .more }
                guard index + base < limits.head else { return .refused(headTooLarge) }
                let byte = input[index]
                if byte.isTargetByte { return .refused(requestLineTooLong) }
                guard byte == UInt8(ascii: " "), index + base > partStart else {
                    return .refused(Refusal(400, "the request line is not a method, a target and a version"))
                }
                targetEnd = index + base
                partStart = targetEnd + 1
                state = .version
                index += 1

            case .version:
                // RFC 9112 §2.3: HTTP-version is 8 bytes; no longer one is looked at.
                let end = min(input.count, min(partStart + 8, limits.requestLine, limits.head) - base)
                while index < end, input[index].isTargetByte { index += 1 }
                guard index < input.count else { return .more }
                guard index + base < limits.head else { return .refused(headTooLarge) }
                let byte = input[index]
                if byte != .carriageReturn {
                    guard byte.isTargetByte, index + base < partStart + 8 else {
                        return .refused(Refusal(400, "the request line does not end with a version of HTTP"))
                    }
                    return .refused(requestLineTooLong)
                }
                state = .requestLineEnd
                index += 1

            case .requestLineEnd:
                // RFC 9112 §2.2: a lone CR is never a line end; a lone LF could be one, and is refused too.
                guard byte == .lineFeed else { return .refused(loneCR) }
                index += 1
                lineStart = index + base
                state = .fieldStart
                return .requestLineRead

            case .fieldStart:
                if byte == .carriageReturn {
                    state = .headEnd
                    index += 1
                } else {
                    if let refusal = refusalOfFirst(byte) { return .refused(refusal) }
                    state = .fieldName
                }

            case .fieldName:
                let end = min(input.count, min(lineStart + limits.field, limits.head) - base)
                while index < end, input[index].isTokenByte { index += 1 }
                guard index < input.count else { return .more }
                guard index + base < limits.head else { return .refused(headTooLarge) }
                let byte = input[index]
                if byte.isTokenByte { return .refused(fieldTooLarge) }
                // RFC 9112 §5.1: no white space between name and colon, and the name is a token.
                guard byte == UInt8(ascii: ":"), index + base > lineStart else {
                    return .refused(Refusal(400, "a field line is not a name, a colon and a value"))
                }
                partStart = index + base
                state = .fieldValue
                index += 1

            case .fieldValue:
                let end = min(input.count, min(lineStart + limits.field, limits.head) - base)
                while index < end, input[index].isFieldValueByte { index += 1 }
                guard index < input.count else { return .more }
                guard index + base < limits.head else { return .refused(headTooLarge) }
                let byte = input[index]
                if byte.isFieldValueByte { return .refused(fieldTooLarge) }
                // RFC 9110 §5.5: other control characters, LF and NUL among them, make the value invalid.
                guard byte == .carriageReturn else {
                    return .refused(Refusal(400, "a field value has a control character"))
                }
                addLine(end: index + base)
                state = .fieldEnd
                index += 1

            case .fieldEnd, .headEnd:
                guard byte == .lineFeed else { return .refused(loneCR) }
                index += 1
                if state == .headEnd { return .headRead }
                lineStart = index + base
                state = .fieldStart
            }
        }
        return .more
    }

    private func refusalOfFirst(_ byte: UInt8) -> Refusal? {
        if lines.count >= limits.fields {
            return Refusal(431, "the head has more than \(limits.fields) fields")
        }
        // RFC 9112 §5.2: a folded line, or white space before the first field (§2.2), is refused.
        if byte.isBlank { return Refusal(400, "a field line begins with white space") }
        return nil
    }

    private mutating func addLine(end: Int) {
        // `Limits.head` bounds every position far below 2^32.
        let name = UInt32(truncatingIfNeeded: lineStart)..<UInt32(truncatingIfNeeded: partStart)
        let value = UInt32(truncatingIfNeeded: partStart + 1)..<UInt32(truncatingIfNeeded: end)
        if lines.isEmpty { lines.reserveCapacity(HeadParser.usualLines) }
        lines.append(Fields.Line(name: name, value: value))
    }

    // MARK: - Judging

    private mutating func readRequestLine() -> Refusal? {
        let line = RequestLine.read(
            method: storage[..<methodEnd],
            target: storage[methodEnd + 1..<targetEnd],
            version: storage[targetEnd + 1..<storage.count - 2]
        )
        switch line {
        case .success(let line):
            requestLine = line
            return nil
        case .failure(let refusal): return refusal
        }
    }

    private mutating func finish() -> Outcome {
        guard let requestLine else { preconditionFailure("a head ends after its request line") }
        // Moved, so that nothing is counted or copied.
        var lines: [Fields.Line] = []
        var storage: [UInt8] = []
        swap(&lines, &self.lines)
        swap(&storage, &self.storage)
        for index in lines.indices {
            var (start, end) = (Int(lines[index].value.lowerBound), Int(lines[index].value.upperBound))
            while start < end, storage[start].isBlank { start += 1 }
            while start < end, storage[end - 1].isBlank { end -= 1 }
            lines[index].value = UInt32(start)..<UInt32(end)
        }
        let target = storage[methodEnd + 1..<targetEnd]
        let fields = Fields(storage: storage, lines: lines)
        switch HeadRules.judge(requestLine, fields, target: target) {
        case .success(let head): return .head(head)
        case .failure(let refusal): return .refused(refusal)
        }
    }

    private var requestLineTooLong: Refusal {
        Refusal(414, "the request line is longer than \(limits.requestLine) bytes")
    }

    private var headTooLarge: Refusal { Refusal(431, "the head is larger than \(limits.head) bytes") }

    private var fieldTooLarge: Refusal { Refusal(431, "a field is larger than \(limits.field) bytes") }

    private var loneCR: Refusal { Refusal(400, "the head has a CR that no LF follows") }
}

extension UInt8 {
    /// A visible ASCII character: what a target is made of before it is judged.
    @inline(__always) fileprivate var isTargetByte: Bool { self > 32 && self < 127 }
}

extension [UInt8] {
    /// Appends a part of a span.
    mutating func append(_ input: borrowing Span<UInt8>, _ range: Range<Int>) {
        let part = input.extracting(range)
        unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
