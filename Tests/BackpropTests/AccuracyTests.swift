import Backprop
import Testing

/// An entry-wise layer with its value and first two derivatives at some points, from mpmath 1.3 with 120 digits.
struct AccuracyRow: Sendable, CustomTestStringConvertible {
    let type: String
    let fields: [String: FieldValue]
    let points: [(x: Double, value: Double, slope: Double, curvature: Double)]

    init(_ type: String, _ fields: [String: FieldValue], _ points: [(Double, Double, Double, Double)]) {
        self.type = type
        self.fields = fields
        self.points = points.map { (x: $0.0, value: $0.1, slope: $0.2, curvature: $0.3) }
    }

    var testDescription: String { "\(type) \(fields)" }
}

@Suite struct AccuracyTests {
    /// Far out nothing overflows, and what is small keeps its digits.
    @Test(arguments: AccuracyRow.all)
    func `values and derivatives keep their digits`(of row: AccuracyRow) throws {
        let x = Tensor(shape: [row.points.count], elements: row.points.map { Dual($0.x, tangent: 1) })
        let (value, gradient) = try entrywise(row.type, row.fields, x)
        for (index, point) in row.points.enumerated() {
            let close = { (a: Double, b: Double) in agree(a, b, absolute: 1e-30, relative: 4e-15) }
            #expect(close(value.elements[index].value, point.value), "\(point.x): \(value.elements[index])")
            #expect(close(value.elements[index].tangent, point.slope), "\(point.x): \(value.elements[index])")
            #expect(close(gradient.elements[index].value, point.slope), "\(point.x): \(gradient.elements[index])")
            let curvature = gradient.elements[index].tangent
            #expect(agree(curvature, point.curvature, absolute: 1e-15, relative: 4e-15), "\(point.x): \(curvature)")
        }
    }

    /// Whatever is bounded, or grows no faster than x, is finite wherever x is, and so are its derivatives.
    @Test(arguments: [
        "relu", "relu6", "leaky_relu", "hardtanh", "hardsigmoid", "hardswish", "elu", "celu", "selu", "sigmoid",
        "logsigmoid", "softplus", "tanh", "softsign", "silu", "mish", "gelu", "abs", "neg", "sin", "cos",
    ])
    func `nothing overflows`(in type: String) throws {
        let x = Tensor(shape: [4], elements: [-1e300, -1e160, 1e160, 1e300].map { Dual($0, tangent: 1) })
        for approximate in type == "gelu" ? ["none", "tanh"] : [""] {
            let (value, gradient) = try entrywise(
                type,
                approximate.isEmpty ? [:] : ["approximate": .choice(approximate)],
                x
            )
            for number in value.elements + gradient.elements { #expect(number.isFinite, "\(value) \(gradient)") }
        }
    }

    /// The subgradients that PyTorch takes at kinks, in both modes alike.
    @Test(arguments: [
        ("relu", 0, 0), ("relu", -0.0, 0), ("abs", 0, 0), ("leaky_relu", 0, 0.01), ("relu6", 0, 0), ("relu6", 6, 0),
        ("hardtanh", -1, 0), ("hardtanh", 1, 0), ("hardsigmoid", -3, 0), ("hardsigmoid", 3, 0), ("hardswish", -3, 0),
        ("hardswish", 3, 1), ("elu", 0, 1), ("celu", 0, 1), ("selu", 0, 1.7580993408473768), ("softsign", 0, 1),
    ])
    func `kinks fall as in PyTorch`(_ type: String, at x: Double, slope: Double) throws {
        let (value, gradient) = try entrywise(type, [:], Tensor(shape: [1], elements: [Dual(x, tangent: 1)]))
        #expect(value.elements[0].tangent == slope && gradient.elements[0].value == slope)
    }

    /// NaN goes through, whichever way a comparison with it falls.
    @Test(arguments: Catalogue.layerTypes)
    func `NaN stays`(in type: String) throws {
        guard let layer = Catalogue.layer(type) as? any Entrywise.Type else { return }
        let fields = layer.examples[0].fields
        let (value, _) = try entrywise(type, fields, Tensor(shape: [1], elements: [Dual(.nan, tangent: 1)]))
        #expect(value.elements[0].value.isNaN)
    }

    /// The output, and the gradient where every output's is 1.
    private func entrywise(
        _ type: String,
        _ fields: [String: FieldValue],
        _ x: Tensor<Dual>
    ) throws -> (Tensor<Dual>, Tensor<Dual>) {
        let definition = NetworkDefinition(
            inputs: [.init("input", x.shape)],
            layers: [LayerDefinition(type, fields: fields)]
        )
        let network = try #require(Network.check(definition).network)
        let keeping = Keeping(outputs: false, pullbacks: true)
        let pass = try network.forward(inputs: [x], parameters: [], keeping: keeping)
        let gradients = try pass.backward(from: Tensor(shape: x.shape, repeating: 1))
        return (pass.output, try #require(gradients.inputs[0]))
    }
}

extension AccuracyRow {
    // swift-format-ignore
    static let all = [
        AccuracyRow("selu", [:], [
            (-1000, -1.7580993408473768, 0, 0),
            (-30, -1.7580993408472123, 1.6451630773416185e-13, 1.6451630773416185e-13),
            (-0.5, -0.6917581878028713, 1.0663411530445055, 1.0663411530445055),
            (0x1p-30, 9.785415486949314e-10, 1.0507009873554805, 0),
            (8, 8.405607898843844, 1.0507009873554805, 0),
            (1000, 1050.7009873554805, 1.0507009873554805, 0),
        ]),
        AccuracyRow("elu", [:], [
            (-1000, -1.0, 0, 0),
            (-30, -0.9999999999999064, 9.357622968840175e-14, 9.357622968840175e-14),
            (-0.5, -0.3934693402873666, 0.6065306597126334, 0.6065306597126334),
            (0x1p-30, 9.313225746154785e-10, 1.0, 0),
            (8, 8.0, 1.0, 0),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("celu", ["alpha": .number(0.5)], [
            (-1000, -0.5, 0, 0),
            (-30, -0.5, 8.75651076269652e-27, 1.751302152539304e-26),
            (-0.5, -0.31606027941427883, 0.36787944117144233, 0.7357588823428847),
            (0x1p-30, 9.313225746154785e-10, 1.0, 0),
            (8, 8.0, 1.0, 0),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("silu", [:], [
            (-1000, 0, 0, 0),
            (-30, -2.8072868906517896e-12, -2.713710660963134e-12, -2.620134431274233e-12),
            (-0.5, -0.18877033439907273, 0.2600388126973482, 0.4412290269770286),
            (0x1p-30, 4.656612875245797e-10, 0.5000000004656613, 0.5),
            (8, 7.997317198956268, 1.0023465512355854, -0.002009627272592838),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("mish", [:], [
            (-1000, 0, 0, 0),
            (-30, -2.807286890651921e-12, -2.713710660963392e-12, -2.620134431274741e-12),
            (-0.5, -0.22074377465173, 0.2895106779135122, 0.5639709231132666),
            (0x1p-30, 5.587935450468429e-10, 0.6000000005960464, 0.6399999999105931),
            (8, 7.999998200644843, 1.000003372583688, -6.2920095078779335e-06),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("gelu", [:], [
            (-1000, 0, 0, 0),
            (-30, -1.472014178144456e-196, -4.416031690708495e-195, -1.3233342291209357e-193),
            (-0.5, -0.15426876936299344, 0.13250487534383715, 0.6161143218375241),
            (0x1p-30, 4.656612876537665e-10, 0.5000000007430879, 0.7978845608028654),
            (8, 7.999999999999995, 1.0000000000000397, -3.1324080717928733e-13),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("gelu", ["approximate": .choice("tanh")], [
            (-1000, 0, 0, 0),
            (-30, 0, 0, 0),
            (-0.5, -0.15428599017485609, 0.1326300964653577, 0.6155068951159849),
            (0x1p-30, 4.656612876537665e-10, 0.5000000007430879, 0.7978845608028654),
            (8, 8.0, 1.0, -7.0458213960972915e-19),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("softplus", ["threshold": .number(10_000)], [
            (-1000, 0, 0, 0),
            (-30, 9.357622968839737e-14, 9.357622968839299e-14, 9.357622968838423e-14),
            (-0.5, 0.4740769841801067, 0.37754066879814546, 0.2350037122015945),
            (0x1p-30, 0.6931471810256066, 0.5000000002328306, 0.25),
            (8, 8.000335406372896, 0.9996646498695335, 0.00033523767075647424),
            (1000, 1000.0, 1.0, 0),
        ]),
        AccuracyRow("logsigmoid", [:], [
            (-1000, -1000.0, 1.0, 0),
            (-30, -30.000000000000092, 0.9999999999999064, -9.357622968838423e-14),
            (-0.5, -0.9740769841801067, 0.6224593312018546, -0.2350037122015945),
            (0x1p-30, -0.693147180094284, 0.49999999976716936, -0.25),
            (8, -0.00033540637289576885, 0.0003353501304664781, -0.00033523767075647424),
            (1000, 0, 0, 0),
        ]),
        AccuracyRow("softsign", [:], [
            (-1000, -0.999000999000999, 9.98002996004994e-07, 1.994011980029958e-09),
            (-30, -0.967741935483871, 0.001040582726326743, 6.713436944043503e-05),
            (-0.5, -0.3333333333333333, 0.4444444444444444, 0.5925925925925926),
            (0x1p-30, 9.313225737481168e-10, 0.9999999981373549, -1.9999999944120646),
            (8, 0.8888888888888888, 0.012345679012345678, -0.0027434842249657062),
            (1000, 0.999000999000999, 9.98002996004994e-07, -1.994011980029958e-09),
        ]),
    ]
}
