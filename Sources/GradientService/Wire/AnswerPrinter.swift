/// Prints an answer from front to back, as much at a time as is wanted, and lets go of what it has printed.
package struct AnswerPrinter {
    /// What is still to be printed, the next part at the end.
    private var parts: [AnswerText.Part]
    /// How much of the next part has been printed: bytes of a text, or numbers.
    private var place = 0
    private let spare: SpareCores?

    /// Begins with an answer.
    ///
    /// - Parameters:
    ///   - text: The answer.
    ///   - spare: The cores that may help.
    package init(_ text: consuming AnswerText, spare: SpareCores?) {
        parts = [.text(text.end)] + text.parts.reversed()
        self.spare = spare
    }

    /// Whether all has been printed.
    package var isDone: Bool { parts.isEmpty }

    /// Prints the next stretch of one part.
    ///
    /// - Parameters:
    ///   - text: What it is appended to.
    ///   - size: About how many bytes it may be; a number is printed at least.
    /// - Returns: Whether there is more to print.
    package mutating func print(into text: inout [UInt8], _ size: Int) -> Bool {
        guard let part = parts.last else { return false }
        let count: Int
        switch part {
        case .text(let whole):
            count = whole.count
            let end = place + min(count - place, size)
            text.append(contentsOf: whole[place..<end])
            place = end
        case .nested(.float64(let numbers), let lengths):
            count = numbers.count
            place = nested(numbers, lengths, into: &text, size)
        case .nested(.float32(let numbers), let lengths):
            count = numbers.count
            place = nested(numbers, lengths, into: &text, size)
        case .base64(.float64(let numbers)):
            count = numbers.count
            place = base64(numbers, into: &text, size)
        case .base64(.float32(let numbers)):
            count = numbers.count
            place = base64(numbers, into: &text, size)
        }
        if place == count {
            parts.removeLast()
            place = 0
        }
        return !parts.isEmpty
    }

    @specialized(where Element == Double)
    @specialized(where Element == Float)
    private func nested<Element: TextScalar>(
        _ numbers: [Element],
        _ lengths: [Int],
        into text: inout [UInt8],
        _ size: Int
    ) -> Int {
        let length = JSONWriter.expectedSize(ofNumbers: 1, dtype: Element.dtype, form: .nested)
        let end = place + min(numbers.count - place, max(1, size / length))
        var writer = JSONWriter(continuing: text, needsComma: place > 0, spare: spare)
        text = []
        let reached = writer.numbers(of: numbers, from: place, to: end, lengths)
        text = writer.take()
        return reached
    }

    /// Whole groups of three bytes, and for speed of twenty-four, come from each stretch but the last.
    private func base64<Element: TextScalar>(_ numbers: [Element], into text: inout [UInt8], _ size: Int) -> Int {
        let most = max(24, size / 4 * 3 / MemoryLayout<Element>.size / 24 * 24)
        let end = place + min(numbers.count - place, most)
        let raw = unsafe numbers.span.extracting(place..<end).bytes
        text.append(addingCapacity: Base64.encodedCount(raw.byteCount)) { Base64.encode(raw, into: &$0) }
        return end
    }
}
