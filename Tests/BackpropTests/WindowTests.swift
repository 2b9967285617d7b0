import Backprop
import Testing

/// Convolutions and pooling against their definitions, written down once more as plain loops.
@Suite struct WindowTests {
    struct Setting: Sendable, CustomTestStringConvertible {
        let kernel: Int
        let stride: Int
        let padding: Int
        let dilation: Int
        var testDescription: String { "kernel \(kernel), stride \(stride), padding \(padding), dilation \(dilation)" }

        var span: Int { dilation * (kernel - 1) + 1 }

        static let all = (1...4).flatMap { kernel in
            (1...3).flatMap { stride in
                (0...2).flatMap { padding in
                    (1...3).map { Setting(kernel: kernel, stride: stride, padding: padding, dilation: $0) }
                }
            }
        }
    }

    // MARK: Convolutions

    @Test(arguments: Setting.all)
    func `conv1d is the sum of its definition`(_ setting: Setting) throws {
        for (length, groups) in [(7, 1), (5, 2), (9, 2)] {
            let x = Tensor<Double>.probe([2, 4, length], seed: 1)
            let weight = Tensor<Double>.probe([6, 4 / groups, setting.kernel], seed: 2)
            let bias = Tensor<Double>.probe([6], seed: 3)
            let single = Single(
                type: "conv1d",
                inputs: [x.shape],
                parameters: ["weight": weight.shape, "bias": bias.shape],
                fields: [
                    "stride": .integers([setting.stride]), "padding": .integers([setting.padding]),
                    "dilation": .integers([setting.dilation]), "groups": .integers([groups]),
                ]
            )
            let count = (length + 2 * setting.padding - setting.span) / setting.stride + 1
            guard length + 2 * setting.padding >= setting.span else {
                #expect(single.check.faults.map(\.place) == [.field(layer: 0, "weight")])
                continue
            }
            let y = try single.output([x], ["weight": weight, "bias": bias])
            #expect(y.shape == [2, 6, count])
            for n in 0..<2 {
                for o in 0..<6 {
                    for u in 0..<count {
                        var sum = bias.elements[o]
                        for c in 0..<4 / groups {
                            let channel = o / (6 / groups) * (4 / groups) + c
                            for k in 0..<setting.kernel {
                                let i = u * setting.stride + k * setting.dilation - setting.padding
                                sum += weight.padded(o, c, k) * x.padded(n, channel, i)
                            }
                        }
                        #expect(agree(y.padded(n, o, u), sum, absolute: 1e-12, relative: 1e-12))
                    }
                }
            }
        }
    }

    /// ⟨conv(x), z⟩ = ⟨x, convᵀ(z)⟩ with one weight: the transposed layer is the transpose.
    @Test(arguments: Setting.all)
    func `conv_transpose2d is the transpose of conv2d`(_ setting: Setting) throws {
        for (height, width, groups) in [(7, 6, 1), (5, 8, 2)] {
            let sizes = [height, width].map { ($0 + 2 * setting.padding - setting.span) }
            guard sizes.allSatisfy({ $0 >= 0 }) else { continue }
            let outputs = sizes.map { $0 / setting.stride + 1 }
            let remainders = sizes.map { $0 % setting.stride }
            let x = Tensor<Double>.probe([2, 4, height, width], seed: 1)
            let z = Tensor<Double>.probe(Shape([2, 6] + outputs), seed: 2)
            let weight = Tensor<Double>.probe([6, 4 / groups, setting.kernel, setting.kernel], seed: 3)
            var fields: [String: FieldValue] = [
                "stride": .integers([setting.stride]), "padding": .integers([setting.padding]),
                "dilation": .integers([setting.dilation]), "groups": .integers([groups]),
            ]
            let parameters = ["weight": weight]
            let narrow = Single(
                type: "conv2d",
                inputs: [x.shape],
                parameters: ["weight": weight.shape],
                fields: fields
            )
            fields["output_padding"] = .integers(remainders)
            let wide = Single(
                type: "conv_transpose2d",
                inputs: [z.shape],
                parameters: ["weight": weight.shape],
                fields: fields
            )
            let left = Tensor.dot(try narrow.output([x], parameters), z)
            let back = try wide.output([z], parameters)
            #expect(back.shape == x.shape)
            #expect(agree(left, Tensor.dot(x, back), absolute: 1e-11, relative: 1e-12))
            // So the one's gradient is the other's value.
            let gradient = try narrow.gradients([x], parameters, from: z)[0]
            for (a, b) in zip(gradient.elements, back.elements) {
                #expect(agree(a, b, absolute: 1e-12, relative: 1e-12))
            }
        }
    }

    @Test(arguments: 1...6, [1, 2, 3])
    func `same padding keeps the length, the odd zero being on the right`(_ kernel: Int, _ dilation: Int) throws {
        let x = Tensor<Double>.probe([1, 5], seed: 1)
        let weight = Tensor<Double>.probe([1, 1, kernel], seed: 2)
        let single = Single(
            type: "conv1d",
            inputs: [x.shape],
            parameters: ["weight": weight.shape],
            fields: ["padding": .choice("same"), "dilation": .integers([dilation])]
        )
        let y = try single.output([x], ["weight": weight])
        #expect(y.shape == [1, 5])
        for u in 0..<5 {
            let left = dilation * (kernel - 1) / 2
            let sum = (0..<kernel).reduce(0.0) { sum, k in
                sum + weight.padded(0, 0, k) * x.padded(0, u + k * dilation - left)
            }
            #expect(agree(y.padded(0, u), sum, absolute: 1e-12, relative: 1e-12))
        }
    }

    // MARK: Pooling

    @Test(arguments: Setting.all, [false, true])
    func `pooling is the maximum and the mean of its windows`(_ setting: Setting, _ ceiling: Bool) throws {
        for length in 1...9 {
            let x = Tensor<Double>.probe([2, length], seed: length)
            let windows = positions(setting, length, ceiling)
            var fields: [String: FieldValue] = [
                "kernel_size": .integers([setting.kernel]), "stride": .integers([setting.stride]),
                "padding": .integers([setting.padding]), "dilation": .integers([setting.dilation]),
                "ceil_mode": .flag(ceiling),
            ]
            let maximum = Single(type: "max_pool1d", inputs: [x.shape], fields: fields)
            try compare(maximum, x, windows) { line, window in
                let inside = window.compactMap { line.indices.contains($0) ? line[$0] : nil }
                return inside.max() ?? -.infinity
            }
            fields["dilation"] = nil
            guard setting.dilation == 1 else { continue }
            for counts in [false, true] {
                fields["count_include_pad"] = .flag(counts)
                let mean = Single(type: "avg_pool1d", inputs: [x.shape], fields: fields)
                try compare(mean, x, windows) { line, window in
                    let inside = window.compactMap { line.indices.contains($0) ? line[$0] : nil }
                    let padded = window.filter { $0 < length + setting.padding }
                    return inside.reduce(0, +) / Double(counts ? padded.count : inside.count)
                }
            }
        }
    }

    /// What each window covers, by PyTorch's rule for their number; `nil` where that is none or not allowed.
    private func positions(_ setting: Setting, _ length: Int, _ ceiling: Bool) -> [[Int]]? {
        guard setting.padding <= setting.span / 2 else { return nil }
        let room = Double(length + 2 * setting.padding - setting.span) / Double(setting.stride)
        var count = Int(ceiling ? room.rounded(.up) : room.rounded(.down)) + 1
        if ceiling, (count - 1) * setting.stride >= length + setting.padding { count -= 1 }
        guard count > 0 else { return nil }
        return (0..<count).map { u in
            (0..<setting.kernel).map { u * setting.stride + $0 * setting.dilation - setting.padding }
        }
    }

    private func compare(
        _ single: Single,
        _ x: Tensor<Double>,
        _ windows: [[Int]]?,
        _ value: ([Double], [Int]) -> Double
    ) throws {
        guard let windows else {
            let places = single.check.faults.map(\.place)
            #expect(places == [.field(layer: 0, "padding")] || places == [.field(layer: 0, "kernel_size")])
            return
        }
        let y = try single.output([x])
        #expect(y.shape == [2, windows.count])
        let length = x.shape[1]
        for channel in 0..<2 {
            let line = Array(x.elements[channel * length..<(channel + 1) * length])
            for (u, window) in windows.enumerated() {
                let (given, expected) = (y.padded(channel, u), value(line, window))
                #expect(given == expected || agree(given, expected, absolute: 1e-14, relative: 1e-12))
            }
        }
    }

    // MARK: Ties and what is not finite

    @Test(
        arguments: [
            // The first of equal maxima; the last NaN; the first place where all are −∞.
            ([1, 3, 3, 2], 3, [0, 1, 0, 0]), ([1, .nan, 3, .nan], .nan, [0, 0, 0, 1]),
            ([.nan, 3, 5, 1], .nan, [1, 0, 0, 0]),
            ([-.infinity, -.infinity, -.infinity, -.infinity], -.infinity, [1, 0, 0, 0]),
            ([0, -0.0, 0, -1], 0, [1, 0, 0, 0]),
        ] as [([Double], Double, [Double])]
    )
    func `max pooling chooses as PyTorch does`(_ x: [Double], _ maximum: Double, _ gradient: [Double]) throws {
        for (type, shape) in [("max_pool1d", [1, 4] as Shape), ("max_pool2d", [1, 2, 2])] {
            let size = type == "max_pool1d" ? 4 : 2
            let single = Single(type: type, inputs: [shape], fields: ["kernel_size": .integers([size])])
            let input = Tensor(shape: shape, elements: x)
            let output = try single.output([input])
            #expect(output.elements.map(\.bitPattern) == [maximum.bitPattern])
            let cotangent = Tensor(shape: output.shape, repeating: 1.0)
            #expect(try single.gradients([input], from: cotangent)[0].elements == gradient)
        }
    }

    @Test func `a window over nothing but padding gives no gradient`() throws {
        let fields: [String: FieldValue] = [
            "kernel_size": .integers([2]), "dilation": .integers([5]), "padding": .integers([3]),
            "stride": .integers([1]),
        ]
        let single = Single(type: "max_pool1d", inputs: [[1, 1]], fields: fields)
        let x = Tensor<Double>(shape: [1, 1], elements: [4])
        let y = try single.output([x])
        #expect(y.elements == [-.infinity, -.infinity])
        #expect(try single.gradients([x], from: Tensor(shape: y.shape, repeating: 1))[0].elements == [0])
    }

    @Test func `adaptive pooling covers parts that may overlap`() throws {
        let x = Tensor<Double>.probe([1, 5, 7], seed: 4)
        let single = Single(type: "adaptive_avg_pool2d", inputs: [x.shape], fields: ["output_size": .integers([3, 4])])
        let y = try single.output([x])
        for u in 0..<3 {
            for v in 0..<4 {
                let rows = u * 5 / 3..<((u + 1) * 5 + 2) / 3
                let columns = v * 7 / 4..<((v + 1) * 7 + 3) / 4
                let part = rows.flatMap { i in columns.map { x.padded(0, i, $0) } }
                let mean = part.reduce(0, +) / Double(part.count)
                #expect(agree(y.padded(0, u, v), mean, absolute: 1e-14, relative: 1e-12))
            }
        }
    }
}
