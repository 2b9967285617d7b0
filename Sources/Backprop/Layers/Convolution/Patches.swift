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

    /// The positions that differ in the last dimension alone.
    var lineLength: Int { width.output }

    /// Writes the given columns of one group of `x` to `matrix`, which holds nothing else; what lies in the padding
    /// is 0.
    ///
    /// Columns count over positions first and then over samples.
    func unfold<S: Scalar>(_ x: Span<S>, group: Int, columns: Range<Int>, into matrix: inout MutableSpan<S>) {
        forEachView(group: group, columns: columns) { view in
            if view.isPadded { matrix.clear(view.whole) }
            if width.stride == 1 {
                matrix.copy(view.inMatrix, from: x, view.inTensor)
            } else {
                view.forEach { place, element in matrix[place] = x[element] }
            }
        }
    }

    /// The transpose of `unfold`: adds each entry of `matrix` to the element of `x` that it would come from.
    func fold<S: Scalar>(_ matrix: Span<S>, group: Int, columns: Range<Int>, into x: inout MutableSpan<S>) {
        forEachView(group: group, columns: columns) { view in
            if width.stride == 1 {
                S.add(view.inMatrix, of: matrix, to: &x, view.inTensor)
            } else {
                view.forEach { place, element in x[element] += matrix[place] }
            }
        }
    }

    /// Windows of one sample that differ in the last two dimensions alone: a rectangle of them.
    private struct Sheet {
        /// The position in the tensor of the group's first element of the sample.
        let sample: Int
        /// Where tap 0 stands.
        let depth: Int
        /// The positions in the last two dimensions.
        let rows: Range<Int>
        let columns: Range<Int>
        /// The first position's column of the matrix, counted from the first one asked for.
        let column: Int
    }

    /// What one tap sees of a sheet: the part that lies in the tensor, there and in the matrix.
    private struct View {
        /// Where the sheet stands in the tap's row of the matrix.
        let whole: Range<Int>
        let inMatrix: Runs
        let inTensor: Runs
        /// The distance between neighbours in the tensor.
        let step: Int

        /// Whether the tap sees padding as well.
        var isPadded: Bool { inMatrix.count * inMatrix.length < whole.count }

        /// Calls `body` for each window with its place in the matrix and the position of what is seen in the tensor.
        @inline(__always) func forEach(_ body: (_ place: Int, _ element: Int) -> Void) {
            for run in 0..<inMatrix.count {
                let (place, element) = (inMatrix.start(of: run), inTensor.start(of: run))
                for i in 0..<inMatrix.length { body(place + i, element + i * step) }
            }
        }
    }

    /// The windows of some columns: as many whole lines at a time as one sample has, or a part of one line.
    private func sheets(group: Int, columns: Range<Int>) -> [Sheet] {
        var sheets: [Sheet] = []
        var next = columns.lowerBound
        while next < columns.upperBound {
            let (rest, w) = next.quotientAndRemainder(dividingBy: width.output)
            let (block, h) = rest.quotientAndRemainder(dividingBy: height.output)
            let (sample, d) = block.quotientAndRemainder(dividingBy: depth.output)
            let left = columns.upperBound - next
            let lines = w == 0 ? max(1, min(height.output - h, left / width.output)) : 1
            let length = min(width.output - w, left)
            sheets.append(
                Sheet(
                    sample: sample * sampleSize + group * channels * channelSize,
                    depth: depth.start(at: d),
                    rows: h..<h + lines,
                    columns: w..<w + length,
                    column: next - columns.lowerBound
                )
            )
            next += lines * length
        }
        return sheets
    }

    /// Calls `body` for each row of the matrix, which is a channel and a tap, with what it sees of each sheet.
    @inline(__always) private func forEachView(group: Int, columns: Range<Int>, _ body: (View) -> Void) {
        let sheets = sheets(group: group, columns: columns)
        let reached = (0..<width.taps).map(width.outputs)
        var start = 0
        for channel in 0..<channels {
            for d in 0..<depth.taps {
                for h in 0..<height.taps {
                    let tall = height.outputs(at: h)
                    for w in 0..<width.taps {
                        for sheet in sheets {
                            let z = sheet.depth + d * depth.dilation
                            let isInside = z >= 0 && z < depth.input
                            let rows = sheet.rows.clamped(to: isInside ? tall : 0..<0)
                            let columns = sheet.columns.clamped(to: reached[w])
                            body(view(of: sheet, start, rows, columns, channel * depth.input + z, h, w))
                        }
                        start += columns.count
                    }
                }
            }
        }
    }

    /// What tap (`h`, `w`) sees of a sheet in a plane of the tensor, of which the given windows lie in it.
    @inline(__always) private func view(
        of sheet: Sheet,
        _ start: Int,
        _ rows: Range<Int>,
        _ columns: Range<Int>,
        _ plane: Int,
        _ h: Int,
        _ w: Int
    ) -> View {
        let first = start + sheet.column
        let length = sheet.columns.count
        let whole = first..<first + sheet.rows.count * length
        guard !rows.isEmpty && !columns.isEmpty else {
            return View(whole: whole, inMatrix: .none, inTensor: .none, step: width.stride)
        }
        let (skipped, indent) = (rows.lowerBound - sheet.rows.lowerBound, columns.lowerBound - sheet.columns.lowerBound)
        let y = height.start(at: rows.lowerBound) + h * height.dilation
        let x = width.start(at: columns.lowerBound) + w * width.dilation
        let element = sheet.sample + (plane * height.input + y) * width.input + x
        let (count, part) = (rows.count, columns.count)
        // A stride between rows that are not there may be as large as any integer.
        let distance = count > 1 ? height.stride * width.input : 0
        return View(
            whole: whole,
            inMatrix: Runs(start: first + skipped * length + indent, length: part, count: count, distance: length),
            inTensor: Runs(start: element, length: part, count: count, distance: distance),
            step: width.stride
        )
    }
}
