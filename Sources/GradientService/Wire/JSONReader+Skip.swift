import CNumberText

extension JSONReader {
    /// Passes over the value that stands next and checks all of it.
    package mutating func skip() throws(JSONSyntaxError) {
        let outside = open.count
        try skipScalarOrStepIn()
        // A loop in place of recursion: the text decides how deep it goes.
        while open.count > outside {
            let isThereMore =
                switch open[open.count - 1] {
                case .object: try advanceToMember() != nil
                case .array: try nextElement()
                }
            if isThereMore { try skipScalarOrStepIn() }
        }
    }

    private mutating func skipScalarOrStepIn() throws(JSONSyntaxError) {
        switch try peek() {
        case .object: _ = try beginObject()
        case .array:
            try begin(.array)
            try skipNumbers()
        case .string:
            _ = try rawString()
            expectation = .separator
        case .number:
            let read = NumberText.number(in: text, at: position)
            position = read.end
            guard read.valid == 1 else { throw malformedNumber() }
            expectation = .separator
        case .bool: _ = try bool()
        case .null: _ = try null()
        }
    }

    /// Passes over the numbers with which the array just begun begins.
    private mutating func skipNumbers() throws(JSONSyntaxError) {
        skipSpace()
        let run = NumberText.skip(in: text, from: position)
        position = run.position
        switch run.stop {
        case .closed: end()
        // After a comma a value must stand, and only there: at the very beginning the array may also end.
        case .other, .full, .overflow: expectation = run.count > 0 ? .value : .first
        case .malformed: throw malformedNumber()
        case .separator: throw unexpected("',' or ']'")
        }
    }
}
