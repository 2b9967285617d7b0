package import Backprop
import CNumberText

/// Reads nested arrays of numbers whose shape is known in advance, as they stand in a text.
///
/// Where anything else stands, be it wrong or only another shape, there is no tensor: whoever asked has the text read as
/// if nothing were known, which finds the fault and its place.
package struct KnownShape: Sendable {
    private let shape: Shape
    /// The elements in all.
    private let count: Int
    /// The length of the innermost arrays, and how many of them the arrays around them have.
    private let (columns, rows): (Int, Int)
    /// For each matrix of rows and columns, how many of the arrays outside of it begin with it; there is one matrix at least.
    private let beginnings: [Int]

    /// Makes a reader; `nil` for a shape without elements, which no text has.
    package init?(_ shape: Shape) {
        let lengths = shape.dimensions
        guard !lengths.contains(0) else { return nil }
        let outer = lengths.dropLast(2)
        (self.shape, count) = (shape, shape.count)
        columns = lengths.last ?? 1
        rows = lengths.count < 2 ? 1 : lengths[lengths.count - 2]
        beginnings = (0..<outer.reduce(1, *)).map { matrix in
            // The arrays of a level begin where all indices within them are 0.
            var size = 1
            return outer.reversed().prefix { length in
                size *= length
                return matrix % size == 0
            }.count
        }
    }

    /// Reads the tensor that begins at a position, and moves the position behind it; `nil` where there is none of the
    /// shape.
    package func tensor<Element: TextScalar>(of: Element.Type, in text: [UInt8], at position: inout Int) -> Tensor<
        Element
    >? {
        let elements: [Element]? =
            shape.rank == 0 ? scalar(in: text, at: &position) : arrays(in: text, at: &position)
        return elements.map { Tensor(shape: shape, elements: $0) }
    }

    private func scalar<Element: TextScalar>(in text: [UInt8], at position: inout Int) -> [Element]? {
        guard position < text.count else { return nil }
        let number = NumberText.number(in: text, at: position)
        guard number.valid == 1 else { return nil }
        var stop = NumberRun.Stop.other
        let elements = [Element](capacity: 1) { output in
            stop = Element.read(text, from: position, rest: 1, row: 0, into: &output).stop
        }
        position = number.end
        return stop == .overflow ? nil : elements
    }

    private func arrays<Element: TextScalar>(in text: [UInt8], at position: inout Int) -> [Element]? {
        // Those that are read by one call, in which rows follow rows.
        let levels = min(shape.rank, 2)
        var place = position
        var isWhole = false
        let elements = [Element](capacity: count) { output in
            for matrix in beginnings.indices {
                guard KnownShape.pass(beginnings[matrix] + levels, UInt8(ascii: "["), in: text, at: &place) else {
                    return
                }
                KnownShape.passSpace(in: text, at: &place)
                let row = levels == 2 ? columns : 0
                let run = Element.read(text, from: place, rest: columns, row: row, into: &output)
                guard run.stop == .closed, run.count == rows * columns, run.rows == rows - 1 else { return }
                place = run.position
                // The last row has been closed already.
                let isLast = matrix + 1 == beginnings.count
                let ended = (isLast ? shape.rank - levels : beginnings[matrix + 1]) + levels - 1
                guard KnownShape.pass(ended, UInt8(ascii: "]"), in: text, at: &place) else { return }
                guard isLast || KnownShape.pass(1, UInt8(ascii: ","), in: text, at: &place) else { return }
            }
            isWhole = true
        }
        position = place
        return isWhole ? elements : nil
    }

    /// Passes over some equal bytes with white space before each; `false` where something else stands.
    private static func pass(_ count: Int, _ byte: UInt8, in text: [UInt8], at place: inout Int) -> Bool {
        for _ in 0..<count {
            passSpace(in: text, at: &place)
            guard place < text.count, text[place] == byte else { return false }
            place += 1
        }
        return true
    }

    private static func passSpace(in text: [UInt8], at place: inout Int) {
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): place += 1
            default: return
            }
        }
    }
}
