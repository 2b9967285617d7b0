import HTTPServer

/// The chunked coding once more, as one would write it down from RFC 9112 §7.1: slow, and with all bytes at hand.
struct PlainChunks {
    private enum Stop: Error {
        case end
        case status(Int)
    }

    private let bytes: [UInt8]
    private let limits: Limits
    private var position = 0
    private var extensionBytes = 0
    private var allExtensionBytes = 0
    private var trailerStart: Int?

    static func read(_ bytes: [UInt8], _ limits: Limits) -> Outcome {
        var chunks = PlainChunks(bytes: bytes, limits: limits)
        do throws(Stop) {
            let content = try chunks.body()
            return .content(content, length: chunks.position)
        } catch {
            switch error {
            case .end: return .waits
            case .status(let status): return .refused(status)
            }
        }
    }

    private init(bytes: [UInt8], limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    private mutating func body() throws(Stop) -> [UInt8] {
        var content: [UInt8] = []
        var sum: UInt64 = 0
        while true {
            let size = try size()
            let (total, overflow) = sum.addingReportingOverflow(size)
            if overflow || total > UInt64(limits.body) { throw .status(413) }
            sum = total
            extensionBytes = 0
            try extensions()
            try expect("\r\n")
            if size == 0 { break }
            for _ in 0..<size { content.append(try next()) }
            try expect("\r\n")
        }
        trailerStart = position
        var lines = 0
        while try peekTrailer() != 13 {
            lines += 1
            if lines > limits.fields { throw .status(431) }
            try token()
            try expect(":")
            while try peekTrailer().isFieldValueByte { position += 1 }
            try expect("\r\n")
        }
        try expect("\r\n")
        return content
    }

    private mutating func size() throws(Stop) -> UInt64 {
        var size: UInt64 = 0
        var digits = 0
        while let digit = Character(Unicode.Scalar(try peek())).hexDigitValue {
            digits += 1
            if digits > 16 { throw .status(400) }
            size = size << 4 | UInt64(digit)
            position += 1
        }
        if digits == 0 { throw .status(400) }
        return size
    }

    /// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), white space only where more follows.
    private mutating func extensions() throws(Stop) {
        while true {
            let isBlank = try blanks()
            if try peek() == 13 {
                if isBlank { throw .status(400) }
                return
            }
            guard try peekExtension() == UInt8(ascii: ";") else { throw .status(400) }
            position += 1
            _ = try blanks()
            try extensionToken()
            // White space after a name belongs to an equals sign or to the next extension.
            let before = (position, extensionBytes, allExtensionBytes)
            _ = try blanks()
            if try peek() == UInt8(ascii: "=") {
                _ = try peekExtension()
                position += 1
                _ = try blanks()
                if try peek() == UInt8(ascii: "\"") { try quoted() } else { try extensionToken() }
            } else {
                (position, extensionBytes, allExtensionBytes) = before
            }
        }
    }

    private mutating func blanks() throws(Stop) -> Bool {
        var found = false
        while try [9, 32].contains(peek()) {
            _ = try peekExtension()
            position += 1
            found = true
        }
        return found
    }

    private mutating func extensionToken() throws(Stop) {
        var isEmpty = true
        while try peek().isTokenByte {
            _ = try peekExtension()
            position += 1
            isEmpty = false
        }
        if isEmpty {
            if try peek() != 13 { _ = try peekExtension() }
            throw .status(400)
        }
    }

    private mutating func quoted() throws(Stop) {
        _ = try peekExtension()
        position += 1
        while true {
            if try peek() == 13 { throw .status(400) }
            let byte = try peekExtension()
            guard byte.isFieldValueByte else { throw .status(400) }
            position += 1
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") {
                if try peek() == 13 { throw .status(400) }
                guard try peekExtension().isFieldValueByte else { throw .status(400) }
                position += 1
            }
        }
    }

    private mutating func token() throws(Stop) {
        guard try peekTrailer().isTokenByte else { throw .status(400) }
        while try peekTrailer().isTokenByte { position += 1 }
    }

    private func peek() throws(Stop) -> UInt8 {
        guard position < bytes.count else { throw .end }
        return bytes[position]
    }

    private mutating func next() throws(Stop) -> UInt8 {
        let byte = try peek()
        position += 1
        return byte
    }

    /// The next byte, which belongs to an extension and is counted.
    private mutating func peekExtension() throws(Stop) -> UInt8 {
        let byte = try peek()
        extensionBytes += 1
        allExtensionBytes += 1
        if extensionBytes > limits.chunkExtension || allExtensionBytes > limits.chunkExtensions { throw .status(413) }
        return byte
    }

    /// The next byte, which belongs to the trailers.
    private func peekTrailer() throws(Stop) -> UInt8 {
        let byte = try peek()
        if let trailerStart, position - trailerStart >= limits.trailers { throw .status(431) }
        return byte
    }

    private mutating func expect(_ text: StaticString) throws(Stop) {
        for index in 0..<text.utf8CodeUnitCount {
            let byte = try trailerStart == nil ? peek() : peekTrailer()
            guard byte == text.utf8Start[index] else { throw .status(400) }
            position += 1
        }
    }
}
