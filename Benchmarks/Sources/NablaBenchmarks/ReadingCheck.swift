import Backprop
import GradientService
import Glibc

/// Numbers that are read, against the C library's `strtod` and `strtof`, which round correctly.
struct ReadingCheck {
    private var read = 0
    private var failures: [String] = []

    /// Reads so many random spellings and a fixed number of hard ones; says what was found.
    static func run(_ spellings: Int) -> Bool {
        var check = ReadingCheck()
        var generator = Seeded(4)
        var rest = spellings
        while rest > 0 {
            let count = min(rest, 10_000)
            check.compare((0..<count).map { $0 % 2 == 0 ? spelling(&generator) : digits(of: &generator) })
            rest -= count
        }
        check.compare(stress)
        for _ in 0..<4000 {
            let double = Double(bitPattern: generator.next()).magnitude
            if double.isFinite { check.compare(around(double.halfAbove)) }
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())).magnitude
            if float.isFinite { check.compare(around(float.halfAbove)) }
        }
        print("reading: \(check.read) numbers, \(check.failures.count) failures")
        for failure in check.failures.prefix(10) { print("  \(failure)") }
        return check.failures.isEmpty
    }

    private mutating func compare(_ literals: [String]) {
        let finite = literals.filter { unsafe strtod($0, nil).isFinite }
        compare(finite, Double.self) { unsafe strtod($0, nil) }
        compare(finite, Float.self) { unsafe strtof($0, nil) }
    }

    private mutating func compare<S: TextScalar>(
        _ literals: [String],
        _ type: S.Type,
        with library: (String) -> S
    ) {
        guard !literals.isEmpty else { return }
        var reader = JSONReader(Array(("[" + literals.joined(separator: ",") + "]").utf8))
        guard case .success(let written)? = try? reader.tensor(of: type), written.tensor.count == literals.count else {
            failures.append("\(literals[0]) and what follows it can't be read")
            return
        }
        read += literals.count
        for (literal, number) in zip(literals, written.tensor.elements) {
            let wanted = library(literal)
            if number != wanted || number.sign != wanted.sign {
                failures.append("\(literal) is read as \(number), not \(wanted)")
            }
        }
    }

    /// A spelling of any length and size.
    private static func spelling(_ generator: inout Seeded) -> String {
        func digits(_ range: ClosedRange<Int>) -> String {
            let count = Int.random(in: range, using: &generator)
            return String((0..<count).map { _ in "0123456789".randomElement(using: &generator) ?? "0" })
        }
        let integer = digits(1...(Bool.random(using: &generator) ? 3 : 22)).drop { $0 == "0" }
        var literal = Bool.random(using: &generator) ? "-" : ""
        literal += integer.isEmpty ? "0" : integer
        if Bool.random(using: &generator) { literal += "." + digits(1...(Bool.random(using: &generator) ? 8 : 30)) }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            literal += ["e", "E", "e+", "E-", "e-"].randomElement(using: &generator) ?? "e"
            literal += digits(1...3)
        }
        return literal
    }

    /// The seventeen digits of a number of any bits.
    private static func digits(of generator: inout Seeded) -> String {
        let number = Double(bitPattern: generator.next())
        guard number.isFinite, number != 0 else { return "0.0" }
        let exponent = Int(log10(number.magnitude).rounded(.down))
        let digits = Int.random(in: 10_000_000_000_000_000...99_999_999_999_999_999, using: &generator)
        return "\(number < 0 ? "-" : "")\(digits)e\(exponent - 16)"
    }

    /// A decimal, and it with a digit behind it, and with its last digit one less.
    private static func around(_ decimal: (digits: String, exponent: Int)) -> [String] {
        let (digits, exponent) = decimal
        let less = String(digits.dropLast()) + (digits.last == "5" ? "4" : "0")
        return [
            "\(digits)e\(exponent)", "\(digits)1e\(exponent - 1)", "\(less)e\(exponent)",
            "0.\(digits)e\(exponent + digits.count)",
        ]
    }

    /// Vern Paxson's decimals that lie closest to halves between float64 numbers ("A Program for Testing IEEE
    /// Decimal-Binary Conversion", 1991), and the ends of the range.
    private static let stress = [
        "5e125", "69e267", "999e-26", "7861e-34", "75569e-254", "928609e-261", "9210917e80", "84863171e114",
        "653777767e273", "5232604057e-298", "27235667517e-109", "653532977297e-123", "3142213164987e-294",
        "46202199371337e-72", "231010996856685e-73", "9324754620109615e212", "78459735791271921e49",
        "272104041512242479e200", "6802601037806061975e198", "20505426358836677347e-221",
        "836168422905420598437e-234", "4891559871276714924261e222", "9e-265", "85e-37", "623e100", "3571e263",
        "81661e153", "920657e-23", "4603285e-24", "87575437e-309", "245540327e122", "6138508175e120",
        "83356057653e193", "619534293513e124", "2335141086879e218", "36167929443327e-159", "609610927149051e-255",
        "3743626360493413e-165", "94080055902682397e-242", "899810892172646163e283", "7120190517612959703e120",
        "25188282901709339043e-252", "308984926168550152811e-52", "6372891218502368041059e64",
        "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9406564584124654e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "1.7976931348623157e308", "3.4028235677973366e38", "1.1754943157898259e-38",
        "7.006492321624085e-46", "7.006492321624086e-46",
    ]
}

extension BinaryFloatingPoint where RawSignificand: FixedWidthInteger {
    /// The decimal digits, all of them, of what lies halfway to the next number.
    fileprivate var halfAbove: (digits: String, exponent: Int) {
        let lastBit = Self.leastNonzeroMagnitude.exponent
        let power = Swift.max(Int(exponent), Int(lastBit) + Self.significandBitCount) - Self.significandBitCount
        let significand = self / Self(sign: .plus, exponent: Self.Exponent(power), significand: 1)
        var digits = String(2 * UInt64(significand) + 1).reversed().compactMap(\.wholeNumberValue)
        // x · 2^-n is x · 5^n · 10^-n.
        for _ in 0..<abs(power - 1) {
            var carry = 0
            for index in digits.indices {
                carry += digits[index] * (power > 1 ? 2 : 5)
                digits[index] = carry % 10
                carry /= 10
            }
            while carry > 0 {
                digits.append(carry % 10)
                carry /= 10
            }
        }
        return (digits.reversed().map(String.init).joined(), Swift.min(power - 1, 0))
    }
}
