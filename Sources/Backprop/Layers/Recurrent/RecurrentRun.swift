/// The run of a recurrent layer over a sequence, forward and backward; step by step, all samples at once.
///
/// Inside, sequences are time-major, (T, N, …), so that a step is one matrix.
struct RecurrentRun<Cell: Recurrent>: Sendable {
    private let cell: Cell
    let step: RecurrentStep
    private let times: Int
    private let inner: Int

    /// What the pullback needs of the forward run.
    struct Pass<S: Scalar> {
        /// The input, (T, N, in).
        fileprivate var inputs: [S]
        /// What the cell keeps of each step, (T, saved, N, H).
        fileprivate var saved: [S]
        /// The hidden states, (T, N, H).
        fileprivate(set) var hidden: [S]
    }

    /// The run of `layer`, with H = `width`, over an input of shape `x`.
    init(layer: Cell, x: Shape, width: Int) {
        cell = layer
        times = x[x.rank - 2]
        inner = x[x.rank - 1]
        step = RecurrentStep(samples: x.rank == 3 ? x[0] : 1, width: width, gates: Cell.gates)
    }

    /// The gates' columns.
    private var columns: Int { step.gates * step.width }
    /// The elements of one step's gates.
    private var gatesSize: Int { step.samples * columns }

    func forward<S: Scalar>(
        _ x: [S],
        _ inputWeight: [S],
        _ stateWeight: [S],
        _ inputBias: [S]?,
        _ stateBias: [S]?
    ) -> Pass<S> {
        let units = step.units
        let inputs = timeMajor(x, inner)
        var a = repeated(inputBias, times * step.samples)
        MatrixProduct(
            rows: times * step.samples,
            columns: columns,
            inner: inner,
            transposesB: true,
            accumulates: true
        )
        .multiply(inputs, inputWeight, into: &a)

        let start = repeated(stateBias, step.samples)
        var b = start
        var states = [S](repeating: .zero, count: Cell.states * units)
        var saved = [S](repeating: .zero, count: times * Cell.saved * units)
        var hidden = [S](repeating: .zero, count: times * units)
        let product = MatrixProduct(
            rows: step.samples,
            columns: columns,
            inner: step.width,
            transposesB: true,
            accumulates: true
        )
        for time in 0..<times {
            b = start
            // The first step comes from zero.
            if time > 0 {
                var sums = b.mutableSpan
                product.multiply(states.span, stateWeight.span, into: &sums)
            }
            var after = states.mutableSpan
            var kept = saved.mutableSpan
            var outputs = hidden.mutableSpan
            var part = kept._mutatingExtracting(time * Cell.saved * units..<(time + 1) * Cell.saved * units)
            let gates = a.span.extracting(time * gatesSize..<(time + 1) * gatesSize)
            cell.advance(step, gates, b.span, states: &after, saved: &part)
            for unit in 0..<units { outputs[time * units + unit] = after[unit] }
        }
        return Pass(inputs: inputs, saved: saved, hidden: hidden)
    }

    /// The cotangents of input, weights and biases, as far as wanted.
    func backward<S: Scalar>(
        _ cotangent: [S],
        _ pass: Pass<S>,
        inputWeight: [S],
        stateWeight: [S],
        _ wanted: Wanted
    ) -> [[S]?] {
        let (a, b) = gateCotangents(timeMajor(cotangent, step.width), pass, stateWeight)
        let stateGates = Cell.addsParts ? a : b
        let rows = times * step.samples
        var gradients = [[S]?](repeating: nil, count: 5)
        if wanted[0] {
            var dx = [S](repeating: .zero, count: rows * inner)
            MatrixProduct(rows: rows, columns: inner, inner: columns).multiply(a, inputWeight, into: &dx)
            gradients[0] = batchMajor(dx, inner)
        }
        if wanted[1] {
            var dw = [S](repeating: .zero, count: columns * inner)
            MatrixProduct(rows: columns, columns: inner, inner: rows, transposesA: true)
                .multiply(a, pass.inputs, into: &dw)
            gradients[1] = dw
        }
        if wanted[2] {
            var dw = [S](repeating: .zero, count: columns * step.width)
            var sums = dw.mutableSpan
            // The state before step t is the output of step t − 1, and before the first it is zero.
            let before = MatrixProduct(
                rows: columns,
                columns: step.width,
                inner: rows - step.samples,
                transposesA: true
            )
            if before.inner > 0 { before.multiply(stateGates.span, aStart: gatesSize, pass.hidden.span, into: &sums) }
            gradients[2] = dw
        }
        if wanted[3] { gradients[3] = columnSums(a, columns: columns) }
        if wanted[4] { gradients[4] = columnSums(stateGates, columns: columns) }
        return gradients
    }

    /// ∂C/∂a and ∂C/∂b for all steps; the latter is empty where it is the same.
    private func gateCotangents<S: Scalar>(_ g: [S], _ pass: Pass<S>, _ stateWeight: [S]) -> (a: [S], b: [S]) {
        let units = step.units
        var all = [S](repeating: .zero, count: times * gatesSize)
        var allB = [S](repeating: .zero, count: Cell.addsParts ? 0 : times * gatesSize)
        var one = [S](repeating: .zero, count: gatesSize)
        var states = [S](repeating: .zero, count: Cell.states * units)
        let product = MatrixProduct(rows: step.samples, columns: step.width, inner: columns, accumulates: true)
        for time in (0..<times).reversed() {
            do {
                let outputs = g.span
                var reached = states.mutableSpan
                var sums = all.mutableSpan
                var b = one.mutableSpan
                for unit in 0..<units { reached[unit] += outputs[time * units + unit] }
                let kept = pass.saved.span.extracting(time * Cell.saved * units..<(time + 1) * Cell.saved * units)
                var a = sums._mutatingExtracting(time * gatesSize..<(time + 1) * gatesSize)
                cell.pull(step, kept, states: &reached, a: &a, b: &b)
            }
            var before = states.mutableSpan
            if time > 0 { product.multiply(one.span, stateWeight.span, into: &before) }
            if !Cell.addsParts {
                for gate in 0..<gatesSize { allB[time * gatesSize + gate] = one[gate] }
            }
        }
        return (all, allB)
    }

    // MARK: Layout

    /// (N, T, width) as (T, N, width).
    private func timeMajor<S: Scalar>(_ elements: [S], _ width: Int) -> [S] {
        swapped(elements, step.samples, times, width)
    }

    /// (T, N, width) as (N, T, width).
    func batchMajor<S: Scalar>(_ elements: [S], _ width: Int) -> [S] {
        swapped(elements, times, step.samples, width)
    }

    private func swapped<S: Scalar>(_ elements: [S], _ outer: Int, _ middle: Int, _ width: Int) -> [S] {
        if outer == 1 || middle == 1 { return elements }
        let x = elements.span
        return [S](capacity: x.count) { out in
            for j in 0..<middle {
                for i in 0..<outer {
                    let start = (i * middle + j) * width
                    for k in start..<start + width { out.append(x[k]) }
                }
            }
        }
    }

    /// `count` rows of the bias, or of zeros.
    private func repeated<S: Scalar>(_ bias: [S]?, _ count: Int) -> [S] {
        guard let bias else { return [S](repeating: .zero, count: count * columns) }
        let b = bias.span
        return [S](capacity: count * columns) { out in
            for _ in 0..<count { for column in 0..<columns { out.append(b[column]) } }
        }
    }
}
