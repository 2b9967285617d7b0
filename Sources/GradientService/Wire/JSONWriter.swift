/// Writes a JSON text, compactly and in the order of the calls, into one growing buffer.
///
/// Commas and colons are the writer's business; that objects and arrays are ended and that each member has a name and
/// a value is the caller's.
package struct JSONWriter: ~Copyable {
    /// The text so far.
    package var bytes: [UInt8] = []
    /// Whether a comma must come before what is written next.
    var needsComma = false
    /// The parts of the text before `bytes`, where large tensors are printed later.
    var parts: [AnswerText.Part] = []
    /// Whether they are.
    let defersTensors: Bool
    /// The cores that may help with large tensors.
    let spare: SpareCores?

    /// Makes a writer with room for a text of so many bytes.
    package init(capacity: Int = 1024, spare: SpareCores? = nil, defersTensors: Bool = false) {
        (self.spare, self.defersTensors) = (spare, defersTensors)
        bytes.reserveCapacity(capacity)
    }

    /// Makes a writer that goes on with a text, in the midst of an array or before its first value.
    init(continuing text: consuming [UInt8], needsComma: Bool, spare: SpareCores?) {
        (bytes, self.needsComma, self.spare, defersTensors) = (text, needsComma, spare, false)
    }

    /// Begins an object.
    package mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Ends an object.
    package mutating func endObject() { end(UInt8(ascii: "}")) }

    /// Begins an array.
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Ends an array.
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes a member's name; its value must follow.
    package mutating func name(_ name: String) { quoted(name, isName: true) }

    /// Writes a member's name that stands in the program, of letters that stand for themselves; its value must follow.
    package mutating func member(_ name: StaticString) {
        let count = name.utf8CodeUnitCount
        bytes.append(addingCapacity: count + 4) { output in
            if needsComma { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            for index in 0..<count { unsafe output.append(name.utf8Start[index]) }
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
        }
        needsComma = false
    }

    /// Writes a string.
    package mutating func string(_ text: String) { quoted(text, isName: false) }

    private mutating func quoted(_ text: String, isName: Bool) {
        let letters = text.utf8.span
        // Nearly every text goes out as it is: escapes are looked for while it is copied.
        var plain = 0
        bytes.append(addingCapacity: letters.count + 4) { output in
            if needsComma { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            while plain < letters.count, JSONWriter.isPlain(letters[plain]) {
                output.append(letters[plain])
                plain += 1
            }
            guard plain == letters.count else { return }
            output.append(UInt8(ascii: "\""))
            if isName { output.append(UInt8(ascii: ":")) }
        }
        needsComma = !isName
        guard plain < letters.count else { return }
        for index in plain..<letters.count { append(escaping: letters[index]) }
        bytes.append(UInt8(ascii: "\""))
        if isName { bytes.append(UInt8(ascii: ":")) }
    }

    /// Writes a number in the shortest form that reads back to it, or as a string if it is not finite.
    package mutating func number<Number: TextScalar>(_ number: Number) {
        let one: [1 of Number] = [number]
        run(of: one.span, at: 0, of: Span())
    }

    /// Writes an integer.
    package mutating func integer(_ integer: Int) {
        separate()
        bytes += String(integer).utf8
    }

    /// Writes an array of integers.
    package mutating func integers(_ integers: [Int]) {
        beginArray()
        for integer in integers { self.integer(integer) }
        endArray()
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null`.
    package mutating func null() {
        separate()
        bytes += "null".utf8
    }

    /// Writes numbers with commas between them and with the brackets of those arrays that begin at one of them or end
    /// after one.
    ///
    /// - Parameters:
    ///   - numbers: What to write, one at least.
    ///   - place: Where the first of them stands among all that are in the outermost array.
    ///   - lengths: How many values the arrays of each level hold, the outermost first; none of them 0.
    mutating func run<Number: TextScalar>(of numbers: Span<Number>, at place: Int, of lengths: Span<Int>) {
        separate()
        // In pieces, so that the room reserved for the longest numbers is not much beyond what they take.
        let piece = 256
        var start = 0
        while start < numbers.count {
            if start > 0 { bytes.append(UInt8(ascii: ",")) }
            let part = numbers.extracting(start..<min(start + piece, numbers.count))
            bytes.append(addingCapacity: part.count * Number.printedSize) {
                Number.print(part, at: place + start, of: lengths, into: &$0)
            }
            start += piece
        }
    }

    /// Writes a value that is JSON text already.
    package mutating func raw(_ text: [UInt8]) {
        separate()
        bytes += text
    }

    /// Ends the text with a newline, as a document on the command line should.
    package mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

    /// Takes the text out, the writer being empty after it.
    package mutating func take() -> [UInt8] {
        precondition(parts.isEmpty, "a part of the text is still to be printed")
        let text = bytes
        bytes = []
        return text
    }

    /// Whether a byte of a string stands for itself.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x08: bytes += "\\b".utf8
        case 0x09: bytes += "\\t".utf8
        case 0x0A: bytes += "\\n".utf8
        case 0x0C: bytes += "\\f".utf8
        case 0x0D: bytes += "\\r".utf8
        case ..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
        default: bytes.append(byte)
        }
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    /// Writes the comma that is due, and notes that the next one will be.
    mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}
