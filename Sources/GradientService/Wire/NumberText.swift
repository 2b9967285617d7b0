import CNumberText

/// How far the numbers of an array were read.
package struct NumberRun: Sendable {
    /// Why reading ended, and so what stands at the position.
    package enum Stop: Sendable {
        /// After the `]` that closed the array.
        case closed
        /// At a further number, for which there was no room.
        case full
        /// Where a value should stand, at a byte that begins no number.
        case other
        /// At a number that passes the largest float64.
        case overflow
        /// At the first wrong byte of a number.
        case malformed
        /// At a byte that is neither `,` nor `]`, after a number.
        case separator
    }

    /// How many numbers were read.
    let count: Int
    /// How many times a row was ended and the next one begun.
    let rows: Int
    /// The offset at which reading ended.
    let position: Int
    /// Why it ended.
    let stop: Stop

    init(_ run: nabla_run) {
        count = run.count
        rows = run.rows
        position = run.position
        stop =
            switch run.stop {
            case .closed: .closed
            case .full: .full
            case .other: .other
            case .overflow: .overflow
            case .malformed: .malformed
            case .separator: .separator
            }
    }
}

/// The C functions that read and count, as functions of a text that cannot be called wrongly.
package enum NumberText {
    /// Reads the number that begins at an offset.
    static func number(in text: [UInt8], at position: Int) -> nabla_number {
        precondition(text.indices.contains(position), "a number begins within the text")
        return unsafe text.withUnsafeBufferPointer {
            unsafe nabla_read_number($0.baseAddress, $0.count, position)
        }
    }

    /// Passes over the numbers of an array from an offset at which a value stands.
    static func skip(in text: [UInt8], from position: Int) -> NumberRun {
        precondition(position <= text.count, "a value stands within the text")
        return unsafe text.withUnsafeBufferPointer {
            NumberRun(unsafe nabla_skip_numbers($0.baseAddress, $0.count, position))
        }
    }

    /// Counts the marks by which a text's values can be told.
    package static func marks(in text: [UInt8]) -> (commas: Int, braces: Int) {
        let marks = unsafe text.withUnsafeBufferPointer { unsafe nabla_count_marks($0.baseAddress, $0.count) }
        return (marks.commas, marks.braces)
    }

    /// Counts the commas of a part of a text.
    static func commas(in text: [UInt8], _ range: Range<Int>) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= text.count, "the range lies within the text")
        return unsafe text.withUnsafeBufferPointer { text in
            unsafe nabla_count_marks(text.baseAddress.map { unsafe $0 + range.lowerBound }, range.count).commas
        }
    }

    /// The first place from an offset on where two numbers of a text part, or two rows of numbers.
    ///
    /// - Returns: From after the comma, or the first row's bracket, to the next number; `nil` where none is next.
    static func gap(in text: [UInt8], from position: Int, betweenRows: Bool) -> Range<Int>? {
        precondition(position <= text.count, "the offset lies within the text")
        let gap = unsafe text.withUnsafeBufferPointer { text in
            unsafe nabla_find_gap(text.baseAddress, text.count, position, betweenRows ? 1 : 0)
        }
        return gap.next < text.count ? gap.end..<gap.next : nil
    }

    /// Where from an offset on the first quote stands, which no numbers hold; the end of the text if there is none.
    static func firstQuote(in text: [UInt8], from position: Int) -> Int {
        unsafe text.withUnsafeBufferPointer { unsafe nabla_find_quote($0.baseAddress, $0.count, position) }
    }
}
