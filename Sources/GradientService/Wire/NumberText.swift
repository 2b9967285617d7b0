import CNumberText

/// How far the numbers of an array were read.
package struct NumberRun {
    /// Why reading ended, and so what stands at the position.
    package enum Stop {
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
}
