import Backprop
import Testing

@Suite struct InputBatchTests {
    /// Every dimension of every example's inputs, alone and together with equally long ones, in turn taken for a
    /// batch: where the layer says that samples stay apart, spoiling one must leave the others' outputs whole.
    @Test(arguments: LayerPoint.all)
    func `samples that are said to stay apart do`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let step = layer.network.steps[0]
        for along in choices(layer.inputs.map(\.shape)) {
            guard case .apart(let dim) = layer.network.flow(through: step, along) else { continue }
            for sample in 0..<step.shape[dim] {
                let inputs = zip(layer.network.inputs, zip(layer.inputs, along)).map { input, pair in
                    // Indices can't be spoilt; another one does.
                    pair.1.map { spoilt(pair.0, $0, sample, with: input.isIndices ? nil : .nan) } ?? pair.0
                }
                let output = try layer.network.forward(
                    inputs: inputs,
                    parameters: layer.parameters,
                    keeping: Keeping(outputs: false, pullbacks: false)
                ).output
                let before = try layer.output()
                for (position, value) in output.elements.enumerated()
                where position / step.shape.strides[dim] % step.shape[dim] != sample {
                    #expect(value == before[position], "sample \(sample) along \(along) reaches \(position)")
                }
            }
        }
    }

    /// Each input alone, and all of them, along each dimension.
    private func choices(_ shapes: [Shape]) -> [[Int?]] {
        var choices: [[Int?]] = []
        for index in shapes.indices {
            for dim in 0..<shapes[index].rank {
                choices.append(shapes.indices.map { $0 == index ? dim : nil })
                if shapes.count > 1, shapes.allSatisfy({ $0.rank > dim && $0[dim] == shapes[0][dim] }) {
                    choices.append(shapes.map { _ in dim })
                }
            }
        }
        return choices
    }

    private func spoilt(_ tensor: Tensor<Double>, _ dim: Int, _ sample: Int, with value: Double?) -> Tensor<Double> {
        let (stride, length) = (tensor.shape.strides[dim], tensor.shape[dim])
        let elements = tensor.elements.enumerated().map { position, element in
            position / stride % length == sample ? value ?? (element == 0 ? 1 : 0) : element
        }
        return Tensor(shape: tensor.shape, elements: elements)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var inputs: [(String, Shape)]
        let layers: [LayerDefinition]
        let size: Int?
        var mixing: [Int] = []
        var testDescription: String { name }

        init(
            _ name: String,
            _ inputs: [(String, Shape)],
            _ layers: [LayerDefinition],
            _ size: Int?,
            _ mixing: [Int] = []
        ) {
            (self.name, self.inputs, self.layers, self.size, self.mixing) = (name, inputs, layers, size, mixing)
        }

        init(_ name: String, _ input: Shape, _ layers: [LayerDefinition], _ size: Int?, _ mixing: [Int] = []) {
            self.init(name, [("input", input)], layers, size, mixing)
        }
    }

    private static func linear(_ out: Int, _ width: Int) -> LayerDefinition {
        LayerDefinition("linear", parameters: ["weight": .own([out, width])])
    }

    private static func layer(_ type: String, _ fields: [String: FieldValue] = [:], _ inputs: String...)
        -> LayerDefinition
    {
        LayerDefinition(type, fields: fields, inputs: inputs.isEmpty ? .previous : .named(inputs))
    }

    private static let conv = LayerDefinition(
        "conv2d",
        fields: ["padding": .choice("same")],
        parameters: ["weight": .own([4, 3, 3, 3])]
    )
    private static let rnn = LayerDefinition(
        "rnn",
        parameters: ["weight_ih": .own([4, 3]), "weight_hh": .own([4, 4])]
    )
    private static let attention = LayerDefinition(
        "multi_head_attention",
        fields: ["num_heads": .integers([2])],
        parameters: ["in_proj_weight": .own([12, 4]), "out_proj_weight": .own([4, 4])]
    )
    private static func normalized(_ training: Bool) -> LayerDefinition {
        let statistics = FieldValue.constant(Tensor(shape: [3], repeating: 1))
        return LayerDefinition(
            "batch_norm",
            fields: training
                ? [:] : ["training": .flag(false), "running_mean": statistics, "running_var": statistics],
            parameters: ["weight": .own([3])]
        )
    }

    static let cases = [
        Case("a matrix through linear layers", [8, 3], [linear(4, 3), layer("tanh"), linear(2, 4)], 8),
        Case("a vector", [3], [linear(4, 3), layer("tanh")], nil),
        Case("a vector alone", [3], [layer("tanh")], nil),
        Case("a scalar", Shape([]), [layer("exp")], nil),
        Case("images", [8, 3, 5, 5], [conv, layer("flatten"), linear(2, 100)], 8),
        Case("one image", [3, 5, 5], [conv, layer("flatten", ["start_dim": .integers([0])]), linear(2, 100)], nil),
        Case("one picture flattened whole", [5, 6], [layer("flatten", ["start_dim": .integers([0])])], nil),
        Case(
            "flatten that joins batch and rows",
            [8, 3, 2],
            [layer("flatten", ["start_dim": .integers([0]), "end_dim": .integers([1])])],
            8,
            [0]
        ),
        Case("softmax of classes", [8, 3], [layer("softmax", ["dim": .integers([-1])])], 8),
        Case("softmax over the batch", [8, 3], [layer("tanh"), layer("softmax", ["dim": .integers([0])])], 8, [1]),
        Case("sum of everything", [8, 3], [linear(4, 3), layer("sum")], 8, [1]),
        Case("sum over features", [8, 3], [layer("sum", ["dim": .integers([1])]), layer("exp")], 8),
        Case("mean over the batch", [8, 3], [layer("mean", ["dim": .integers([0])]), linear(4, 3)], 8, [0]),
        Case("max over the batch", [8, 3], [layer("max", ["dim": .integers([0]), "keepdim": .flag(true)])], 8, [0]),
        Case("batch normalisation in training", [8, 3], [normalized(true), linear(4, 3)], 8, [0]),
        Case("batch normalisation in inference", [8, 3], [normalized(false), linear(4, 3)], 8),
        Case(
            "a transposed matrix",
            [8, 3],
            [layer("transpose", ["dim0": .integers([0]), "dim1": .integers([1])]), layer("exp")],
            8
        ),
        Case(
            "features times a transposed batch",
            [8, 3],
            [layer("transpose", ["dim0": .integers([0]), "dim1": .integers([1])]), linear(4, 8)],
            8,
            [1]
        ),
        Case(
            "a batch transposed twice",
            [8, 3],
            [
                layer("transpose", ["dim0": .integers([0]), "dim1": .integers([1])]),
                layer("permute", ["dims": .integers([1, 0])]), linear(4, 3),
            ],
            8
        ),
        Case(
            "the batch named in a shape",
            [8, 6],
            [layer("reshape", ["shape": .integers([8, 2, 3])]), linear(4, 3)],
            8
        ),
        Case("a matrix taken whole", [8, 6], [layer("reshape", ["shape": .integers([4, 12])])], nil),
        Case("sequences", [8, 5, 3], [rnn], 8),
        Case("one sequence", [5, 3], [rnn], nil),
        Case("attention", [8, 5, 4], [attention], 8),
        Case("attention of one sequence", [5, 4], [linear(4, 4), attention], nil),
        Case("products with a constant matrix", [("x", [8, 3]), ("m", [3, 4])], [layer("matmul", [:], "x", "m")], 8),
        Case("products of equal batches", [("a", [8, 2, 3]), ("b", [8, 3, 4])], [layer("matmul", [:], "a", "b")], 8),
        Case("the product of a matrix with itself", [8, 8], [layer("matmul", [:], "input", "input")], nil),
        Case(
            "two inputs side by side",
            [("a", [8, 2]), ("b", [8, 3])],
            [layer("concat", ["dim": .integers([1])], "a", "b")],
            8
        ),
        Case(
            "two inputs one after the other",
            [("a", [8, 3]), ("b", [8, 3])],
            [layer("concat", ["dim": .integers([0])], "a", "b")],
            8,
            [0]
        ),
        Case("a vector added to every sample", [("a", [8, 3]), ("b", [3])], [layer("add", [:], "a", "b")], 8),
        Case(
            "a number for each sample",
            [("a", [8, 3]), ("b", [8])],
            [layer("sum", ["dim": .integers([1])], "a"), layer("mul", [:], "sum_0", "b")],
            8
        ),
        Case(
            "tokens",
            [("input", [8, 5])],
            [LayerDefinition("embedding", parameters: ["weight": .own([10, 4])]), attention],
            8
        ),
        Case(
            "one sentence",
            [("input", [5])],
            [LayerDefinition("embedding", parameters: ["weight": .own([10, 4])]), attention],
            nil
        ),
        Case(
            "a token a sample",
            [("input", [5])],
            [LayerDefinition("embedding", parameters: ["weight": .own([10, 4])]), linear(2, 4)],
            5
        ),
        Case("a layer that nothing uses", [8, 3], [layer("sum"), layer("tanh", [:], "input")], 8, [0]),
    ]

    @Test(arguments: cases)
    func `a batch is found by shapes`(_ item: Case) throws {
        let check = Network.check(
            NetworkDefinition(inputs: item.inputs.map { .init($0.0, $0.1) }, layers: item.layers)
        )
        let network = try #require(check.network, "\(check.faults)")
        let batch = network.batch()
        #expect(batch.size == item.size)
        #expect(batch.mixingLayers == item.mixing)
    }
}
