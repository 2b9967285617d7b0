import Backprop
import Testing

@Suite struct LossAccuracyTests {
    /// Values, derivatives and second derivatives for a positive weight of 2.5, from mpmath 1.3 with 60 digits.
    @Test(arguments: [
        // output, target, loss, slope, curvature
        (-1000, 0, 0, 0, 0),
        (-30, 0, 9.357622968839737e-14, 9.357622968839299e-14, 9.357622968838423e-14),
        (0.5, 0, 0.9740769841801067, 0.6224593312018546, 0.2350037122015945),
        (1000, 0, 1000, 1, 0),
        (-1000, 1, 2500, -2.5, 0),
        (30, 1, 2.339405742209934e-13, -2.3394057422098245e-13, 2.339405742209606e-13),
        (1000, 1, 0, 0, 0),
        (-30, 0.25, 18.750000000000128, -0.6249999999998713, 1.286673158215283e-13),
        (0.5, 0.25, 1.0268558532476466, 0.23088158040255002, 0.3231301042771924),
        (1000, 0.25, 750, 0.75, 0),
    ])
    func `bce_with_logits keeps its digits`(
        _ output: Double,
        _ target: Double,
        _ value: Double,
        _ slope: Double,
        _ curvature: Double
    ) throws {
        let constants = ["target": Tensor(target), "pos_weight": Tensor(2.5)]
        let evaluation = try evaluate("bce_with_logits", constants.mapValues { .constant($0) }, Tensor(output))
        let gradient = evaluation.gradient().elements[0]
        let close = { (a: Double, b: Double) in agree(a, b, absolute: 1e-300, relative: 4e-15) }
        #expect(close(evaluation.value.value, value) && close(evaluation.value.tangent, slope))
        #expect(close(gradient.value, slope) && close(gradient.tangent, curvature))
    }

    @Test func `cross_entropy does not overflow and keeps small differences beside large logits`() throws {
        let target = FieldValue.constant(Tensor(shape: [2], elements: [1, 0]))
        let output = Tensor(shape: [2, 2], elements: [1e300, -1e300, 1e8, 1e8 - 1])
        let evaluation = try evaluate("cross_entropy", ["target": target, "reduction": .choice("sum")], output)
        #expect(evaluation.value.value == 2e300)
        let near = try evaluate(
            "cross_entropy",
            ["target": .constant(Tensor(0))],
            Tensor(shape: [2], elements: [1e8, 1e8 - 1])
        )
        #expect(agree(near.value.value, 0.3132616875182228, absolute: 0, relative: 4e-16))
        #expect(evaluation.gradient().elements.prefix(2).map(\.value) == [1, -1])
    }

    /// PyTorch's mean over no sample at all: 0 / 0, with a gradient of zeros.
    @Test(arguments: ["cross_entropy", "nll"])
    func `ignored samples alone`(in type: String) throws {
        let target = FieldValue.constant(Tensor(shape: [2], elements: [-100, -100]))
        let evaluation = try evaluate(type, ["target": target], Tensor(shape: [2, 3], repeating: 0.5))
        #expect(evaluation.value.value.isNaN)
        #expect(evaluation.gradient().elements.allSatisfy { $0.value == 0 })
        let sum = try evaluate(
            type,
            ["target": target, "reduction": .choice("sum")],
            Tensor(shape: [2, 3], repeating: 1)
        )
        #expect(sum.value.value == 0)
    }

    /// 2^63 is a number that `ignore_index` rounds to, but no integer.
    @Test(arguments: ["cross_entropy", "nll"])
    func `the largest index ignored`(in type: String) throws {
        let target = FieldValue.constant(Tensor(shape: [2], elements: [0, 0x1p63]))
        let fields = ["target": target, "ignore_index": .integers([.max]), "reduction": .choice("sum")]
        let evaluation = try evaluate(type, fields, Tensor(shape: [2, 1], repeating: -1))
        #expect(evaluation.value.value == (type == "nll" ? 1 : 0))
    }

    @Test func `bce is held at the edges and is NaN beyond`() throws {
        let target = FieldValue.constant(Tensor(shape: [3], elements: [1, 1, 0]))
        let output = Tensor(shape: [3], elements: [0, 1, 1.0])
        let evaluation = try evaluate("bce", ["target": target, "reduction": .choice("sum")], output)
        #expect(evaluation.value.value == 200)
        #expect(evaluation.gradient().elements.map(\.value) == [-1e12, 0, 1e12])
        let beyond = try evaluate("bce", ["target": .constant(Tensor(0.5))], Tensor(1.5))
        #expect(beyond.value.value.isNaN)
    }

    /// 0 log 0 is 0, and Stirling's approximation is for counts above 1 alone.
    @Test func `targets of zero cost what is left`() throws {
        let zero = FieldValue.constant(Tensor(0))
        #expect(try evaluate("kl_div", ["target": zero], Tensor(-2)).value.value == 0)
        #expect(try evaluate("poisson_nll", ["target": zero, "full": .flag(true)], Tensor(0)).value.value == 1)
        let one = FieldValue.constant(Tensor(1))
        #expect(try evaluate("poisson_nll", ["target": one, "full": .flag(true)], Tensor(0)).value.value == 1)
    }

    @Test func `a variance below eps is eps`() throws {
        let fields = ["target": Tensor(0), "var": Tensor(0.25)].mapValues { FieldValue.constant($0) }
        let other = fields.merging(["eps": .number(4)], uniquingKeysWith: { $1 })
        let gradients = try [fields, other].map {
            try evaluate("gaussian_nll", $0, Tensor(3)).gradient().elements[0].value
        }
        #expect(gradients == [12, 0.75])
    }

    /// A mean of round numbers is round.
    @Test func `a mean is a sum divided once`() throws {
        let target = FieldValue.constant(Tensor(shape: [6], repeating: 0))
        for type in ["mse", "l1"] {
            let evaluation = try evaluate(type, ["target": target], Tensor(shape: [6], repeating: 1))
            #expect(evaluation.value.value == 1)
        }
    }

    /// The loss on duals, every entry of the output moving alike.
    private func evaluate(
        _ type: String,
        _ fields: [String: FieldValue],
        _ output: Tensor<Double>
    ) throws -> LossEvaluation<Dual> {
        let type = try #require(Catalogue.loss(type))
        var values = FieldValues(defaultsOf: type.fields)
        for (name, value) in fields { values.set(name, value) }
        let loss = type.init(values)
        var faults: [OperandShapes.Fault] = []
        loss.check(output: output.shape, faults: &faults)
        #expect(faults.isEmpty)
        return Dual.entries.loss(loss, output.map { Dual($0, tangent: 1) })
    }
}
