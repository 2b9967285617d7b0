/// The maximum under windows that slide over each channel: what its layers have in common.
///
/// x is (N, C, size…) or (C, size…) and y the same with the windows' positions as its last dimensions. Padding never
/// wins. The gradient goes to the first of equal maxima; a NaN counts as larger than anything, and the last NaN gets
/// the gradient, as in PyTorch.
protocol MaxPooling: Layer {
    /// The dimensions that windows slide over.
    static var dimensions: Int { get }
    var windows: PoolingWindows { get }
}

extension MaxPooling {
    static var fields: [Field] {
        [
            PoolingWindows.kernel(dimensions),
            PoolingWindows.stride(dimensions),
            PoolingWindows.padding(dimensions, of: "that never win"),
            PoolingWindows.dilation(dimensions),
            PoolingWindows.ceiling,
        ]
    }
    static var shapeRule: String { PoolingWindows.shapeRule }

    func shape(of operands: inout OperandShapes) -> Shape? { windows.shape(of: &operands) }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim >= input.rank - Self.dimensions ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        // The place of every maximum is kept, a whole word each.
        let windows = windows.windows(over: operands[0])
        let area = windows.reduce(1.0) { $0 * Double(min($1.taps, $1.input)) }
        return Work(operations: area * Double(output.count), scratch: 2 * Double(output.count))
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let windows = windows.windows(over: x.shape)
        let shape = Shape(x.shape.dimensions.dropLast(windows.count) + windows.map(\.output))
        if let pairs = pairs(x.shape, windows), let evaluation = S.pool(pairs, x, to: shape) { return evaluation }
        return poolMaxima(x, under: windows, to: shape)
    }

    private func pairs(_ x: Shape, _ windows: [SlidingWindow]) -> PairPooling? {
        guard windows.count == 2 else { return nil }
        let planes = x.count / (windows[0].input * windows[1].input)
        return PairPooling(planes: planes, rows: windows[0], columns: windows[1])
    }
}

/// Evaluates max pooling over the last dimensions of `x`.
func poolMaxima<S: Scalar>(_ x: Tensor<S>, under windows: [SlidingWindow], to shape: Shape) -> Evaluation<S> {
    let columns = windows[windows.count - 1]
    let rows = windows.count > 1 ? windows[0] : .none
    let (height, width) = (rows.input, columns.input)
    let reached = (0..<columns.output).map { column in
        let taps = columns.taps(at: column)
        return (start: columns.start(at: column) + taps.lowerBound * columns.dilation, count: taps.count)
    }
    var maxima = [S](repeating: S(-Double.infinity), count: shape.count)
    var places = [Int](repeating: -1, count: shape.count)
    do {
        let xs = x.elements.span
        var best = maxima.mutableSpan
        var chosen = places.mutableSpan
        var line = 0
        for plane in 0..<shape.count / (rows.output * columns.output) {
            for row in 0..<rows.output {
                let tall = rows.taps(at: row)
                for i in tall {
                    let start = (plane * height + rows.start(at: row) + i * rows.dilation) * width
                    for (column, taps) in reached.enumerated() where taps.count > 0 {
                        var position = start + taps.start
                        let isFirst = i == tall.lowerBound
                        var largest = isFirst ? xs[position] : best[line + column]
                        var place = isFirst ? position : chosen[line + column]
                        for _ in 0..<taps.count {
                            let candidate = xs[position]
                            // Choices, not a branch that could not be foreseen; a NaN differs from itself.
                            let wins = candidate > largest
                            largest = wins ? candidate : largest
                            place = wins ? position : place
                            if candidate != candidate { (largest, place) = (candidate, position) }
                            // The step after the last one leads nowhere, perhaps beyond all integers.
                            position &+= columns.dilation
                        }
                        best[line + column] = largest
                        chosen[line + column] = place
                    }
                }
                line += columns.output
            }
        }
    }
    return Evaluation(Tensor(shape: shape, elements: maxima)) { [places] cotangent, _ in
        var gradient = [S](repeating: .zero, count: x.count)
        let (gs, from) = (cotangent.elements.span, places.span)
        var dx = gradient.mutableSpan
        // A window may lie between two dilated places of a short input and cover nothing.
        for i in 0..<gs.count where from[i] >= 0 { dx[from[i]] += gs[i] }
        return [Tensor(shape: x.shape, elements: gradient)]
    }
}

/// The largest under each window over the last dimension (PyTorch's `max_pool1d`); see ``MaxPooling``.
struct MaxPool1d: MaxPooling {
    static let type = "max_pool1d"
    static let summary = "The largest entry under each window over the last dimension."
    static let dimensions = 1
    static let formula = "y_{n,c,u} = \\max_k x_{n,c,\\,s u + d k - p}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{n,c,i} = \\sum_{u:\\ i = i^*(u)} g_{n,c,u},\\quad "
                + "i^*(u) = \\text{first place of the maximum}",
            matrix: "\\partial C/\\partial x = P^\\top g,\\quad P_{u,i} = [i = i^*(u)]"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 7)], fields: ["kernel_size": .integers([2])]),
        LayerExample(
            [.sample(2, 8)],
            fields: [
                "kernel_size": .integers([3]), "stride": .integers([2]), "padding": .integers([2]),
                "dilation": .integers([2]), "ceil_mode": .flag(true),
            ]
        ),
        LayerExample(
            [.sample(1, 3, 5)],
            fields: ["kernel_size": .integers([4]), "stride": .integers([1]), "padding": .integers([1])]
        ),
    ]
    let windows: PoolingWindows
    init(_ fields: FieldValues) { windows = PoolingWindows(fields, dimensions: Self.dimensions) }
}

/// The largest under each window over height and width (PyTorch's `max_pool2d`); see ``MaxPooling``.
struct MaxPool2d: MaxPooling {
    static let type = "max_pool2d"
    static let summary = "The largest entry under each window over images."
    static let dimensions = 2
    static let formula =
        "y_{n,c,u,v} = \\max_{k,l} x_{n,c,\\,s_1 u + d_1 k - p_1,\\,s_2 v + d_2 l - p_2}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{n,c,i,j} = \\sum_{u,v:\\ (i,j) = m(u,v)} g_{n,c,u,v},\\quad "
                + "m(u,v) = \\text{first place of the maximum}",
            matrix: "\\partial C/\\partial x = P^\\top g,\\quad P_{(u,v),(i,j)} = [(i,j) = m(u,v)]"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 4, 5)], fields: ["kernel_size": .integers([2])]),
        LayerExample(
            [.sample(2, 5, 6)],
            fields: [
                "kernel_size": .integers([3, 2]), "stride": .integers([2, 3]), "padding": .integers([1, 1]),
                "dilation": .integers([1, 2]), "ceil_mode": .flag(true),
            ]
        ),
        LayerExample(
            [.sample(1, 2, 4, 3)],
            fields: ["kernel_size": .integers([3, 2]), "stride": .integers([1]), "padding": .integers([1, 0])]
        ),
    ]
    let windows: PoolingWindows
    init(_ fields: FieldValues) { windows = PoolingWindows(fields, dimensions: Self.dimensions) }
}
