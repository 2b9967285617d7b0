/// What lies under windows that slide over the dimensions of a tensor (N, channels, depth, height, width), seen as the
/// columns of a matrix (known as im2col).
///
/// A column is one position of the windows, its rows the channels of one group and the windows' taps. Fewer than three
/// dimensions are three of which the first have length 1.
struct Patches: Sendable {
    /// The channels of one group.
    let channels: Int
    /// How many groups the tensor's channels fall into.
    let groups: Int
    private let depth: SlidingWindow
    private let height: SlidingWindow
    private let width: SlidingWindow

    init(channels: Int, groups: Int, windows: [SlidingWindow]) {
        self.channels = channels
        self.groups = groups
        let missing = [SlidingWindow](repeating: .none, count: 3 - windows.count)
        let all = missing + windows
        (depth, height, width) = (all[0], all[1], all[2])
    }

    /// The taps of one channel.
    var taps: Int { depth.taps * height.taps * width.taps }
    /// The rows of the matrix.
    var rows: Int { channels * taps }
    /// The positions of the windows over one sample.
    var positions: Int { depth.output * height.output * width.output }
    /// The elements of one channel of one sample.
    var channelSize: Int { depth.input * height.input * width.input }
    /// The elements of one sample.
    var sampleSize: Int { groups * channels * channelSize }

    /// Writes the given columns of one group of `x` to `matrix`, which holds nothing else; what lies in the padding
    /// is 0.
    ///
    /// Columns count over positions first and then over samples.
    func unfold<S: Scalar>(_ x: Span<S>, group: Int, columns: Range<Int>, into matrix: inout MutableSpan<S>) {
        forEachRun(group: group, columns: columns) { run in
            var target = matrix._mutatingExtracting(run.start..<run.end)
            let last = run.skipped + run.count
            for i in 0..<run.skipped { target[i] = .zero }
            if run.step == 1 {
                let source = x.extracting(run.element..<run.element + run.count)
                for i in source.indices { target[run.skipped + i] = source[i] }
            } else {
                for i in 0..<run.count { target[run.skipped + i] = x[run.element + i * run.step] }
            }
            for i in last..<target.count { target[i] = .zero }
        }
    }

    /// The transpose of `unfold`: adds each entry of `matrix` to the element of `x` that it would come from.
    func fold<S: Scalar>(_ matrix: Span<S>, group: Int, columns: Range<Int>, into x: inout MutableSpan<S>) {
        forEachRun(group: group, columns: columns) { run in
            let part = matrix.extracting(run.start + run.skipped..<run.start + run.skipped + run.count)
            if run.step == 1 {
                var target = x._mutatingExtracting(run.element..<run.element + run.count)
                for i in part.indices { target[i] += part[i] }
            } else {
                for i in part.indices { x[run.element + i * run.step] += part[i] }
            }
        }
    }

    /// Entries of one row of the matrix that come from neighbouring windows.
    private struct Run {
        /// The first entry's position in the matrix.
        let start: Int
        /// The position after the last entry.
        let end: Int
        /// How many entries at the start lie in the padding.
        let skipped: Int
        /// How many entries after those lie in the tensor; the rest is padding again.
        let count: Int
        /// The position in the tensor of the first entry that lies in it.
        let element: Int
        /// The distance between neighbours in the tensor.
        let step: Int
    }

    /// Windows that differ in the last dimension alone.
    private struct Line {
        /// The position in the tensor of the group's first element of the sample.
        let sample: Int
        /// Where tap 0 stands.
        let depth: Int
        let height: Int
        /// The positions in the last dimension.
        let outputs: Range<Int>
        /// The first position's column, counted from the first one asked for.
        let column: Int
    }

    private func lines(group: Int, columns: Range<Int>) -> [Line] {
        var lines: [Line] = []
        var next = columns.lowerBound
        while next < columns.upperBound {
            let (rest, w) = next.quotientAndRemainder(dividingBy: width.output)
            let (block, h) = rest.quotientAndRemainder(dividingBy: height.output)
            let (sample, d) = block.quotientAndRemainder(dividingBy: depth.output)
            let count = min(width.output - w, columns.upperBound - next)
            lines.append(
                Line(
                    sample: sample * sampleSize + group * channels * channelSize,
                    depth: depth.start(at: d),
                    height: height.start(at: h),
                    outputs: w..<w + count,
                    column: next - columns.lowerBound
                )
            )
            next += count
        }
        return lines
    }

    @inline(__always) private func forEachRun(group: Int, columns: Range<Int>, _ body: (Run) -> Void) {
        let lines = lines(group: group, columns: columns)
        let reached = (0..<width.taps).map(width.outputs)
        var row = 0
        for channel in 0..<channels {
            for d in 0..<depth.taps {
                for h in 0..<height.taps {
                    for line in lines {
                        let z = line.depth + d * depth.dilation
                        let y = line.height + h * height.dilation
                        let isInside = z >= 0 && z < depth.input && y >= 0 && y < height.input
                        let offset =
                            isInside ? line.sample + ((channel * depth.input + z) * height.input + y) * width.input : 0
                        var start = row + line.column
                        for w in 0..<width.taps {
                            let inside = line.outputs.clamped(to: isInside ? reached[w] : 0..<0)
                            let first = width.start(at: inside.lowerBound) + w * width.dilation
                            body(
                                Run(
                                    start: start,
                                    end: start + line.outputs.count,
                                    skipped: inside.isEmpty ? 0 : inside.lowerBound - line.outputs.lowerBound,
                                    count: inside.count,
                                    element: inside.isEmpty ? 0 : offset + first,
                                    step: width.stride
                                )
                            )
                            start += columns.count
                        }
                    }
                    row += width.taps * columns.count
                }
            }
        }
    }
}
