import CNumberText
import Testing

/// What reads and prints numbers, in each form that it is compiled to.
private protocol TargetScalar: BinaryFloatingPoint {
    static func read(
        _ target: nabla_target,
        _ text: [UInt8],
        _ out: UnsafeMutablePointer<Self>,
        _ room: nabla_room
    ) -> nabla_run

    static func print(
        _ target: nabla_target,
        _ numbers: [Self],
        _ nesting: nabla_nesting,
        _ out: UnsafeMutablePointer<UInt8>
    ) -> Int

    static func random(_ generator: inout Seeded) -> Self
}

extension Float: TargetScalar {
    fileprivate static func read(
        _ target: nabla_target,
        _ text: [UInt8],
        _ out: UnsafeMutablePointer<Float>,
        _ room: nabla_room
    ) -> nabla_run { nabla_read_float32s_by(target, text, text.count, 0, out, room) }

    fileprivate static func print(
        _ target: nabla_target,
        _ numbers: [Float],
        _ nesting: nabla_nesting,
        _ out: UnsafeMutablePointer<UInt8>
    ) -> Int { nabla_print_float32s_by(target, numbers, numbers.count, nesting, out) }

    fileprivate static func random(_ generator: inout Seeded) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    }
}

extension Double: TargetScalar {
    fileprivate static func read(
        _ target: nabla_target,
        _ text: [UInt8],
        _ out: UnsafeMutablePointer<Double>,
        _ room: nabla_room
    ) -> nabla_run { nabla_read_float64s_by(target, text, text.count, 0, out, room) }

    fileprivate static func print(
        _ target: nabla_target,
        _ numbers: [Double],
        _ nesting: nabla_nesting,
        _ out: UnsafeMutablePointer<UInt8>
    ) -> Int { nabla_print_float64s_by(target, numbers, numbers.count, nesting, out) }

    fileprivate static func random(_ generator: inout Seeded) -> Double { Double(bitPattern: generator.next()) }
}

/// The forms of the number text that this processor has are held to the plainest one.
@Suite struct NumberTargetTests {
    /// The forms but the plainest.
    private static let others: [nabla_target] = [.avx2, .avx512].filter { $0.rawValue <= nabla_best_target().rawValue }

    // MARK: Reading

    @Test func `numbers in arrays of all layouts are read alike, and end alike where something is wrong`() {
        var generator = Seeded(state: 21)
        for turn in 0..<20_000 {
            let text = Self.array(&generator)
            let count = text.count { $0 == UInt8(ascii: ",") } + 1
            let row = Int.random(in: 0...2, using: &generator) == 0 ? 0 : Int.random(in: 1...20, using: &generator)
            var room = nabla_room(capacity: count + 1, rest: row > 0 ? row : Int.max, row: row)
            if Bool.random(using: &generator) { room.capacity = Int.random(in: 0...count, using: &generator) }
            if row == 0, Bool.random(using: &generator) { room.rest = Int.random(in: 0...count, using: &generator) }
            expectAlike(text, room, Float.self, turn)
            expectAlike(text, room, Double.self, turn)
        }
    }

    /// Reads a text in each form, to the very end of the storage.
    private func expectAlike<Number: TargetScalar>(
        _ text: [UInt8],
        _ room: nabla_room,
        _ type: Number.Type,
        _ turn: Int
    ) {
        func read(_ target: nabla_target) -> (run: nabla_run, numbers: [Number]) {
            // One more, which must stay as it is.
            var numbers = [Number](repeating: 7, count: room.capacity + 1)
            let run = Number.read(target, text, &numbers, room)
            #expect(numbers[room.capacity] == 7)
            return (run, Array(numbers.prefix(run.count)))
        }
        let (plain, numbers) = read(.every)
        for target in Self.others {
            let (run, others) = read(target)
            let areNumbersAlike = zip(numbers, others).allSatisfy { $0 == $1 && $0.sign == $1.sign }
            let endsAlike = (run.count, run.rows) == (plain.count, plain.rows) && run.position == plain.position
            #expect(
                areNumbersAlike && endsAlike && run.stop == plain.stop,
                "\(turn), \(type) by \(target): \(String(decoding: text, as: UTF8.self))"
            )
        }
    }

    /// The inside of an array, or of several that are rows; often something is wrong with it.
    private static func array(_ generator: inout Seeded) -> [UInt8] {
        let kind = Int.random(in: 0...7, using: &generator)
        let separators = [",", ", ", ",\n  ", " ,", ",\t", "],[", "], [", "]]"]
        let separator = separators[Int.random(in: 0...1, using: &generator)]
        let row = Int.random(in: 1...30, using: &generator)
        var text = ""
        for index in 1...Int.random(in: 1...200, using: &generator) {
            text += number(Int.random(in: 0...20, using: &generator) == 0 ? 7 : kind, &generator)
            let isOdd = Int.random(in: 0...60, using: &generator) == 0
            text += isOdd ? separators.randomElement(using: &generator) ?? "" : index % row == 0 ? "],[" : separator
        }
        var bytes = Array((text + "0]").utf8)
        if Bool.random(using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[place] = Array("0123456789.,-[] eE+\"x/\n:".utf8).randomElement(using: &generator) ?? 0
        }
        return bytes
    }

    private static func number(_ kind: Int, _ generator: inout Seeded) -> String {
        func digits(_ range: ClosedRange<Int>) -> String {
            let count = Int.random(in: range, using: &generator)
            return String((0..<count).map { _ in "0123456789".randomElement(using: &generator) ?? "0" })
        }
        let sign = Bool.random(using: &generator) ? "-" : ""
        switch kind {
        case 0: return "\(sign)0.0\(digits(6...9))"
        case 1: return "\(sign)0.\(digits(15...18))"
        case 2: return "\(sign)\(Int.random(in: 0...(1 << 25), using: &generator))"
        case 3: return "\(sign)\(Int.random(in: 0...Int.max, using: &generator)).\(digits(1...3))"
        case 4: return ["0.0", "-0.0", "1", "0", "0.5"].randomElement(using: &generator) ?? "0"
        case 5:
            // Half-way between two float32.
            let number = Float(Double.random(in: 0.001...1000, using: &generator))
            return "\(sign)\((Double(number) + Double(number.nextUp)) / 2)"
        case 6: return "\(sign)\(digits(1...24)).\(digits(1...26))"
        default: return "\(sign)\(digits(1...3)).\(digits(1...9))e\(Int.random(in: -50...50, using: &generator))"
        }
    }

    // MARK: Printing

    @Test func `numbers are printed alike, however they are nested`() {
        var generator = Seeded(state: 22)
        for turn in 0..<4_000 {
            expectAlike(Float.self, &generator, turn)
            expectAlike(Double.self, &generator, turn)
        }
    }

    private func expectAlike<Number: TargetScalar>(_ type: Number.Type, _ generator: inout Seeded, _ turn: Int) {
        let lengths = (0..<Int.random(in: 1...4, using: &generator)).map { _ in Int.random(in: 1...9, using: &generator)
        }
        let total = lengths.reduce(1, *)
        let place = Int.random(in: 0..<total, using: &generator)
        let count = turn % 3 == 0 ? total - place : Int.random(in: 1...total - place, using: &generator)
        let kind = Int.random(in: 0...5, using: &generator)
        let numbers = (0..<count).map { _ in Self.number(kind, &generator) as Number }
        func printed(_ target: nabla_target) -> [UInt8] {
            var text = [UInt8](repeating: 7, count: count * Int(NABLA_PRINTED_NUMBER_SIZE) + 1)
            let length = lengths.withUnsafeBufferPointer {
                Number.print(
                    target,
                    numbers,
                    nabla_nesting(lengths: $0.baseAddress, depth: $0.count, place: place),
                    &text
                )
            }
            #expect(text.last == 7)
            return Array(text.prefix(length))
        }
        let plain = printed(.every)
        for target in Self.others where printed(target) != plain {
            Issue.record("\(turn): \(numbers) in \(lengths) from \(place) on by \(target)")
        }
    }

    private static func number<Number: TargetScalar>(_ kind: Int, _ generator: inout Seeded) -> Number {
        let odd: [Number] = [
            .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0, -0.0, 0x1p-40, 1e10,
            -1e15,
            1e16, 1e-5, 0.0001,
        ]
        if Int.random(in: 0...200, using: &generator) == 0 { return odd.randomElement(using: &generator) ?? 0 }
        let small = Number(Double.random(in: -0.05...0.05, using: &generator))
        switch kind {
        case 0: return small
        case 1: return Bool.random(using: &generator) ? small : 0
        case 2: return 0
        case 3: return Number(Int.random(in: -1000...1000, using: &generator)) / 8
        case 4: return odd.randomElement(using: &generator) ?? 0
        default: return Number.random(&generator)
        }
    }
}
