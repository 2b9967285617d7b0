/// A JSON text with two spaces for each level; an array without arrays or objects in it stays on one line, so that the
/// rows of a matrix can be read.
///
/// - Parameter text: A valid JSON text without white space between its tokens, but for a newline at its end.
/// - Returns: The indented text.
func indented(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count + text.count / 2)
    /// For each open container whether it is written on one line.
    var isFlat: [Bool] = []
    var position = 0

    func newLine() {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * isFlat.count))
    }

    while position < text.count {
        let byte = text[position]
        switch byte {
        case UInt8(ascii: "\""):
            let start = position
            position += 1
            while text[position] != UInt8(ascii: "\"") { position += text[position] == UInt8(ascii: "\\") ? 2 : 1 }
            output += text[start...position]
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            output.append(byte)
            isFlat.append(isFlatContainer(text, at: position))
            if isFlat.last == false { newLine() }
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            if isFlat.removeLast() == false { newLine() }
            output.append(byte)
        case UInt8(ascii: ","):
            output.append(byte)
            if isFlat.last == true { output.append(UInt8(ascii: " ")) } else { newLine() }
        case UInt8(ascii: ":"): output += ": ".utf8
        default: output.append(byte)
        }
        position += 1
    }
    return output
}

/// Whether the container that begins at `start` is empty or an array that holds no container.
private func isFlatContainer(_ text: [UInt8], at start: Int) -> Bool {
    let isObject = text[start] == UInt8(ascii: "{")
    if isObject { return text[start + 1] == UInt8(ascii: "}") }
    for byte in text[(start + 1)...] {
        switch byte {
        case UInt8(ascii: "]"): return true
        case UInt8(ascii: "["), UInt8(ascii: "{"): return false
        // What stands in a string can't be told at a glance; such arrays are short.
        case UInt8(ascii: "\""): return false
        default: continue
        }
    }
    return true
}
