/// Max pooling of float32 under windows of two rows and two columns that stand side by side, by far the most common
/// ones: four windows at a time and without a branch, since which place wins can't be foreseen.
///
/// Which place that was is found out again for the gradient, which takes less time than to note it. The rules are those
/// of ``MaxPooling``, and so are the results.
public struct PairPooling: Sendable {
    /// A line is a row of windows: of all planes, of each plane, and the windows in each.
    private let lines: Int
    private let linesOfPlane: Int
    private let columns: Int
    /// The input's rows and columns; of each there may be one more than the windows cover.
    private let height: Int
    private let width: Int

    /// The pooling of so many planes; `nil` where windows are others, or too few in a line.
    init?(planes: Int, rows: SlidingWindow, columns: SlidingWindow) {
        let isPaired = [rows, columns].allSatisfy { window in
            window.taps == 2 && window.stride == 2 && window.dilation == 1 && window.before == 0
                && window.output <= window.input / 2
        }
        guard isPaired && columns.output >= 4 else { return nil }
        lines = planes * rows.output
        linesOfPlane = rows.output
        self.columns = columns.output
        (height, width) = (rows.input, columns.input)
    }

    /// The largest under each window.
    func maxima(_ x: [Float]) -> [Float] {
        .overwriting(lines * columns) { maxima in
            let x = unsafe x.span.bytes
            var target = unsafe maxima.mutableBytes
            for line in 0..<lines {
                let start = start(of: line)
                forEachFour { first in
                    let windows = Windows(x, at: start + 2 * first, width)
                    target.store(windows.maximum, at: line * columns + first)
                }
            }
        }
    }

    /// The gradient with respect to `x`: each of `cotangent` at the place of its window's maximum.
    func gradient(_ x: [Float], _ cotangent: [Float]) -> [Float] {
        .overwriting(lines / linesOfPlane * height * width) { gradient in
            // Where windows cover everything no zero is left.
            if 2 * linesOfPlane != height || 2 * columns != width { gradient.update(repeating: 0) }
            let (x, cotangent) = unsafe (x.span.bytes, cotangent.span.bytes)
            var target = unsafe gradient.mutableBytes
            for line in 0..<lines {
                let start = start(of: line)
                forEachFour { first in
                    let place = start + 2 * first
                    let windows = Windows(x, at: place, width)
                    let (upper, lower) = windows.places(of: cotangent.four(at: line * columns + first))
                    target.store(upper, at: place)
                    target.store(lower, at: place + width)
                }
            }
        }
    }

    /// Where the windows of a line begin.
    private func start(of line: Int) -> Int {
        let (plane, row) = line.quotientAndRemainder(dividingBy: linesOfPlane)
        return (plane * height + 2 * row) * width
    }

    /// Calls `body` for four windows of a line after another; the last four are some of them once more, rather than a
    /// rest that would take as long.
    @inline(__always) private func forEachFour(_ body: (_ first: Int) -> Void) {
        for first in stride(from: 0, to: columns - 4, by: 4) { body(first) }
        body(columns - 4)
    }

    /// What lies under four windows: a and b in the upper row, c and d in the lower one.
    private struct Windows {
        private let a, b, c, d: SIMD4<Float>
        /// Where b takes the place of a, then c that of the larger, and then d; a NaN, which differs from itself, does.
        private let ofB, ofC, ofD: SIMDMask<SIMD4<Int32>>
        /// The largest.
        let maximum: SIMD4<Float>

        @inline(__always) init(_ x: RawSpan, at place: Int, _ width: Int) {
            let (upper, lower) = (x.eight(at: place), x.eight(at: place + width))
            (a, b, c, d) = (upper.evenHalf, upper.oddHalf, lower.evenHalf, lower.oddHalf)
            ofB = (b .> a) .| (b .!= b)
            let two = a.replacing(with: b, where: ofB)
            ofC = (c .> two) .| (c .!= c)
            let three = two.replacing(with: c, where: ofC)
            ofD = (d .> three) .| (d .!= d)
            maximum = three.replacing(with: d, where: ofD)
        }

        /// Each number at the place of its window's maximum, and zeros elsewhere.
        @inline(__always) func places(of numbers: SIMD4<Float>) -> (upper: SIMD8<Float>, lower: SIMD8<Float>) {
            // What the last place does not take is left for the one before, and so on.
            let ofThree = numbers.replacing(with: 0, where: ofD)
            let ofTwo = ofThree.replacing(with: 0, where: ofC)
            var (upper, lower) = (SIMD8<Float>(), SIMD8<Float>())
            upper.evenHalf = ofTwo.replacing(with: 0, where: ofB)
            upper.oddHalf = ofTwo.replacing(with: 0, where: .!ofB)
            lower.evenHalf = ofThree.replacing(with: 0, where: .!ofC)
            lower.oddHalf = numbers.replacing(with: 0, where: .!ofD)
            return (upper, lower)
        }
    }
}

// Positions are of numbers; each is held to lie within the span.

extension RawSpan {
    @inline(__always) fileprivate func four(at place: Int) -> SIMD4<Float> {
        unsafe unsafeLoadUnaligned(fromByteOffset: 4 * place, as: SIMD4<Float>.self)
    }
    @inline(__always) fileprivate func eight(at place: Int) -> SIMD8<Float> {
        unsafe unsafeLoadUnaligned(fromByteOffset: 4 * place, as: SIMD8<Float>.self)
    }
}

extension MutableRawSpan {
    @inline(__always) fileprivate mutating func store(_ numbers: SIMD4<Float>, at place: Int) {
        storeBytes(of: numbers, toByteOffset: 4 * place, as: SIMD4<Float>.self)
    }
    @inline(__always) fileprivate mutating func store(_ numbers: SIMD8<Float>, at place: Int) {
        storeBytes(of: numbers, toByteOffset: 4 * place, as: SIMD8<Float>.self)
    }
}
