import Backprop
import GradientService
import Testing

/// Reading is compared with the C library's `strtod` and `strtof`, which round correctly.
@Suite struct NumberReadingTests {
    private func expectAgreement<Number: Checkable>(_ literals: [String], as: Number.Type) throws {
        var reader = JSONReader(Array(("[" + literals.joined(separator: ",") + "]").utf8))
        let numbers = try reader.tensor(of: Number.self).get().tensor.elements
        try reader.finish()
        try #require(numbers.count == literals.count)
        for (literal, number) in zip(literals, numbers) where number.bits != Number.strto(literal).bits {
            Issue.record("\(literal) was read as \(number), not \(Number.strto(literal))")
        }
    }

    private func expectAgreement(_ literals: [String]) throws {
        try expectAgreement(literals.filter { Double.strto($0).isFinite }, as: Double.self)
        try expectAgreement(literals.filter { Double.strto($0).isFinite }, as: Float.self)
    }

    @Test func `random spellings are read as the C library reads them`() throws {
        var generator = Seeded(state: 3)
        func digits(_ range: ClosedRange<Int>) -> String {
            let count = Int.random(in: range, using: &generator)
            return String((0..<count).map { _ in "0123456789".randomElement(using: &generator) ?? "0" })
        }
        var literals: [String] = []
        for _ in 0..<60_000 {
            var literal = Bool.random(using: &generator) ? "-" : ""
            let integer = digits(1...(Bool.random(using: &generator) ? 3 : 22)).drop { $0 == "0" }
            literal += integer.isEmpty ? "0" : integer
            if Bool.random(using: &generator) { literal += "." + digits(1...(Bool.random(using: &generator) ? 8 : 30)) }
            if Int.random(in: 0..<3, using: &generator) == 0 {
                literal += ["e", "E", "e+", "E-", "e-"].randomElement(using: &generator) ?? "e"
                literal += digits(1...3)
            }
            literals.append(literal)
        }
        try expectAgreement(literals)
    }

    /// Between two neighbours lies a decimal that must be rounded to the even one, and a digit more or less decides.
    ///
    /// Such decimals have many digits, and 64 bits of a product do not tell them apart.
    @Test func `halves between neighbours are rounded to even, and what is next to them is not`() throws {
        var generator = Seeded(state: 4)
        var literals: [String] = []
        for _ in 0..<600 {
            let number = Double(bitPattern: generator.next()).magnitude
            guard number.isFinite else { continue }
            literals += around(halfAbove(significand: number.significandBits, exponent: number.exponentOfLastBit))
        }
        for _ in 0..<600 {
            let number = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())).magnitude
            guard number.isFinite else { continue }
            literals += around(halfAbove(significand: number.significandBits, exponent: number.exponentOfLastBit))
        }
        try expectAgreement(literals)
    }

    /// A decimal, and it with a digit behind it, and with its last digit one less.
    private func around(_ digits: (String, exponent: Int)) -> [String] {
        let less = String(digits.0.dropLast()) + (digits.0.last == "5" ? "4" : "0")
        return [
            "\(digits.0)e\(digits.exponent)", "\(digits.0)1e\(digits.exponent - 1)", "\(less)e\(digits.exponent)",
            "0.\(digits.0)e\(digits.exponent + digits.0.count)", "\(digits.0)000000000000001e\(digits.exponent - 15)",
        ]
    }

    /// (2 significand + 1) · 2^(exponent − 1) exactly: decimal digits and a power of ten.
    private func halfAbove(significand: UInt64, exponent: Int) -> (String, exponent: Int) {
        var digits = String(2 * significand + 1).reversed().compactMap(\.wholeNumberValue)
        func multiply(by factor: Int) {
            var carry = 0
            for index in digits.indices {
                carry += digits[index] * factor
                digits[index] = carry % 10
                carry /= 10
            }
            while carry > 0 {
                digits.append(carry % 10)
                carry /= 10
            }
        }
        // x · 2^-n is x · 5^n · 10^-n.
        for _ in 0..<abs(exponent - 1) { multiply(by: exponent > 1 ? 2 : 5) }
        return (digits.reversed().map(String.init).joined(), exponent: min(exponent - 1, 0))
    }

    @Test(arguments: [
        "0.0", "0e5", "0E-5", "0.000000000000000000000000000000000000000000001",
        "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "4.9406564584124654e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400", "1.4012984643248171e-45",
        "7.006492321624085e-46",
        "7.006492321624086e-46", "1.1754942e-38", "1.17549435e-38", "1.1754943157898259e-38", "9007199254740993",
        "9007199254740993.0000000000000000000000000001", "9007199254740991.5", "16777217", "16777217.0000001",
        "16777218.9999999999", "33554433e0", "1.00000005960464477539062500", "1.00000005960464477539062501", "8.5e-7",
        "1.7976931348623157e308", "1.7976931348623158e308",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
        "3.4028235e38", "3.4028235677973366e38", "3.4028236e38", "1e23", "8.41e21", "9.5367431640625e-07", "6.3e-20",
        "5708990770823839207320493820740630171355185151999e-3",
        "0.00000000000000000000000000000000000000000000000001e50",
        "100000000000000000000000000000000000000000000000000e-50", "1e00000000000000000000000000000000000000000000005",
        "1234567890123456789012345678901234567890e-20", "0.12345678", "0.123456789", "0.1234567890123456",
        "12345678.12345678",
        "0.99999999999999999999999999999999999999999999999999", "123456789012345680000", "10000000000000000000",
        "18446744073709551615", "18446744073709551616", "9999999999999999999", "0.000123456789012345678",
    ])
    func `hard cases are read as the C library reads them`(literal: String) throws {
        try expectAgreement([literal, "-" + literal, literal])
        // At every distance from the end of the text, near which bytes are no longer looked at eight at a time.
        for padding in 0..<12 {
            var reader = JSONReader(Array((literal + String(repeating: " ", count: padding)).utf8))
            #expect(try reader.tensor(of: Double.self).get().tensor.elements[0].bits == Double.strto(literal).bits)
            try reader.finish()
        }
    }

    /// Numbers of a long array are read many at a time.
    @Test(arguments: [
        "01", "-01.5", "1.", "-", "-.5", "1e", "+1", ".5", "1..2", "1.5.2", "1-", "0x1", "1 2", "--1", "1e+", "/",
    ])
    func `a wrong number is refused at its byte wherever it stands among others`(wrong: String) throws {
        func offset(of text: String) throws -> Int {
            var reader = JSONReader(Array(text.utf8))
            let error = try #require(throws: JSONSyntaxError.self) { _ = try reader.tensor(of: Float.self) }
            return error.offset
        }
        let place = try offset(of: "[\(wrong)]") - 1
        for separator in [",", ", ", " ,\n\t"] {
            for count in [1, 2, 7, 62, 63, 64, 65, 127, 128, 300] {
                let before = (0..<count).map { "\(Double($0) / 8)\(separator)" }.joined()
                let after = String(repeating: "\(separator)-0.25", count: 400)
                #expect(try offset(of: "[\(before)\(wrong)\(after)]") == 1 + before.utf8.count + place)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64, 100], [",", ", ", "\n , \n"])
    func `rows of any length, however they are laid out, hold what they hold`(width: Int, separator: String) throws {
        let rows = (0..<150).map { row in (0..<width).map { Double(row * width + $0) / 4 - 100 } }
        let text = rows.map { "[" + $0.map { "\($0)" }.joined(separator: separator) + "]" }.joined(separator: separator)
        var reader = JSONReader(Array("[\(text)]".utf8))
        let tensor = try reader.tensor(of: Double.self).get().tensor
        try reader.finish()
        #expect(tensor.shape.dimensions == [150, width])
        #expect(tensor.elements == rows.flatMap { $0 })
    }

    @Test(arguments: ["1", "0.1", "0.12345", "0.1234567", "0.12345678", "1234.5678901", "1e1", "1.5e1"])
    func `only digits are digits`(beginning: String) throws {
        for byte in UInt8.min...UInt8.max {
            let text = Array("[\(beginning)".utf8) + [byte] + Array("34567891]".utf8)
            var reader = JSONReader(text)
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                let literal = String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
                let number = try? reader.tensor(of: Double.self).get().tensor.elements[0]
                #expect(number == (Double.strto(literal).isFinite ? Double.strto(literal) : nil))
            } else if ![UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte) {
                #expect(throws: JSONSyntaxError.self) {
                    _ = try reader.tensor(of: Double.self)
                    try reader.finish()
                }
            }
        }
    }

    @Test func `digits of every number, with anything behind them, are read`() throws {
        let digits = "1234567890123456789012345678"
        for integer in 1...24 {
            for fraction in 0...26 {
                let literal = String(digits.prefix(integer)) + (fraction > 0 ? ".\(digits.prefix(fraction))" : "")
                for tail in ["", ",", ",7", " ,  7", "e1", "e-12,1"] {
                    let text = "[\(literal)\(tail.hasSuffix(",") ? tail + "0" : tail)]"
                    var reader = JSONReader(Array(text.utf8))
                    let first = try reader.tensor(of: Double.self).get().tensor.elements[0]
                    let exponent = tail.hasPrefix("e") ? tail.prefix { $0 != "," } : ""
                    #expect(first.bits == Double.strto(literal + exponent).bits)
                }
            }
        }
    }
}

extension Double {
    /// The significand as an integer, the implied bit included.
    fileprivate var significandBits: UInt64 { significandBitPattern | (isNormal ? 1 << 52 : 0) }
    /// The power of two that the significand is multiplied by.
    fileprivate var exponentOfLastBit: Int { max(Int(exponentBitPattern), 1) - 1075 }
}

extension Float {
    /// The significand as an integer, the implied bit included.
    fileprivate var significandBits: UInt64 { UInt64(significandBitPattern) | (isNormal ? 1 << 23 : 0) }
    /// The power of two that the significand is multiplied by.
    fileprivate var exponentOfLastBit: Int { max(Int(exponentBitPattern), 1) - 150 }
}
