/// The three products that convolutions and their gradients consist of.
///
/// A weight W of shape (groups · filters, channels, taps…) relates a wide tensor (N, groups · channels, size…), over
/// which windows slide, to a narrow one (N, groups · filters, positions…). The convolution takes wide to narrow and
/// its gradient narrow to wide; a transposed convolution is the same the other way round.
///
/// Columns of patches are made for so many positions at a time as fit a small buffer, across samples.
struct ConvolutionCore: Sendable {
    private let samples: Int
    /// The narrow tensor's channels of one group.
    private let filters: Int
    private let patches: Patches
    /// The columns in one block.
    private let block: Int

    init(samples: Int, filters: Int, patches: Patches) {
        self.samples = samples
        self.filters = filters
        self.patches = patches
        let fitting = Self.bufferSize / max(patches.rows, filters)
        // Of whole lines, if one fits.
        let lines = fitting / patches.lineLength * patches.lineLength
        block = max(1, min(samples * patches.positions, lines > 0 ? lines : fitting))
    }

    /// The most elements of a buffer, which then stays in the processor's cache; more only if one column has more.
    private static let bufferSize = 1 << 16

    /// Multiply-adds of each of the three products.
    var operations: Double {
        Double(samples) * Double(patches.positions) * Double(patches.groups) * Double(filters) * Double(patches.rows)
    }

    /// The elements of the two buffers, and as many again where duals are taken apart, the weight among them.
    var scratch: Double {
        let (rows, filters) = (Double(patches.rows), Double(filters))
        return 2 * Double(block) * (rows + filters) + rows * filters
    }

    /// narrow = W · unfold(wide), plus a number for each of its channels.
    func narrow<S: Scalar>(_ weight: Tensor<S>, wide: Tensor<S>, bias: Tensor<S>? = nil) -> [S] {
        let bias = bias?.elements ?? [S](repeating: .zero, count: patches.groups * filters)
        var narrow = [S].unwritten(samples * patches.groups * filters * patches.positions)
        var columns = [S].unwritten(block * patches.rows)
        var rows = [S].unwritten(block * filters)
        let (w, x, b) = (weight.elements.span, wide.elements.span, bias.span)
        var y = narrow.mutableSpan
        forEachBlock { group, positions in
            let count = positions.count
            var unfolded = columns.mutableSpan
            patches.unfold(x, group: group, columns: positions, into: &unfolded)
            do {
                var product = rows.mutableSpan
                MatrixProduct(rows: filters, columns: count, inner: patches.rows)
                    .multiply(w, aStart: group * filters * patches.rows, columns.span, into: &product)
            }
            forEachRun(group: group, positions) { filter, row, start in
                let number = b[group * filters + filter]
                let source = rows.span.extracting(row)
                var target = y._mutatingExtracting(start..<start + row.count)
                for i in 0..<row.count { target[i] = source[i] + number }
            }
        }
        return narrow
    }

    /// wide = fold(Wᵀ · narrow).
    func wide<S: Scalar>(_ weight: Tensor<S>, narrow: Tensor<S>) -> [S] {
        var wide = [S](repeating: .zero, count: samples * patches.sampleSize)
        var columns = [S].unwritten(block * patches.rows)
        var rows = [S].unwritten(block * filters)
        let (w, y) = (weight.elements.span, narrow.elements.span)
        var x = wide.mutableSpan
        forEachBlock { group, positions in
            gather(y, group: group, positions, into: &rows)
            var product = columns.mutableSpan
            MatrixProduct(rows: patches.rows, columns: positions.count, inner: filters, transposesA: true)
                .multiply(w, aStart: group * filters * patches.rows, rows.span, into: &product)
            patches.fold(columns.span, group: group, columns: positions, into: &x)
        }
        return wide
    }

    /// The weight's gradient, narrow · unfold(wide)ᵀ.
    func weight<S: Scalar>(wide: Tensor<S>, narrow: Tensor<S>) -> [S] {
        var weight = [S](repeating: .zero, count: patches.groups * filters * patches.rows)
        var columns = [S].unwritten(block * patches.rows)
        var rows = [S].unwritten(block * filters)
        let (x, y) = (wide.elements.span, narrow.elements.span)
        var w = weight.mutableSpan
        forEachBlock { group, positions in
            gather(y, group: group, positions, into: &rows)
            var unfolded = columns.mutableSpan
            patches.unfold(x, group: group, columns: positions, into: &unfolded)
            MatrixProduct(
                rows: filters,
                columns: patches.rows,
                inner: positions.count,
                transposesB: true,
                accumulates: true
            )
            .multiply(rows.span, columns.span, into: &w, cStart: group * filters * patches.rows)
        }
        return weight
    }

    /// Calls `body` for each group and block of columns.
    @inline(__always) private func forEachBlock(_ body: (_ group: Int, _ positions: Range<Int>) -> Void) {
        let total = samples * patches.positions
        for start in stride(from: 0, to: total, by: block) {
            for group in 0..<patches.groups { body(group, start..<min(start + block, total)) }
        }
    }

    /// Copies the columns of one group of the narrow tensor to `rows`, a matrix of `filters` rows.
    private func gather<S: Scalar>(_ y: Span<S>, group: Int, _ positions: Range<Int>, into rows: inout [S]) {
        var target = rows.mutableSpan
        forEachRun(group: group, positions) { _, row, start in
            target.copy(.one(row.count, at: row.lowerBound), from: y, .one(row.count, at: start))
        }
    }

    /// Calls `body` for each run of neighbours with its filter, its place in the matrix and its start in the narrow
    /// tensor.
    @inline(__always) private func forEachRun(
        group: Int,
        _ positions: Range<Int>,
        _ body: (_ filter: Int, _ row: Range<Int>, _ start: Int) -> Void
    ) {
        var next = positions.lowerBound
        while next < positions.upperBound {
            let (sample, position) = next.quotientAndRemainder(dividingBy: patches.positions)
            let length = min(patches.positions - position, positions.upperBound - next)
            for filter in 0..<filters {
                let channel = (sample * patches.groups + group) * filters + filter
                let row = filter * positions.count + next - positions.lowerBound
                body(filter, row..<row + length, channel * patches.positions + position)
            }
            next += length
        }
    }
}
