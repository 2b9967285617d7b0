import Backprop
import CAllocationMeter
import Testing

/// What float32 is computed by in ways of its own, against float64, which is computed by plain loops.
@Suite struct FloatKernelTests {
    /// Max pooling of windows of two by two, side by side.
    @Test(arguments: [[2, 8], [4, 8], [5, 9], [3, 11], [2, 13], [6, 21], [7, 34]])
    func `pairs are pooled as other windows are`(_ size: [Int]) throws {
        // Small integers, so that there are ties, and now and then what is not a number or not finite.
        let special: [Double] = [.nan, .infinity, -.infinity, -0.0, 0]
        for seed in 1...20 {
            let x = Tensor<Double>.probe(Shape([3, 2] + size), seed: seed).map { number -> Double in
                let digits = Int((number * 1e4).rounded())
                return digits % 7 == 0 ? special[abs(digits / 7) % special.count] : Double(digits % 4)
            }
            let single = Single(type: "max_pool2d", inputs: [x.shape], fields: ["kernel_size": .integers([2])])
            let (double, float) = (try single.pass([x], [:]), try single.pass([x.map { Float($0) }], [:]))
            #expect(float.output.elements.map { Double($0).bitPattern }.count == double.output.count)
            #expect(zip(float.output.elements, double.output.elements).allSatisfy { isSame($0, $1) })
            let g = Tensor<Double>.probe(double.output.shape, seed: seed + 1).map { Double(Float($0)) }
            let gradients = (try double.backward(from: g), try float.backward(from: g.map { Float($0) }))
            #expect(gradients.1.inputs[0]?.map { Double($0) } == gradients.0.inputs[0])
        }
    }

    private func isSame(_ float: Float, _ double: Double) -> Bool {
        float.isNaN ? double.isNaN : Double(float).bitPattern == double.bitPattern
    }

    /// Runs of every length are copied and added up, whatever number of them a vector holds: integers, which float32
    /// holds exactly as long as they are small.
    @Test(arguments: [(0, 1), (1, 1), (2, 3)])
    func `convolutions over rows of every length`(_ padding: Int, _ dilation: Int) throws {
        for length in (1...40).map({ $0 + 2 }) + [70, 131, 300] {
            let integers = { (shape: Shape, seed: Int) in
                Tensor<Double>.probe(shape, seed: seed).map { ($0 * 8).rounded() }
            }
            let (x, weight) = (integers([2, 2, 3, length], 1), integers([3, 2, 2, 3], 2))
            let single = Single(
                type: "conv2d",
                inputs: [x.shape],
                parameters: ["weight": weight.shape, "bias": [3]],
                fields: ["padding": .integers([padding]), "dilation": .integers([1, dilation])]
            )
            guard single.check.network != nil else { continue }
            let parameters = ["weight": weight, "bias": integers([3], 3)]
            let double = try single.pass([x], parameters)
            let float = try single.pass([x.map { Float($0) }], parameters.mapValues { $0.map { Float($0) } })
            #expect(float.output.map { Double($0) } == double.output)
            let g = integers(double.output.shape, 4)
            let (of64, of32) = (try double.backward(from: g), try float.backward(from: g.map { Float($0) }))
            let all64 = of64.inputs + (of64.layers[0]?.parameters ?? [])
            let all32 = of32.inputs + (of32.layers[0]?.parameters ?? [])
            #expect(all32.map { $0.map { $0.map { Double($0) } } } == all64)
        }
    }

    /// A small network's time is that of its allocations, so they are counted: of three linear layers with biases and a
    /// loss, 11 tensors come out; around them each layer takes an array of operands, one of gradients, a pullback and
    /// two arrays in which gradients are handed out.
    @Test func `a small network takes few blocks from the allocator`() throws {
        let sizes = [3, 4, 2, 1]
        let definition = NetworkDefinition(
            inputs: [.init("input", [1, 3])],
            layers: zip(sizes, sizes.dropFirst()).map { width, out in
                LayerDefinition("linear", parameters: ["weight": .own([out, width]), "bias": .own([out])])
            }
        )
        let network = try #require(Network.check(definition).network)
        let parameters = network.parameters.map { Tensor<Float>(shape: $0.shape, repeating: 0.5) }
        let input = Tensor<Float>(shape: [1, 3], elements: [1, 2, 3])
        let type = try #require(Catalogue.losses.first { $0.type == "mse" })
        var fields = FieldValues(defaultsOf: type.fields)
        fields.set("target", .constant(Tensor(shape: [1, 1], elements: [2])))
        let loss = type.init(fields)
        func run() throws -> Int {
            let keeping = Keeping(outputs: true, pullbacks: true)
            let pass = try network.forward(inputs: [input], parameters: parameters, keeping: keeping)
            return try pass.backward(from: Float.entries.loss(loss, pass.output).gradient()).layers.count
        }
        // What is made once in a program's life is made in the first run.
        #expect(try run() == 3)
        allocation_meter_start()
        #expect(try run() == 3)
        #expect(allocation_meter_count() <= 40, "\(allocation_meter_count())")
    }
}
