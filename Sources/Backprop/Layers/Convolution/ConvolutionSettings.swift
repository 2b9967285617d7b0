/// How the windows of a convolution slide, as read from its fields.
struct ConvolutionSettings: Sendable {
    /// The dimensions that windows slide over.
    let dimensions: Int
    private let strides: [Int]
    private let dilations: [Int]
    private let padding: Padding
    private let outputPadding: [Int]
    let groups: Int

    private enum Padding: Sendable {
        /// As many zeros on either side, for each dimension.
        case sizes([Int])
        /// So many that the output is as long as the input.
        case same
    }

    init(_ fields: FieldValues, dimensions: Int) {
        self.dimensions = dimensions
        strides = fields.sizes("stride", count: dimensions)
        dilations = fields.sizes("dilation", count: dimensions)
        groups = fields.integer("groups")
        let zeros = [Int](repeating: 0, count: dimensions)
        outputPadding = fields.optionalSizes("output_padding", count: dimensions) ?? zeros
        padding =
            switch fields.optionalChoice("padding") {
            case "same": .same
            case .some: .sizes(zeros)
            case nil: .sizes(fields.sizes("padding", count: dimensions))
            }
    }

    /// The declarations of the fields that both kinds of convolution have in common.
    static func stride(_ dimensions: Int) -> Field {
        .optional(
            "stride",
            .integers(count: dimensions, minimum: 1),
            standard: .integers([1]),
            "How far the window moves from one position to the next."
        )
    }
    static func dilation(_ dimensions: Int) -> Field {
        .optional(
            "dilation",
            .integers(count: dimensions, minimum: 1),
            standard: .integers([1]),
            "The distance between neighbouring taps of the window."
        )
    }
    static let groups = Field.optional(
        "groups",
        .integer(minimum: 1),
        standard: .integers([1]),
        "How many groups the channels fall into, each convolved by itself."
    )

    // MARK: Shapes

    /// Notes what does not fit in the operands whatever the input's lengths.
    ///
    /// - Parameters:
    ///   - operands: The operands' shapes.
    ///   - form: The weight's shape in words.
    ///   - isTransposed: Whether the weight's first dimension is the input's channels rather than the output's.
    /// - Returns: The weight's and the input's shape and the output's channels, where all are known and fit so far.
    func check(
        _ operands: inout OperandShapes,
        form: String,
        isTransposed: Bool
    ) -> (weight: Shape, input: Shape, channels: Int)? {
        guard let weight = operands["weight"] else { return nil }
        guard weight.rank == dimensions + 2 else {
            operands.fault("weight", "weight must be \(form); it is \(weight)")
            return nil
        }
        guard weight[0].isMultiple(of: groups) else {
            let detail = "groups is \(groups), so weight's first dimension must be a multiple of that"
            operands.fault("groups", "\(detail); weight is \(weight)")
            return nil
        }
        guard let all = (CheckedInteger(weight[1]) * CheckedInteger(groups)).value else {
            operands.fault("weight", "weight is \(weight)\(ofGroups), so there would be more than 2^63 channels")
            return nil
        }
        let (inputs, outputs) = isTransposed ? (weight[0], all) : (all, weight[0])
        operands.check("bias", has: [outputs], because: "weight is \(weight)\(ofGroups)")
        let input = checkInput(&operands, weight, channels: inputs)
        if case .same = padding, strides.contains(where: { $0 != 1 }) {
            operands.fault("padding", "padding \"same\" needs a stride of 1; it is \(described(strides))")
            return nil
        }
        return input.map { (weight, $0, outputs) }
    }

    private func checkInput(
        _ operands: inout OperandShapes,
        _ weight: Shape,
        channels: Int
    ) -> Shape? {
        guard let x = operands.input() else { return nil }
        guard x.rank == dimensions + 1 || x.rank == dimensions + 2 else {
            let lengths = (0..<dimensions).map { ", L\($0 + 1)" }.joined()
            let form = "\(channels)\(lengths)"
            let expected = "weight is \(weight), so the input must be (N, \(form)) or (\(form))"
            operands.fault("weight", "\(expected); it is \(x)")
            return nil
        }
        let given = x[x.rank - dimensions - 1]
        guard given == channels else {
            let expected = "weight is \(weight)\(ofGroups), so the input must have \(channels) channels"
            operands.fault("weight", "\(expected); it has \(given)")
            return nil
        }
        return x
    }

    private var ofGroups: String { groups == 1 ? "" : " and groups is \(groups)" }

    private func described(_ sizes: [Int]) -> String { sizes.count == 1 ? "\(sizes[0])" : "\(sizes)" }

    /// The windows of a convolution over the last dimensions of `input`.
    func windows(weight: Shape, input: Shape) throws(Misfit) -> [SlidingWindow] {
        var windows: [SlidingWindow] = []
        for index in 0..<dimensions {
            let length = input[input.rank - dimensions + index]
            let (taps, dilation, stride) = (weight[index + 2], dilations[index], strides[index])
            let span = try spanned(taps, dilation, at: index)
            var before = (span - 1) / 2
            var output = length
            if case .sizes(let sizes) = padding {
                before = sizes[index]
                guard let padded = (CheckedInteger(length) + 2 * CheckedInteger(before)).value else {
                    throw Misfit("padding", "padding must leave lengths below 2^63; it is \(described(sizes))")
                }
                guard padded >= span else {
                    let dilated = dilation == 1 ? "" : " and dilation is \(described(dilations))"
                    let dimension = input.rank - dimensions + index
                    let expected = "weight is \(weight)\(dilated), so the padded input must span at least \(span)"
                    throw Misfit("weight", "\(expected) along dimension \(dimension); it spans \(padded)")
                }
                output = (padded - span) / stride + 1
            }
            windows.append(
                SlidingWindow(
                    input: length,
                    output: output,
                    taps: taps,
                    stride: stride,
                    before: before,
                    dilation: dilation
                )
            )
        }
        return windows
    }

    /// The windows of a transposed convolution whose input is `input`: they slide over its output.
    func transposedWindows(weight: Shape, input: Shape) throws(Misfit) -> [SlidingWindow] {
        guard case .sizes(let paddings) = padding else { return [] }
        var windows: [SlidingWindow] = []
        for index in 0..<dimensions {
            let length = input[input.rank - dimensions + index]
            let (taps, dilation, stride) = (weight[index + 2], dilations[index], strides[index])
            let (before, extra) = (paddings[index], outputPadding[index])
            guard extra < stride || extra < dilation else {
                let bound = "output_padding must be below stride \(stride) or dilation \(dilation)"
                throw Misfit("output_padding", "\(bound); it is \(extra)")
            }
            let span = try spanned(taps, dilation, at: index)
            guard let reach = (CheckedInteger(length - 1) * CheckedInteger(stride) + CheckedInteger(span)).value else {
                throw Misfit("stride", "stride must leave lengths below 2^63; it is \(described(strides))")
            }
            guard let full = (CheckedInteger(reach) + CheckedInteger(extra)).value else {
                let detail = "output_padding must leave lengths below 2^63"
                throw Misfit("output_padding", "\(detail); it is \(described(outputPadding))")
            }
            guard let cut = (2 * CheckedInteger(before)).value else {
                throw Misfit("padding", "padding must leave lengths below 2^63; it is \(described(paddings))")
            }
            guard full > cut else {
                let dimension = input.rank - dimensions + index
                let detail = "padding takes \(cut) of the output's \(full) along dimension \(dimension)"
                throw Misfit("padding", "\(detail), so nothing is left")
            }
            windows.append(
                SlidingWindow(
                    input: full - cut,
                    output: length,
                    taps: taps,
                    stride: stride,
                    before: before,
                    dilation: dilation
                )
            )
        }
        return windows
    }

    /// The positions from the first tap to the last.
    private func spanned(_ taps: Int, _ dilation: Int, at index: Int) throws(Misfit) -> Int {
        guard let span = (CheckedInteger(taps - 1) * CheckedInteger(dilation) + 1).value else {
            throw Misfit("dilation", "dilation must leave lengths below 2^63; it is \(described(dilations))")
        }
        return span
    }
}
