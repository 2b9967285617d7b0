/// Lays a finished, compact JSON text out for reading.
///
/// Members and elements stand on lines of their own, two spaces further in; an array without arrays or objects in it,
/// such as a row of a tensor, stays on one line.
package struct JSONIndenter {
    private let text: [UInt8]
    private var result: [UInt8] = []
    private var depth = 0

    /// The text laid out.
    package static func indented(_ text: [UInt8]) -> [UInt8] {
        var indenter = JSONIndenter(text: text)
        indenter.run()
        return indenter.result
    }

    private init(text: [UInt8]) {
        self.text = text
        result.reserveCapacity(text.count + text.count / 2)
    }

    private mutating func run() {
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""):
                let end = endOfString(index)
                result += text[index..<end]
                index = end
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if let end = endOfPlain(index) {
                    appendPlain(index..<end)
                    index = end
                    continue
                }
                result.append(byte)
                depth += 1
                breakLine()
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                breakLine()
                result.append(byte)
            case UInt8(ascii: ","):
                result.append(byte)
                breakLine()
            case UInt8(ascii: ":"): result += ": ".utf8
            default: result.append(byte)
            }
            index += 1
        }
    }

    private mutating func breakLine() {
        result.append(UInt8(ascii: "\n"))
        result += repeatElement(UInt8(ascii: " "), count: 2 * depth)
    }

    /// The end of what begins at a bracket if it stays on its line: an array of nothing but scalars, or empty.
    private func endOfPlain(_ start: Int) -> Int? {
        guard text[start] == UInt8(ascii: "[") else { return text[start + 1] == UInt8(ascii: "}") ? start + 2 : nil }
        var index = start + 1
        while true {
            switch text[index] {
            case UInt8(ascii: "]"): return index + 1
            case UInt8(ascii: "["), UInt8(ascii: "{"): return nil
            case UInt8(ascii: "\""): index = endOfString(index)
            default: index += 1
            }
        }
    }

    private mutating func appendPlain(_ range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound {
            let end = text[index] == UInt8(ascii: "\"") ? endOfString(index) : index + 1
            result += text[index..<end]
            if text[index] == UInt8(ascii: ",") { result.append(UInt8(ascii: " ")) }
            index = end
        }
    }

    /// The offset after the string whose first quote stands at `start`.
    private func endOfString(_ start: Int) -> Int {
        var index = start + 1
        while text[index] != UInt8(ascii: "\"") { index += text[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index + 1
    }
}
