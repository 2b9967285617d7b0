import Backprop
import CAllocationMeter
import Testing

/// What runs take from the allocator, by its own figures, against what was reckoned before.
@Suite struct PeakMemoryTests {
    /// Networks of some megabytes of one layer each, or a few.
    static let networks: [(name: String, inputs: [Shape], layers: [LayerDefinition])] = [
        ("entry-wise", [[300, 500]], ["tanh", "gelu", "relu", "softplus"].map { LayerDefinition($0) }),
        ("linear", [[200, 300]], [.parameters("linear", ["weight": [400, 300], "bias": [400]])]),
        (
            "mlp", [[100, 300]],
            (0..<6).flatMap { _ in
                [.parameters("linear", ["weight": [300, 300], "bias": [300]]), LayerDefinition("tanh")]
            }
        ),
        ("matmul", [[20, 60, 80], [20, 80, 70]], [.taking("matmul", 2)]),
        ("broadcast", [[300, 1, 20], [1, 40, 20]], [.taking("mul", 2), LayerDefinition("square")]),
        (
            "residual", [[300, 300]],
            [
                LayerDefinition("sin"), LayerDefinition("add", inputs: .named(["sin_0", "x0"])),
                LayerDefinition("mul", inputs: .named(["add_1", "sin_0"])),
                LayerDefinition("sub", inputs: .named(["mul_2", "add_1"])),
            ]
        ),
        ("concat", [[200, 100], [200, 150], [200, 50]], [.taking("concat", 3, ["dim": .integers([1])])]),
        (
            "shapes", [[30, 40, 50]],
            [
                LayerDefinition("permute", fields: ["dims": .integers([2, 0, 1])]),
                LayerDefinition("reshape", fields: ["shape": .integers([-1, 20])]),
                LayerDefinition("transpose", fields: ["dim0": .integers([0]), "dim1": .integers([1])]),
                LayerDefinition("flatten", fields: ["start_dim": .integers([0])]),
            ]
        ),
        (
            "reductions", [[40, 50, 60]],
            [
                LayerDefinition("softmax", fields: ["dim": .integers([1])]),
                LayerDefinition("log_softmax", fields: ["dim": .integers([-1])]),
                LayerDefinition("max", fields: ["dim": .integers([0])]),
                LayerDefinition("mean", fields: ["dim": .integers([1])]),
            ]
        ),
        ("conv1d", [[8, 20, 400]], [.parameters("conv1d", ["weight": [30, 20, 5], "bias": [30]])]),
        (
            "conv2d", [[8, 12, 40, 40]],
            [.parameters("conv2d", ["weight": [24, 12, 3, 3], "bias": [24]], ["padding": .integers([1, 1])])]
        ),
        (
            "depthwise", [[8, 24, 40, 40]],
            [.parameters("conv2d", ["weight": [24, 1, 3, 3]], ["groups": .integers([24])])]
        ),
        ("conv3d", [[2, 4, 16, 16, 16]], [.parameters("conv3d", ["weight": [6, 4, 3, 3, 3]])]),
        (
            "conv_transpose2d", [[4, 16, 20, 20]],
            [.parameters("conv_transpose2d", ["weight": [16, 8, 4, 4]], ["stride": .integers([2, 2])])]
        ),
        (
            "pooling", [[4, 10, 60, 60]],
            [
                LayerDefinition("max_pool2d", fields: ["kernel_size": .integers([2, 2])]),
                LayerDefinition("avg_pool2d", fields: ["kernel_size": .integers([3, 3])]),
                LayerDefinition("adaptive_avg_pool2d", fields: ["output_size": .integers([7, 7])]),
            ]
        ),
        (
            "norms", [[20, 16, 30, 10]],
            [
                .parameters("batch_norm", ["weight": [16], "bias": [16]]),
                .parameters("layer_norm", ["weight": [10]], ["normalized_shape": .integers([10])]),
                .parameters("group_norm", [:], ["num_groups": .integers([4])]),
                .parameters("instance_norm", ["weight": [16]]),
                .parameters("rms_norm", ["weight": [30, 10]], ["normalized_shape": .integers([30, 10])]),
            ]
        ),
        ("rnn", [[20, 50, 30]], [.parameters("rnn", .recurrent(30, 40, 40))]),
        ("lstm", [[20, 50, 30]], [.parameters("lstm", .recurrent(30, 40, 160))]),
        ("gru", [[20, 50, 30]], [.parameters("gru", .recurrent(30, 40, 120))]),
        ("attention", [[8, 100, 32], [8, 120, 32], [8, 120, 24]], [.taking("scaled_dot_product_attention", 3)]),
        (
            "multi-head attention", [[8, 80, 64]],
            [
                .parameters(
                    "multi_head_attention",
                    [
                        "in_proj_weight": [192, 64], "in_proj_bias": [192], "out_proj_weight": [64, 64],
                        "out_proj_bias": [64],
                    ],
                    ["num_heads": .integers([4])]
                )
            ]
        ),
    ]

    private func point(_ name: String) throws -> (
        network: Network, inputs: [Tensor<Double>], parameters: [Tensor<Double>]
    ) {
        let entry = try #require(Self.networks.first { $0.name == name })
        let inputs = entry.inputs.enumerated().map { NetworkDefinition.NamedShape("x\($0)", $1) }
        var layers = entry.layers
        if case .previous = layers[0].inputs { layers[0].inputs = .named(["x0"]) }
        let check = Network.check(NetworkDefinition(inputs: inputs, layers: layers))
        let network = try #require(check.network, "\(check.faults)")
        return (
            network, network.inputs.enumerated().map { .probe($1.shape, seed: $0) },
            network.parameters.enumerated().map { .probe($1.shape, seed: 10 + $0) }
        )
    }

    /// How much more may be reckoned than is taken.
    private static let slack = 3.0

    private func expect(_ estimate: Double, holds measured: Double, _ what: String) {
        #expect(measured <= estimate, "\(what): \(measured) bytes taken, \(estimate) reckoned")
        #expect(estimate <= Self.slack * measured, "\(what): \(estimate) bytes reckoned, \(measured) taken")
    }

    /// The most bytes that `run` held beside the network's inputs and parameters, these included.
    private func peak(_ given: Double, _ run: () throws -> Void) rethrows -> Double {
        allocation_meter_start()
        try run()
        return given + Double(allocation_meter_peak())
    }

    @Test(arguments: networks.map(\.name))
    func `a forward pass takes what was reckoned`(_ name: String) throws {
        let (network, inputs, parameters) = try point(name)
        let given = network.givenBytes(on: Double.self)
        for keeping in [Keeping(outputs: false, pullbacks: false), Keeping(outputs: true, pullbacks: false)] {
            let measured = try peak(given) {
                _ = try network.forward(inputs: inputs, parameters: parameters, keeping: keeping)
            }
            expect(
                network.peakBytes(ofForward: keeping, on: Double.self),
                holds: measured,
                "\(name), \(keeping.outputs ? "every output" : "values alone")"
            )
        }
    }

    @Test(arguments: networks.map(\.name))
    func `a backward pass takes what was reckoned`(_ name: String) throws {
        let (network, inputs, parameters) = try point(name)
        let given = network.givenBytes(on: Double.self)
        let objective = Objective(weights: .probe(network.outputShape, seed: 5))
        for (what, demand) in [
            ("every gradient", GradientDemand()), ("no layer's own", GradientDemand(layers: [])),
            ("inputs alone", GradientDemand(inputs: true, parameters: false, layers: [])),
        ] {
            let measured = try peak(given) {
                let pass = try network.forward(
                    inputs: inputs,
                    parameters: parameters,
                    keeping: Keeping(outputs: true, pullbacks: true)
                )
                _ = try pass.backward(from: objective.evaluate(at: pass.output).gradient(), demand: demand)
            }
            expect(
                network.peakBytes(ofGradients: demand, keepingOutputs: true, on: Double.self),
                holds: measured,
                "\(name), \(what)"
            )
        }
    }

    @Test(arguments: networks.map(\.name))
    func `runs on single precision and on dual numbers take what was reckoned`(_ name: String) throws {
        let (network, inputs, parameters) = try point(name)
        let singles = (inputs.map { $0.map { Float($0) } }, parameters.map { $0.map { Float($0) } })
        let single = try peak(network.givenBytes(on: Float.self)) {
            let pass = try network.forward(
                inputs: singles.0,
                parameters: singles.1,
                keeping: Keeping(outputs: false, pullbacks: true)
            )
            _ = try pass.backward(from: Tensor(shape: network.outputShape, repeating: 1))
        }
        expect(
            network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: false, on: Float.self),
            holds: single,
            "\(name), single precision"
        )
        var direction = VariableTensors<Double>(of: network)
        direction.inputs = inputs
        direction.parameters = parameters
        let objective = Objective(weights: .probe(network.outputShape, seed: 5))
        let dual = try peak(0) {
            let product = try network.hessianProduct(
                inputs: inputs,
                parameters: parameters,
                of: objective,
                along: direction
            )
            #expect(product.value.isFinite)
        }
        // The weights of the output's entries, as real numbers and as duals, and the product.
        let rest = 24 * Double(network.outputShape.count) + network.givenBytes(on: Double.self)
        expect(
            network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: false, on: Dual.self) + rest,
            holds: dual,
            "\(name), dual numbers"
        )
        let duals = try peak(0) {
            let products = try network.hessianProducts(
                inputs: inputs,
                parameters: parameters,
                of: objective,
                alongEach: [VariableTensors<Double>](repeating: direction, count: Duals.lanes)
            )
            #expect(products[0].value.isFinite)
        }
        let products = Double(Duals.lanes) * network.givenBytes(on: Double.self)
        expect(
            network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: false, on: Duals.self)
                + 72 * Double(network.outputShape.count) + products,
            holds: duals,
            "\(name), several directions"
        )
    }

    @Test func `a deep network's values are freed after their last use`() throws {
        let layers = (0..<200).map { _ in LayerDefinition("tanh") }
        let definition = NetworkDefinition(inputs: [.init("input", [100, 100])], layers: layers)
        let network = try #require(Network.check(definition).network)
        let measured = try peak(80_000) {
            _ = try network.forward(
                inputs: [.probe([100, 100], seed: 1)],
                parameters: [],
                keeping: Keeping(outputs: false, pullbacks: false)
            )
        }
        #expect(measured < 6 * 80_000)
    }

    @Test func `figures beyond every integer are reckoned as well`() throws {
        var limits = NetworkLimits()
        limits.elements = .max
        let layers = (0..<40).map { _ in LayerDefinition("tanh") }
        let definition = NetworkDefinition(inputs: [.init("input", [1 << 40, 1 << 20])], layers: layers)
        let network = try #require(Network.check(definition, limits: limits).network)
        let bytes = network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: true, on: Dual.self)
        #expect(bytes > 0x1p60 * 16 * 80 && bytes.isFinite)
    }
}

extension LayerDefinition {
    /// A layer with parameters of its own.
    fileprivate static func parameters(
        _ type: String,
        _ shapes: [String: Shape],
        _ fields: [String: FieldValue] = [:]
    ) -> LayerDefinition {
        LayerDefinition(type, fields: fields, parameters: shapes.mapValues { .own($0) })
    }

    /// A layer of the first network inputs.
    fileprivate static func taking(
        _ type: String,
        _ count: Int,
        _ fields: [String: FieldValue] = [:]
    ) -> LayerDefinition {
        LayerDefinition(type, fields: fields, inputs: .named((0..<count).map { "x\($0)" }))
    }
}

extension [String: Shape] {
    /// The parameters of a recurrent layer.
    fileprivate static func recurrent(_ inner: Int, _ width: Int, _ gates: Int) -> Self {
        ["weight_ih": [gates, inner], "weight_hh": [gates, width], "bias_ih": [gates], "bias_hh": [gates]]
    }
}
