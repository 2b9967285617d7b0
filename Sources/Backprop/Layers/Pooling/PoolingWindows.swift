/// The windows of a pooling layer, as read from its fields; 1 or 2 dimensions.
struct PoolingWindows: Sendable {
    private let dimensions: Int
    private let kernel: [Int]
    private let strides: [Int]
    private let paddings: [Int]
    private let dilations: [Int]
    private let isCeiling: Bool

    init(_ fields: FieldValues, dimensions: Int) {
        self.dimensions = dimensions
        kernel = fields.sizes("kernel_size", count: dimensions)
        strides = fields.optionalSizes("stride", count: dimensions) ?? kernel
        paddings = fields.sizes("padding", count: dimensions)
        dilations = fields.optionalSizes("dilation", count: dimensions) ?? [Int](repeating: 1, count: dimensions)
        isCeiling = fields.flag("ceil_mode")
    }

    static func kernel(_ dimensions: Int) -> Field {
        .required("kernel_size", .integers(count: dimensions, minimum: 1), "The size of the window.")
    }
    static func stride(_ dimensions: Int) -> Field {
        .optional(
            "stride",
            .integers(count: dimensions, minimum: 1),
            "How far the window moves from one position to the next; kernel_size where left out."
        )
    }
    static func padding(_ dimensions: Int, of filling: String) -> Field {
        .optional(
            "padding",
            .integers(count: dimensions, minimum: 0),
            standard: .integers([0]),
            "How many places \(filling) stand on either side; at most half of the window."
        )
    }
    static func dilation(_ dimensions: Int) -> Field {
        .optional(
            "dilation",
            .integers(count: dimensions, minimum: 1),
            standard: .integers([1]),
            "The distance between neighbouring places of the window."
        )
    }
    static let ceiling = Field.optional(
        "ceil_mode",
        .flag,
        standard: .flag(false),
        "Whether a last window that reaches beyond the padded input counts, if it starts within input or left padding."
    )

    static let shapeRule =
        "(N, C, L…) or (C, L…) to (N, C, M…) or (C, M…), where M = ⌊(L + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1, "
        + "rounded up with ceil_mode"

    /// The output's shape, or `nil` with the faults noted.
    func shape(of operands: inout OperandShapes) -> Shape? {
        let known = operands.noting { () throws(Misfit) in try spans() }
        guard let x = operands.input(), operands.checkPlanes(x, dimensions: dimensions), let known else { return nil }
        let lengths = x[x.rank - dimensions..<x.rank].dimensions
        let found = operands.noting { () throws(Misfit) in try windows(over: lengths, known) }
        guard let found else { return nil }
        return x[0..<x.rank - dimensions] + Shape(found.map(\.output))
    }

    /// The windows over the last dimensions of an input that fits.
    func windows(over x: Shape) -> [SlidingWindow] {
        let lengths = x[x.rank - dimensions..<x.rank].dimensions
        guard let spans = try? spans(), let windows = try? windows(over: lengths, spans) else {
            preconditionFailure("a validated pooling layer has its windows")
        }
        return windows
    }

    /// The positions from each window's first place to its last.
    private func spans() throws(Misfit) -> [Int] {
        var spans: [Int] = []
        for index in 0..<dimensions {
            guard let span = (CheckedInteger(kernel[index] - 1) * CheckedInteger(dilations[index]) + 1).value else {
                throw Misfit("kernel_size", "kernel_size must span less than 2^63; it is \(kernel[index])")
            }
            guard paddings[index] <= span / 2 else {
                let bound = "padding must be at most half of what the window spans, \(span)"
                throw Misfit("padding", "\(bound); it is \(paddings[index])")
            }
            spans.append(span)
        }
        return spans
    }

    private func windows(over lengths: [Int], _ spans: [Int]) throws(Misfit) -> [SlidingWindow] {
        var windows: [SlidingWindow] = []
        for (index, length) in lengths.enumerated() {
            let (stride, before) = (strides[index], paddings[index])
            guard let padded = (CheckedInteger(length) + 2 * CheckedInteger(before)).value else {
                throw Misfit("padding", "padding must leave lengths below 2^63; it is \(before)")
            }
            guard let output = positions(padded - spans[index], stride: stride, end: length + before) else {
                let detail = "the window spans \(spans[index]), so the padded input must be at least that long"
                throw Misfit("kernel_size", "\(detail); it is \(padded)")
            }
            windows.append(
                SlidingWindow(
                    input: length,
                    output: output,
                    taps: kernel[index],
                    stride: stride,
                    before: before,
                    dilation: dilations[index]
                )
            )
        }
        return windows
    }

    /// The number of windows where the last one that fits starts at or before `room`, which is negative if none fits.
    ///
    /// With `ceil_mode` a window that does not fit counts if it starts before `end`, where the right padding begins.
    private func positions(_ room: Int, stride: Int, end: Int) -> Int? {
        guard isCeiling else { return room < 0 ? nil : room / stride + 1 }
        // One window more than fit; without any that fits, only where it would be the first.
        guard room >= 0 || room + (stride - 1) >= 0 else { return nil }
        let steps = room > 0 ? (room - 1) / stride + 1 : 0
        let (last, overflow) = steps.multipliedReportingOverflow(by: stride)
        return overflow || last >= end ? steps : steps + 1
    }
}

extension OperandShapes {
    /// Notes a fault where `x` is not a stack of planes, with or without a batch.
    mutating func checkPlanes(_ x: Shape, dimensions: Int) -> Bool {
        if x.rank == dimensions + 1 || x.rank == dimensions + 2 { return true }
        let form = dimensions == 1 ? "C, L" : "C, H, W"
        faultOfInputs("the input must be (N, \(form)) or (\(form)); it is \(x)")
        return false
    }
}
