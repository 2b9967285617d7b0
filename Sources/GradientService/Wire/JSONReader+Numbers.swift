import CNumberText

/// A number as a JSON text has it.
package struct JSONNumber: Equatable, Sendable {
    /// The nearest float64; infinite where the number passes the largest one.
    package let value: Double
    /// How the number is written, cut where it is too long to repeat.
    package let literal: String
    /// The number if it is an integer that `Int` holds exactly: 3, 3.0 and 3e0 alike.
    package let integer: Int?

    /// Whether the number passes the largest float64.
    package var isTooLarge: Bool { value.isInfinite }
}

extension JSONReader {
    /// Reads a number; `nil` where another kind of value stands.
    package mutating func number() throws(JSONSyntaxError) -> JSONNumber? {
        guard try peek() == .number else { return nil }
        let start = position
        let read = NumberText.number(in: text, at: start)
        position = read.end
        guard read.valid == 1 else { throw malformedNumber() }
        expectation = .separator
        // As all names and texts from outside, it is repeated only in part if it is long; no integer is that long.
        let literal = text[start..<min(position, start + JSONName.quotedBytes)]
        return JSONNumber(
            value: read.value,
            literal: String(decoding: literal, as: UTF8.self),
            integer: integer(read, literal)
        )
    }

    private func integer(_ number: nabla_number, _ literal: ArraySlice<UInt8>) -> Int? {
        // Digits alone are read exactly; beyond 2^53 a float64 no longer tells neighbours apart.
        if number.integral == 1 { return Int(String(decoding: literal, as: UTF8.self)) }
        guard let integer = Int(exactly: number.value), integer.magnitude <= 1 << 53 else { return nil }
        return integer
    }

    /// The error for a number whose spelling is wrong at the position.
    func malformedNumber() -> JSONSyntaxError {
        if position > 0, position < text.count, text[position - 1] == UInt8(ascii: "0"),
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[position]
        {
            return error("a number does not begin with a zero before other digits")
        }
        return unexpected("a digit")
    }
}
