/// Where and why a text is not JSON; nothing of it can be used.
package struct JSONSyntaxError: Error, Equatable {
    /// The offset of the first byte that is wrong, from 0; the text's length where it ends too early.
    package let offset: Int
    /// The line of that byte, from 1.
    package let line: Int
    /// The character of the line, from 1; bytes that belong to no character count as one each.
    package let column: Int
    /// What was expected and what was found, in plain words.
    package let message: String

    /// Makes an error at an offset of a text.
    init(_ message: String, at offset: Int, in text: [UInt8]) {
        self.offset = offset
        self.message = message
        var line = 1
        var column = 1
        for index in 0..<min(offset, text.count) {
            switch text[index] {
            case UInt8(ascii: "\r") where index + 1 < text.count && text[index + 1] == UInt8(ascii: "\n"):
                // The line feed after it ends the line.
                column += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                line += 1
                column = 1
            case 0x80...0xBF:
                // A continuation byte belongs to the character before it.
                break
            default:
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}

extension JSONSyntaxError: CustomStringConvertible {
    /// The message and the place.
    package var description: String { "\(message), at byte \(offset) (line \(line), column \(column))" }
}
