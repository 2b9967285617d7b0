/// Normalises groups of channels of each sample (PyTorch's `group_norm`).
///
/// x is (N, C, …), weight w and bias b are (C), y has x's shape. The channels fall into `num_groups` groups of
/// neighbours; over each, with the biased variance, x̂ = (x − μ) / √(σ² + ε), and y = w_c x̂ + b_c. Gradients:
/// ``NormalizationCore`` (Wu and He, 2018, arXiv:1803.08494).
struct GroupNorm: Layer {
    static let type = "group_norm"
    static let summary = "Mean 0 and variance 1 over groups of channels, then a learnable scale and shift."
    static let fields: [Field] = [
        .required("num_groups", .integer(minimum: 1), "How many groups the channels fall into; a divisor of C."),
        .scale("(C)"),
        .shift("(C)"),
        .epsilon,
    ]
    static let shapeRule = "the input's shape (N, C, …)"
    static let formula =
        "y_{n,c,i} = w_c\\, \\hat x_{n,c,i} + b_c,\\quad \\hat x_{n,c,i} = r_{n,q} (x_{n,c,i} - \\mu_{n,q}),\\quad "
        + "r_{n,q} = (\\sigma_{n,q}^2 + \\epsilon)^{-1/2},\\quad q = \\text{group of } c"
    static let gradients =
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{n,c,i} = r_{n,q} \\left(h_{n,c,i} "
                    + "- \\tfrac{1}{M} \\sum_{d \\in q,\\,k} h_{n,d,k} - \\hat x_{n,c,i}\\, \\tfrac{1}{M} \\sum_{d \\in q,\\,k} h_{n,d,k}\\, "
                    + "\\hat x_{n,d,k}\\right),\\quad h_{n,c,i} = w_c\\, g_{n,c,i}",
                matrix: "\\partial C/\\partial x_q = r_q \\left(I - \\tfrac{1}{M} \\mathbf{1}\\mathbf{1}^\\top "
                    + "- \\tfrac{1}{M} \\hat x_q \\hat x_q^\\top\\right) (w \\odot g)_q"
            )
        ] + NormalizationCore.channelGradients
    static let examples = [
        LayerExample(
            [.sample(2, 6, 5)],
            parameters: ["weight": .sample(6, seed: 1), "bias": .sample(6, seed: 2)],
            fields: ["num_groups": .integers([3])]
        ),
        LayerExample(
            [.sample(3, 4)],
            parameters: ["weight": .sample(4, seed: 1)],
            fields: ["num_groups": .integers([1]), "eps": .number(0.5)]
        ),
        LayerExample([.sample(1, 4, 2, 3)], fields: ["num_groups": .integers([2])]),
    ]

    private let groups: Int
    private let epsilon: Double

    init(_ fields: FieldValues) {
        groups = fields.integer("num_groups")
        epsilon = fields.number("eps")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        guard x.rank >= 2 else { return operands.faultOfInputs("the input must be (N, C, …); it is \(x)") }
        let fits = operands.check("weight", has: [x[1]], because: "the input is \(x)")
        operands.check("bias", has: [x[1]], because: "the input is \(x)")
        guard x[1].isMultiple(of: groups) else {
            return operands.fault("num_groups", "num_groups must divide the \(x[1]) channels; it is \(groups)")
        }
        if x[0] == 1, x[1] == groups, x.dimensions.dropFirst(2).allSatisfy({ $0 == 1 }) {
            return operands.fault("num_groups", "a group must have more than one value; the input is \(x)")
        }
        return fits ? x : nil
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim > 0 ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(output)
        return Work(operations: core.operations, scratch: core.scratch)
    }

    private func core(_ x: Shape) -> NormalizationCore {
        let sets = x[0] * groups
        return NormalizationCore(
            sets: Lanes(outer: 1, length: sets, inner: x.count / sets),
            parameters: Lanes(x, along: 1)
        )
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        return core(x.shape)
            .evaluate(
                x,
                epsilon: epsilon,
                weight: operands.optionalParameter(0),
                bias: operands.optionalParameter(1)
            )
    }
}

/// Normalises each channel of each sample (PyTorch's `instance_norm`).
///
/// x is (N, C, …) with more than one place a channel, weight w and bias b are (C), y has x's shape. Over each channel,
/// with the biased variance, x̂ = (x − μ) / √(σ² + ε), and y = w_c x̂ + b_c. Gradients: ``NormalizationCore`` (Ulyanov,
/// Vedaldi and Lempitsky, 2016, arXiv:1607.08022).
struct InstanceNorm: Layer {
    static let type = "instance_norm"
    static let summary = "Mean 0 and variance 1 for each channel of each sample, then a learnable scale and shift."
    static let fields: [Field] = [.scale("(C)"), .shift("(C)"), .epsilon]
    static let shapeRule = "the input's shape (N, C, L…)"
    static let formula =
        "y_{n,c,i} = w_c\\, \\hat x_{n,c,i} + b_c,\\quad \\hat x_{n,c,i} = r_{n,c} (x_{n,c,i} - \\mu_{n,c}),\\quad "
        + "r_{n,c} = (\\sigma_{n,c}^2 + \\epsilon)^{-1/2}"
    static let gradients =
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{n,c,i} = r_{n,c} w_c \\left(g_{n,c,i} - \\tfrac{1}{M} \\sum_k "
                    + "g_{n,c,k} - \\hat x_{n,c,i}\\, \\tfrac{1}{M} \\sum_k g_{n,c,k}\\, \\hat x_{n,c,k}\\right)",
                matrix: "\\partial C/\\partial x_{n,c} = r_{n,c} w_c \\left(I - \\tfrac{1}{M} "
                    + "\\mathbf{1}\\mathbf{1}^\\top - \\tfrac{1}{M} \\hat x_{n,c} \\hat x_{n,c}^\\top\\right) g_{n,c}"
            )
        ] + NormalizationCore.channelGradients
    static let examples = [
        LayerExample([.sample(2, 3, 5)], parameters: ["weight": .sample(3, seed: 1), "bias": .sample(3, seed: 2)]),
        LayerExample([.sample(3, 2, 4, 5)], parameters: ["bias": .sample(2, seed: 1)], fields: ["eps": .number(0.5)]),
    ]

    private let epsilon: Double

    init(_ fields: FieldValues) { epsilon = fields.number("eps") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input() else { return nil }
        guard x.rank >= 2 else { return operands.faultOfInputs("the input must be (N, C, L…); it is \(x)") }
        let fits = operands.check("weight", has: [x[1]], because: "the input is \(x)")
        operands.check("bias", has: [x[1]], because: "the input is \(x)")
        if x.dimensions.dropFirst(2).allSatisfy({ $0 == 1 }) {
            return operands.faultOfInputs("a channel must have more than one value; the input is \(x)")
        }
        return fits ? x : nil
    }

    func mixing(along dim: Int, of input: Shape) -> Mixing? { dim > 1 ? .parts : nil }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(output)
        return Work(operations: core.operations, scratch: core.scratch)
    }

    private func core(_ x: Shape) -> NormalizationCore {
        let sets = x[0] * x[1]
        return NormalizationCore(
            sets: Lanes(outer: 1, length: sets, inner: x.count / sets),
            parameters: Lanes(x, along: 1),
            sparesConstants: true
        )
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        return core(x.shape)
            .evaluate(
                x,
                epsilon: epsilon,
                weight: operands.optionalParameter(0),
                bias: operands.optionalParameter(1)
            )
    }
}
