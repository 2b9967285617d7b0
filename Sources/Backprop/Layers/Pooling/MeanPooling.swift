/// Rectangles over a plane, each with a number that the sum under it is divided by.
///
/// They are the products of ranges of rows and ranges of columns.
struct MeanPooling: Sendable {
    /// A range of rows or columns under a window.
    struct Stretch: Sendable {
        /// What of it lies in the input; never empty.
        let range: Range<Int>
        /// The length that it counts with, padding perhaps included: a real number, since a product of two may be
        /// larger than any integer.
        let length: Double
    }

    private let height: Int
    private let width: Int
    private let rows: [Stretch]
    private let columns: [Stretch]
    /// Divides instead of the area.
    private let divisor: Double?

    init(height: Int, width: Int, rows: [Stretch], columns: [Stretch], divisor: Double? = nil) {
        self.height = height
        self.width = width
        self.rows = rows
        self.columns = columns
        self.divisor = divisor
    }

    /// The entries that are added up for one plane.
    var operations: Double {
        func covered(_ stretches: [Stretch]) -> Double { stretches.reduce(0) { $0 + Double($1.range.count) } }
        return covered(rows) * covered(columns)
    }

    /// The elements of one plane.
    var planeSize: Int { height * width }

    /// Evaluates the layer on `x`, giving the output's shape.
    func evaluate<S: Scalar>(_ x: Tensor<S>, to shape: Shape) -> Evaluation<S> {
        let planes = x.count / planeSize
        let xs = x.elements.span
        let means = [S](capacity: shape.count) { out in
            for plane in 0..<planes {
                for tall in rows {
                    for wide in columns {
                        var sum: S = .zero
                        for row in tall.range {
                            let line = (plane * height + row) * width
                            for column in wide.range { sum += xs[line + column] }
                        }
                        out.append(sum / S(divisor ?? tall.length * wide.length))
                    }
                }
            }
        }
        return Evaluation(Tensor(shape: shape, elements: means)) { cotangent, _ in
            var gradient = [S](repeating: .zero, count: x.count)
            let gs = cotangent.elements.span
            var dx = gradient.mutableSpan
            var position = 0
            for plane in 0..<planes {
                for tall in rows {
                    for wide in columns {
                        let share = gs[position] / S(divisor ?? tall.length * wide.length)
                        position += 1
                        for row in tall.range {
                            let line = (plane * height + row) * width
                            for column in wide.range { dx[line + column] += share }
                        }
                    }
                }
            }
            return [Tensor(shape: x.shape, elements: gradient)]
        }
    }
}

extension SlidingWindow {
    /// What each window covers: in the input, and with what length it counts.
    func stretches(countingPadding: Bool) -> [MeanPooling.Stretch] {
        (0..<output).map { index in
            let start = start(at: index)
            // Beyond the right padding there is nothing; written so that no sum can overflow.
            let covered = min(taps, input + before - start)
            let reached = taps(at: index)
            let range = start + reached.lowerBound..<start + reached.upperBound
            return MeanPooling.Stretch(range: range, length: Double(countingPadding ? covered : range.count))
        }
    }
}
