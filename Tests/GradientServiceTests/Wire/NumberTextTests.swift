import Backprop
import Glibc
import GradientService
import Testing

/// What the numbers' own types offer to compare with: their bits, and the C library's reader.
protocol Checkable: TextScalar, LosslessStringConvertible {
    init(bits: UInt64)
    var bits: UInt64 { get }
    static func strto(_ text: String) -> Self
}

extension Double: Checkable {
    init(bits: UInt64) { self.init(bitPattern: bits) }
    var bits: UInt64 { bitPattern }
    static func strto(_ text: String) -> Double { strtod(text, nil) }
}

extension Float: Checkable {
    init(bits: UInt64) { self.init(bitPattern: UInt32(truncatingIfNeeded: bits)) }
    var bits: UInt64 { UInt64(bitPattern) }
    static func strto(_ text: String) -> Float { strtof(text, nil) }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a failure can be repeated.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct NumberTextTests {
    private func printed<Number: TextScalar>(_ numbers: [Number]) -> [UInt8] {
        var writer = JSONWriter()
        writer.tensor(Tensor(shape: [numbers.count], elements: numbers), as: .nested)
        return writer.take()
    }

    private func readBack<Number: TextScalar>(_ text: [UInt8]) throws -> [Number] {
        var reader = JSONReader(text)
        let numbers = try reader.tensor(of: Number.self).get().tensor.elements
        try reader.finish()
        return numbers
    }

    private func expectRoundTrip<Number: Checkable>(_ numbers: [Number]) throws {
        let text = printed(numbers)
        let back: [Number] = try readBack(text)
        try #require(back.count == numbers.count)
        for (number, back) in zip(numbers, back) where number.bits != back.bits && !(number.isNaN && back.isNaN) {
            Issue.record("\(number) came back as \(back)")
        }
        // As many digits as the standard library's shortest form, which is made by another algorithm.
        let literals = String(decoding: text.dropFirst().dropLast(), as: UTF8.self).split(separator: ",")
        for (number, literal) in zip(numbers, literals) where number.isFinite {
            if significantDigits(literal) != significantDigits(number.description) {
                Issue.record("\(literal) is not as short as \(number.description)")
            }
        }
    }

    private func significantDigits(_ literal: some StringProtocol) -> Substring {
        let mantissa = literal.prefix { $0 != "e" }.filter(\.isNumber)
        var digits = Substring(mantissa).drop { $0 == "0" }
        while digits.last == "0" { digits.removeLast() }
        return digits
    }

    private func randomBits<Number: Checkable>(_ count: Int, seed: UInt64) -> [Number] {
        var generator = Seeded(state: seed)
        return (0..<count).map { _ in Number(bits: generator.next()) }
    }

    @Test func `any float64 is printed shortest and comes back bit for bit`() throws {
        try expectRoundTrip(randomBits(200_000, seed: 1) as [Double])
    }

    @Test func `any float32 is printed shortest and comes back bit for bit`() throws {
        try expectRoundTrip(randomBits(200_000, seed: 2) as [Float])
    }

    @Test func `numbers of every magnitude and length come back`() throws {
        var doubles: [Double] = []
        var floats: [Float] = []
        for exponent in -330...310 {
            for mantissa in ["1", "9", "1.5", "9.99", "1.2345678", "4.9406564584124654", "1.7976931348623157"] {
                doubles.append(Double("\(mantissa)e\(exponent)") ?? 0)
                floats.append(Float("-\(mantissa)e\(exponent)") ?? 0)
            }
        }
        for power in -1074...1023 {
            let double = Double(sign: .plus, exponent: power, significand: 1)
            doubles += [double, double.nextUp, double.nextDown]
            let float = Float(double)
            floats += [float, float.nextUp, float.nextDown]
        }
        for whole in 0..<70_000 {
            doubles += [Double(whole), -Double(whole) / 1000]
            floats += [Float(whole), Float(whole + 16_700_000)]
        }
        try expectRoundTrip(doubles)
        try expectRoundTrip(floats)
    }

    /// Numbers are printed in blocks, in which some take a way of their own.
    @Test func `a number's text depends on that number alone`() throws {
        func expectSame<Number: Checkable>(_ kinds: [Number]) {
            let alone = kinds.map { printed([$0]).dropFirst().dropLast() }
            var generator = Seeded(state: 7)
            for count in 1...70 {
                // Blocks of zeros, of what is rare, and of everything.
                let picked = (0..<count).map { place in
                    place % 32 < 16 && count % 3 == 0 ? 0 : Int.random(in: 0..<kinds.count, using: &generator)
                }
                let expected = picked.map { alone[$0] }.joined(separator: [UInt8(ascii: ",")])
                #expect(printed(picked.map { kinds[$0] }) == [UInt8(ascii: "[")] + expected + [UInt8(ascii: "]")])
            }
        }
        let common: [Double] = [0.1, 0.0001, 1e-5, 5, 123456.75, 1e9, 1e15, 1e16, 1.0 / 3]
        var doubles: [Double] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 0x1p-500]
        var floats: [Float] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 0x1p-100]
        for number in common {
            doubles += [number, -number]
            floats += [Float(number), -Float(number)]
        }
        expectSame(doubles)
        expectSame(floats)
    }

    @Test func `marks are counted wherever they stand`() {
        var generator = Seeded(state: 9)
        for count in Array(0...200) + [64 * 255 - 1, 64 * 255, 64 * 256 + 3, 100_000] {
            let text = (0..<count).map { _ in Array(",{}[1-".utf8)[Int.random(in: 0..<6, using: &generator)] }
            let marks = NumberText.marks(in: text)
            #expect(marks.commas == text.count { $0 == UInt8(ascii: ",") }, "\(count)")
            #expect(marks.braces == text.count { $0 == UInt8(ascii: "{") }, "\(count)")
        }
        #expect(NumberText.marks(in: [UInt8](repeating: UInt8(ascii: ","), count: 70_000)).commas == 70_000)
    }

    static let spellings: [(Double, String)] = [
        (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1, "-1.0"), (452, "452.0"), (0.1, "0.1"), (-2.5, "-2.5"),
        (0.0001, "0.0001"), (0.000125, "0.000125"), (0.00001, "1e-5"), (0.0000125, "1.25e-5"), (1e-7, "1e-7"),
        (123456.789, "123456.789"), (1e15, "1000000000000000.0"), (1e16, "1e16"), (1.5e16, "1.5e16"),
        (9_999_999_999_999_998, "9999999999999998.0"), (1e22, "1e22"), (1e100, "1e100"), (-1e-100, "-1e-100"),
        (16_777_215, "16777215.0"), (16_777_216, "16777216.0"), (16_777_217, "16777217.0"),
        (4_294_967_296, "4294967296.0"),
        (0.3, "0.3"), (0.1 + 0.2, "0.30000000000000004"), (1.0 / 3, "0.3333333333333333"), (2e-3, "0.002"),
        (0.00012345678901234567, "0.00012345678901234567"), (1234567890123456.7, "1234567890123456.8"),
        (.leastNonzeroMagnitude, "5e-324"), (.leastNormalMagnitude, "2.2250738585072014e-308"),
        (1.7976931348623157e308, "1.7976931348623157e308"), (9_007_199_254_740_992, "9007199254740992.0"),
        (.nan, "\"NaN\""), (-.nan, "\"NaN\""), (.infinity, "\"Infinity\""), (-.infinity, "\"-Infinity\""),
    ]

    @Test(arguments: spellings)
    func `a float64 is spelt like this`(number: Double, spelling: String) throws {
        var writer = JSONWriter()
        writer.number(number)
        #expect(String(decoding: writer.take(), as: UTF8.self) == spelling)
        // The same in a row, at whose place it depends what the processor has at hand.
        let row = [Double](repeating: number, count: 600)
        #expect(
            String(decoding: printed(row), as: UTF8.self) == "[" + row.map { _ in spelling }.joined(separator: ",")
                + "]"
        )
    }

    @Test(
        arguments: [
            (0.1, "0.1"), (16_777_216, "16777216.0"), (33_554_432, "33554432.0"), (123_456_792, "123456790.0"),
            (1e10, "10000000000.0"), (1e16, "1e16"), (3.4028235e38, "3.4028235e38"), (.leastNonzeroMagnitude, "1e-45"),
            (1e-5, "1e-5"),
            (0.0001, "0.0001"), (.leastNormalMagnitude, "1.1754944e-38"), (1 / 3, "0.33333334"),
            (-.infinity, "\"-Infinity\""),
        ] as [(Float, String)]
    )
    func `a float32 is spelt like this`(number: Float, spelling: String) throws {
        var writer = JSONWriter()
        writer.number(number)
        #expect(String(decoding: writer.take(), as: UTF8.self) == spelling)
    }
}
