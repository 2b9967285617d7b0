/// Puts the pieces of a content into chunks (RFC 9112 §7.1), without a copy: the line goes into room before the piece.
package enum ChunkedEncoder {
    /// What comes before every piece but the first: the end of the chunk before, and a line with the size in eight digits,
    /// which may begin with zeros.
    package static let room = Array("\r\n00000000\r\n".utf8)
    /// The end of the chunk before, and the last chunk, without trailers.
    private static let end = Array("\r\n0\r\n\r\n".utf8)

    /// How much a chunk is more than its content, at most.
    package static let overhead = room.count + end.count

    /// The line before the first piece.
    package static func firstLine(size: Int) -> ArraySlice<UInt8> {
        var line = room
        write(size, to: &line)
        return line[2...]
    }

    /// Makes a chunk of what follows `room`, and ends the content after the last.
    package static func frame(_ chunk: inout [UInt8], isLast: Bool) {
        let size = chunk.count - room.count
        // A chunk of no bytes would be the last.
        if size == 0 { chunk.removeAll(keepingCapacity: true) } else { write(size, to: &chunk) }
        if isLast { chunk.append(contentsOf: end) }
    }

    private static func write(_ size: Int, to line: inout [UInt8]) {
        precondition((1...0xFFFF_FFFF).contains(size), "a chunk's size has eight digits")
        for place in 0..<8 {
            let digit = UInt8(truncatingIfNeeded: (size >> (28 - 4 * place)) & 15)
            line[2 + place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }
}
