import Backprop
import GradientService
import Glibc

/// What was found of the text of float32 numbers.
struct PrintingTally: Sendable {
    private(set) var numbers = 0
    private(set) var failures = 0
    /// The first failures.
    private(set) var examples: [String] = []

    /// Nothing so far.
    init() {}

    /// Checks the numbers of these bits, which have no sign, and their opposites.
    init(checking patterns: [UInt32]) {
        let positive = patterns.map { Float(bitPattern: $0) }
        let text = check(positive)
        let negativeText = check(positive.map { -$0 })
        var (place, negativePlace) = (1, 1)
        for number in positive {
            let (end, negativeEnd) = (endOfLiteral(text, place), endOfLiteral(negativeText, negativePlace))
            let literal = text[place..<end]
            if !isOpposite(negativeText[negativePlace..<negativeEnd], of: literal, number) {
                note("-\(number) and \(number) are printed differently")
            }
            if number.isFinite, number != 0 {
                if let fault = PrintingTally.fault(in: literal, for: number) {
                    note("\(String(decoding: literal, as: UTF8.self)) \(fault)")
                }
            } else if String(decoding: literal, as: UTF8.self) != spelling(of: number) {
                note("\(number) is printed as \(String(decoding: literal, as: UTF8.self))")
            }
            (place, negativePlace) = (end + 1, negativeEnd + 1)
        }
    }

    mutating func add(_ other: PrintingTally) {
        numbers += other.numbers
        failures += other.failures
        examples += other.examples.prefix(10 - examples.count)
    }

    /// Whether texts that are wrong in each of the ways there are would be found.
    static var findsFaults: Bool {
        let wrong: [(Float, String)] = [
            (0.1, "0.2"), (0.1, "0.100000001"), (.leastNonzeroMagnitude, "2e-45"), (0.1, "0.10000000149011612"),
        ]
        let right: [(Float, String)] = [(0.1, "0.1"), (.greatestFiniteMagnitude, "3.4028235e38"), (1e16, "1e16")]
        return wrong.allSatisfy { fault(in: Array($0.1.utf8)[...], for: $0.0) != nil }
            && right.allSatisfy { fault(in: Array($0.1.utf8)[...], for: $0.0) == nil }
    }

    private static func fault(in literal: ArraySlice<UInt8>, for number: Float) -> String? {
        guard let decimal = ShortDecimal(literal) else { return "is no decimal of nine digits at most" }
        return decimal.fault(for: number)
    }

    private mutating func note(_ failure: String) {
        failures += 1
        if examples.count < 10 { examples.append(failure) }
    }

    /// Prints numbers as an array and reads them back.
    private mutating func check(_ list: [Float]) -> [UInt8] {
        var writer = JSONWriter(capacity: 16 * list.count)
        writer.tensor(Tensor(shape: [list.count], elements: list), as: .nested)
        let text = writer.take()
        var reader = JSONReader(text)
        numbers += list.count
        guard case .success(let written)? = try? reader.tensor(of: Float.self), written.tensor.count == list.count
        else {
            note("the numbers from \(list[0]) on can't be read")
            return text
        }
        for (number, back) in zip(list, written.tensor.elements)
        where number.bitPattern != back.bitPattern && !(number.isNaN && back.isNaN) {
            note("\(number) is read back as \(back)")
        }
        return text
    }

    private func endOfLiteral(_ text: [UInt8], _ start: Int) -> Int {
        var end = start
        while end < text.count, text[end] != UInt8(ascii: ","), text[end] != UInt8(ascii: "]") { end += 1 }
        return end
    }

    private func isOpposite(_ literal: ArraySlice<UInt8>, of positive: ArraySlice<UInt8>, _ number: Float) -> Bool {
        if number.isNaN { return literal.elementsEqual(positive) }
        if number.isInfinite { return literal.elementsEqual("\"-Infinity\"".utf8) }
        return literal.first == UInt8(ascii: "-") && literal.dropFirst().elementsEqual(positive)
    }

    private func spelling(of number: Float) -> String {
        number == 0 ? "0.0" : number.isNaN ? "\"NaN\"" : "\"Infinity\""
    }
}

/// A decimal digits · 10^exponent whose last digit is not zero.
struct ShortDecimal {
    private var digits: Int64 = 0
    private var exponent = 0

    /// Takes a positive literal apart; `nil` where it is none or has more digits than a float32 needs.
    init?(_ literal: ArraySlice<UInt8>) {
        var places: Int?
        var index = literal.startIndex
        while index < literal.endIndex, literal[index] != UInt8(ascii: "e") {
            let byte = literal[index]
            index += 1
            if byte == UInt8(ascii: ".") {
                places = 0
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digits < 1 << 57 else { return nil }
            digits = 10 * digits + Int64(byte - UInt8(ascii: "0"))
            places = places.map { $0 + 1 }
        }
        if index < literal.endIndex {
            guard let written = Int(String(decoding: literal[(index + 1)...], as: UTF8.self)) else { return nil }
            exponent = written
        }
        exponent -= places ?? 0
        guard digits > 0 else { return nil }
        while digits.isMultiple(of: 10) {
            digits /= 10
            exponent += 1
        }
        guard digits < 1_000_000_000, (-60...40).contains(exponent) else { return nil }
    }

    private init(_ digits: Int64, _ exponent: Int) { (self.digits, self.exponent) = (digits, exponent) }

    /// What is wrong with this as the text of a number, which is finite and above zero.
    ///
    /// If a decimal with fewer digits read back to the number too, then one of the two multiples of the next power of
    /// ten around this decimal would, since what reads back to the number is an interval.
    func fault(for number: Float) -> String? {
        let interval = RoundingInterval(number)
        if !interval.contains(self) { return "does not stand for \(number)" }
        if digits >= 10 {
            let (below, above) = (
                ShortDecimal(digits / 10, exponent + 1), ShortDecimal(digits / 10 + 1, exponent + 1)
            )
            if interval.contains(below) || interval.contains(above) { return "is longer than \(number) needs" }
        }
        // Of a neighbour of as many digits that stands for the number too, the number lies on the other side of the half.
        let (less, more) = (ShortDecimal(digits - 1, exponent), ShortDecimal(digits + 1, exponent))
        let (low, high) = (
            ShortDecimal(10 * digits - 5, exponent - 1), ShortDecimal(10 * digits + 5, exponent - 1)
        )
        let isClosest =
            (!interval.contains(less) || low.compared(to: Double(number)).map { $0 < 0 } ?? isStandard(number))
            && (!interval.contains(more) || high.compared(to: Double(number)).map { $0 > 0 } ?? isStandard(number))
        return isClosest ? nil : "is not the closest to \(number)"
    }

    /// Whether the standard library prints the number as this decimal: asked where two decimals are about as close.
    private func isStandard(_ number: Float) -> Bool {
        guard let standard = ShortDecimal(Array(number.description.utf8)[...]) else { return false }
        return standard.digits == digits && standard.exponent == exponent
    }

    /// How this compares with a number: below zero, above zero, or too close to tell.
    ///
    /// Both factors of the product are rounded once at most, and so is the product: it is off by less than 2^-51.
    func compared(to bound: Double) -> Int? {
        let value = Double(digits) * ShortDecimal.powersOfTen[exponent + 64]
        let margin = value * 0x1p-51
        return value < bound - margin ? -1 : value > bound + margin ? 1 : nil
    }

    /// The decimal as a text, for the C library to read.
    var text: String { "\(digits)e\(exponent)" }

    /// 10^-64 to 10^44, each rounded once.
    private static let powersOfTen: [Double] = (-64...44).map { unsafe strtod("1e\($0)", nil) }
}

/// What is rounded to a float32: all between the halves of the ways to its neighbours, these as well where its last bit
/// is even.
private struct RoundingInterval {
    private let number: Float
    private let low: Double
    private let high: Double

    init(_ number: Float) {
        self.number = number
        let (below, above) = (Double(number.nextDown), Double(number.nextUp))
        low = (below + Double(number)) / 2
        // Beyond the largest number the next would be as far away as the one before.
        high = above.isInfinite ? 2 * Double(number) - low : (above + Double(number)) / 2
    }

    func contains(_ decimal: ShortDecimal) -> Bool {
        if let order = decimal.compared(to: low), let other = decimal.compared(to: high) {
            return order > 0 && other < 0
        }
        return unsafe strtof(decimal.text, nil) == number
    }
}
