/// The mean under windows that slide over each channel: what its layers have in common.
///
/// x is (N, C, size…) or (C, size…) and y the same with the windows' positions as its last dimensions. The sum of what
/// a window covers is divided by its size R within the padded input, or within the input alone where padding does not
/// count; each entry of x gets g / R from every window over it.
protocol AveragePooling: Layer {
    /// The dimensions that windows slide over.
    static var dimensions: Int { get }
    var windows: PoolingWindows { get }
    /// Whether padding counts as zeros.
    var countsPadding: Bool { get }
    /// What divides the sums in place of the windows' sizes.
    var divisor: Double? { get }
}

extension AveragePooling {
    static var windowFields: [Field] {
        [
            PoolingWindows.kernel(dimensions),
            PoolingWindows.stride(dimensions),
            PoolingWindows.padding(dimensions, of: "of value 0"),
            PoolingWindows.ceiling,
            .optional(
                "count_include_pad",
                .flag,
                standard: .flag(true),
                "Whether padding counts in the number that the sum is divided by."
            ),
        ]
    }
    static var shapeRule: String { PoolingWindows.shapeRule }

    var divisor: Double? { nil }

    func shape(of operands: inout OperandShapes) -> Shape? { windows.shape(of: &operands) }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim >= input.rank - Self.dimensions ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(over: operands[0])
        // The stretches are two words or three for each row and column of the output.
        let stretches = output.dimensions.suffix(Self.dimensions).reduce(0.0) { $0 + Double($1) }
        return Work(
            operations: Double(operands[0].count / core.planeSize) * core.operations,
            scratch: 3 * stretches
        )
    }

    private func core(over x: Shape) -> MeanPooling {
        let windows = windows.windows(over: x)
        let columns = windows[windows.count - 1]
        let rows = windows.count > 1 ? windows[0] : .none
        return MeanPooling(
            height: rows.input,
            width: columns.input,
            rows: rows.stretches(countingPadding: countsPadding),
            columns: columns.stretches(countingPadding: countsPadding),
            divisor: divisor
        )
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let lead = x.shape.dimensions.dropLast(Self.dimensions)
        let shape = Shape(lead + windows.windows(over: x.shape).map(\.output))
        return core(over: x.shape).evaluate(x, to: shape)
    }
}

/// The mean under each window over the last dimension (PyTorch's `avg_pool1d`); see ``AveragePooling``.
struct AvgPool1d: AveragePooling {
    static let type = "avg_pool1d"
    static let summary = "The mean under each window over the last dimension."
    static let dimensions = 1
    static let fields = windowFields
    static let formula =
        "y_{n,c,u} = \\frac{1}{R_u} \\sum_k x_{n,c,\\,s u + k - p},\\quad x = 0 \\text{ in the padding}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{n,c,i} = \\sum_{u,k:\\ s u + k - p = i} g_{n,c,u} / R_u",
            matrix: "\\partial C/\\partial x = A^\\top g,\\quad A_{u,i} = [\\text{window } u \\text{ covers } i] / R_u"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 7)], fields: ["kernel_size": .integers([2])]),
        LayerExample(
            [.sample(2, 6)],
            fields: [
                "kernel_size": .integers([3]), "stride": .integers([2]), "padding": .integers([1]),
                "ceil_mode": .flag(true),
            ]
        ),
        LayerExample(
            [.sample(1, 3, 5)],
            fields: [
                "kernel_size": .integers([4]), "stride": .integers([3]), "padding": .integers([2]),
                "count_include_pad": .flag(false),
            ]
        ),
    ]
    let windows: PoolingWindows
    let countsPadding: Bool
    init(_ fields: FieldValues) {
        windows = PoolingWindows(fields, dimensions: Self.dimensions)
        countsPadding = fields.flag("count_include_pad")
    }
}

/// The mean under each window over height and width (PyTorch's `avg_pool2d`); see ``AveragePooling``.
struct AvgPool2d: AveragePooling {
    static let type = "avg_pool2d"
    static let summary = "The mean under each window over images."
    static let dimensions = 2
    static let fields =
        windowFields + [
            .optional(
                "divisor_override",
                .integer(minimum: .min),
                "What the sums are divided by in place of the window's size; not 0."
            )
        ]
    static let formula =
        "y_{n,c,u,v} = \\frac{1}{R_{u,v}} \\sum_{k,l} x_{n,c,\\,s_1 u + k - p_1,\\,s_2 v + l - p_2},"
        + "\\quad x = 0 \\text{ in the padding}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{n,c,i,j} = "
                + "\\sum_{u,v,k,l:\\ s_1 u + k - p_1 = i,\\ s_2 v + l - p_2 = j} g_{n,c,u,v} / R_{u,v}",
            matrix: "\\partial C/\\partial x = A^\\top g,\\quad "
                + "A_{(u,v),(i,j)} = [\\text{window } (u,v) \\text{ covers } (i,j)] / R_{u,v}"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 4, 5)], fields: ["kernel_size": .integers([2])]),
        LayerExample(
            [.sample(2, 5, 6)],
            fields: [
                "kernel_size": .integers([3, 2]), "stride": .integers([2, 3]), "padding": .integers([1, 1]),
                "ceil_mode": .flag(true),
            ]
        ),
        LayerExample(
            [.sample(1, 2, 4, 3)],
            fields: [
                "kernel_size": .integers([3, 2]), "stride": .integers([1]), "padding": .integers([1, 1]),
                "count_include_pad": .flag(false),
            ]
        ),
        LayerExample(
            [.sample(1, 3, 4)],
            fields: [
                "kernel_size": .integers([2]), "padding": .integers([1]), "divisor_override": .integers([-3]),
            ]
        ),
    ]
    let windows: PoolingWindows
    let countsPadding: Bool
    let divisor: Double?
    init(_ fields: FieldValues) {
        windows = PoolingWindows(fields, dimensions: Self.dimensions)
        countsPadding = fields.flag("count_include_pad")
        divisor = fields.optionalInteger("divisor_override").map { Double($0) }
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        if divisor == 0 { operands.fault("divisor_override", "divisor_override must not be 0") }
        return windows.shape(of: &operands)
    }
}

/// The means of as many equal parts of each image as the output has entries (PyTorch's `adaptive_avg_pool2d`).
///
/// x is (N, C, H, W) or (C, H, W), and y has the height and width of `output_size`. Output row u of U covers the rows
/// ⌊u H / U⌋ to ⌈(u + 1) H / U⌉ − 1, columns likewise, so that neighbours overlap where U does not divide H. Each entry
/// of x gets g / R from every part that it belongs to, R being the part's size.
struct AdaptiveAvgPool2d: Layer {
    static let type = "adaptive_avg_pool2d"
    static let summary = "The means of equal parts of images, to an output of given size."
    static let fields: [Field] = [
        .required("output_size", .integers(count: 2, minimum: 1), "The output's height and width.")
    ]
    static let shapeRule = "(N, C, H, W) or (C, H, W) to (N, C, U, V) or (C, U, V), where output_size is (U, V)"
    static let formula =
        "y_{n,c,u,v} = \\frac{1}{R_{u,v}} \\sum_{i = \\lfloor u H/U \\rfloor}^{\\lceil (u+1) H/U \\rceil - 1} "
        + "\\sum_{j = \\lfloor v W/V \\rfloor}^{\\lceil (v+1) W/V \\rceil - 1} x_{n,c,i,j}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{n,c,i,j} = "
                + "\\sum_{u,v:\\ (i,j) \\in \\text{part } (u,v)} g_{n,c,u,v} / R_{u,v}",
            matrix: "\\partial C/\\partial x = A^\\top g,\\quad "
                + "A_{(u,v),(i,j)} = [(i,j) \\in \\text{part } (u,v)] / R_{u,v}"
        )
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 5, 4)], fields: ["output_size": .integers([2, 3])]),
        LayerExample([.sample(2, 4, 3)], fields: ["output_size": .integers([1])]),
        LayerExample([.sample(1, 2, 3)], fields: ["output_size": .integers([4, 5])]),
    ]

    private let size: [Int]

    init(_ fields: FieldValues) { size = fields.sizes("output_size", count: 2) }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input(), operands.checkPlanes(x, dimensions: 2) else { return nil }
        return x[0..<x.rank - 2] + Shape(size)
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim >= input.rank - 2 ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(over: operands[0])
        return Work(
            operations: Double(operands[0].count / core.planeSize) * core.operations,
            scratch: 3 * (Double(size[0]) + Double(size[1]))
        )
    }

    private func core(over x: Shape) -> MeanPooling {
        let (height, width) = (x[x.rank - 2], x[x.rank - 1])
        return MeanPooling(
            height: height,
            width: width,
            rows: parts(of: height, into: size[0]),
            columns: parts(of: width, into: size[1])
        )
    }

    private func parts(of length: Int, into count: Int) -> [MeanPooling.Stretch] {
        (0..<count).map { index in
            // In double width: length and count may each be as large as the limit on elements.
            let start = count.dividingFullWidth(index.multipliedFullWidth(by: length)).quotient
            let end = count.dividingFullWidth((index + 1).multipliedFullWidth(by: length))
            let range = start..<end.quotient + (end.remainder > 0 ? 1 : 0)
            return MeanPooling.Stretch(range: range, length: Double(range.count))
        }
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        return core(over: x.shape).evaluate(x, to: x.shape[0..<x.shape.rank - 2] + Shape(size))
    }
}
