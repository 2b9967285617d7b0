/// Normalises over the last dimensions (PyTorch's `layer_norm`).
///
/// x is (…, normalized_shape), weight w and bias b have normalized_shape, y has x's shape. For each index of the
/// leading dimensions, with the biased variance: x̂ = (x − μ) / √(σ² + ε) and y = w x̂ + b. Gradients:
/// ``NormalizationCore`` (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).
struct LayerNorm: Layer {
    static let type = "layer_norm"
    static let summary = "Mean 0 and variance 1 over the last dimensions, then a learnable scale and shift."
    static let fields: [Field] = [
        .normalizedShape,
        .scale("normalized_shape"),
        .shift("normalized_shape"),
        .epsilon,
    ]
    static let shapeRule = "the input's shape, which ends in normalized_shape"
    static let formula =
        "y_{n,j} = w_j\\, \\hat x_{n,j} + b_j,\\quad "
        + "\\hat x_{n,j} = r_n (x_{n,j} - \\mu_n),\\quad r_n = (\\sigma_n^2 + \\epsilon)^{-1/2}"
    static let gradients =
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{n,j} = r_n \\left(h_{n,j} - \\tfrac{1}{D} \\sum_k h_{n,k} "
                    + "- \\hat x_{n,j}\\, \\tfrac{1}{D} \\sum_k h_{n,k}\\, \\hat x_{n,k}\\right),\\quad "
                    + "h_{n,j} = w_j\\, g_{n,j}",
                matrix: "\\partial C/\\partial x = r \\left(I - \\tfrac{1}{D} \\mathbf{1}\\mathbf{1}^\\top "
                    + "- \\tfrac{1}{D} \\hat x \\hat x^\\top\\right) (w \\odot g)"
            )
        ] + NormalizationCore.elementGradients
    static let examples = [
        LayerExample(
            [.sample(2, 5, 3)],
            parameters: ["weight": .sample(3, seed: 1), "bias": .sample(3, seed: 2)],
            fields: ["normalized_shape": .integers([3])]
        ),
        LayerExample(
            [.sample(4, 2, 3)],
            parameters: ["weight": .sample(2, 3, seed: 1)],
            fields: ["normalized_shape": .integers([2, 3]), "eps": .number(0.5)]
        ),
        LayerExample(
            [.sample(5)],
            parameters: ["bias": .sample(5, seed: 1)],
            fields: ["normalized_shape": .integers([5])]
        ),
    ]

    private let normalized: Shape
    private let epsilon: Double

    init(_ fields: FieldValues) {
        normalized = Shape(fields.integers("normalized_shape"))
        epsilon = fields.number("eps")
    }

    func shape(of operands: inout OperandShapes) -> Shape? { operands.ending(in: normalized) }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = NormalizationCore(over: normalized, of: output)
        return Work(operations: core.operations, scratch: core.scratch)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        return NormalizationCore(over: normalized, of: x.shape)
            .evaluate(
                x,
                epsilon: epsilon,
                weight: operands.optionalParameter(0),
                bias: operands.optionalParameter(1)
            )
    }
}

/// Divides by the root of the mean square over the last dimensions (PyTorch's `rms_norm`).
///
/// x is (…, normalized_shape), weight w has normalized_shape, y has x's shape: x̂ = x / √(mean(x²) + ε), y = w x̂.
/// Gradients: ``NormalizationCore`` without centring (Zhang and Sennrich, 2019, arXiv:1910.07467).
struct RMSNorm: Layer {
    static let type = "rms_norm"
    static let summary = "Mean square 1 over the last dimensions, then a learnable scale."
    static let fields: [Field] = [
        .normalizedShape,
        .scale("normalized_shape"),
        .optional(
            "eps",
            .number(.notNegative),
            "Added to the mean square before its root is taken; the distance from 1 to the next number where left out."
        ),
    ]
    static let shapeRule = "the input's shape, which ends in normalized_shape"
    static let formula =
        "y_{n,j} = w_j\\, \\hat x_{n,j},\\quad \\hat x_{n,j} = r_n\\, x_{n,j},\\quad "
        + "r_n = \\left(\\tfrac{1}{D} \\sum_k x_{n,k}^2 + \\epsilon\\right)^{-1/2}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{n,j} = r_n \\left(h_{n,j} - \\hat x_{n,j}\\, "
                + "\\tfrac{1}{D} \\sum_k h_{n,k}\\, \\hat x_{n,k}\\right),\\quad h_{n,j} = w_j\\, g_{n,j}",
            matrix: "\\partial C/\\partial x = r \\left(I - \\tfrac{1}{D} \\hat x \\hat x^\\top\\right) (w \\odot g)"
        ),
        NormalizationCore.elementGradients[0],
    ]
    static let examples = [
        LayerExample(
            [.sample(2, 5, 3)],
            parameters: ["weight": .sample(3, seed: 1)],
            fields: ["normalized_shape": .integers([3])]
        ),
        LayerExample([.sample(4, 2, 3)], fields: ["normalized_shape": .integers([2, 3]), "eps": .number(0.5)]),
    ]

    private let normalized: Shape
    private let epsilon: Double?

    init(_ fields: FieldValues) {
        normalized = Shape(fields.integers("normalized_shape"))
        epsilon = fields.optionalNumber("eps")
    }

    func shape(of operands: inout OperandShapes) -> Shape? { operands.ending(in: normalized) }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = NormalizationCore(over: normalized, of: output)
        return Work(operations: core.operations, scratch: core.scratch)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        var core = NormalizationCore(over: normalized, of: x.shape)
        core.centres = false
        return core.evaluate(
            x,
            epsilon: epsilon ?? S.machineEpsilon,
            weight: operands.optionalParameter(0),
            bias: nil
        )
    }
}

extension NormalizationCore {
    /// Over the last dimensions, which `normalized` are.
    fileprivate init(over normalized: Shape, of x: Shape) {
        let length = normalized.count
        let count = x.count / length
        self.init(
            sets: Lanes(outer: 1, length: count, inner: length),
            parameters: Lanes(outer: count, length: length, inner: 1)
        )
    }
}

extension Field {
    fileprivate static let normalizedShape = required(
        "normalized_shape",
        .integers(count: nil, minimum: 1),
        "The input's last dimensions, over which it is normalised."
    )
}

extension OperandShapes {
    /// The input's shape if it ends in `normalized` and the parameters fit, or `nil` with the faults noted.
    fileprivate mutating func ending(in normalized: Shape) -> Shape? {
        guard normalized.rank > 0 else {
            return fault("normalized_shape", "normalized_shape must name at least one dimension")
        }
        let fits = check("weight", has: normalized, because: "normalized_shape is \(normalized)")
        check("bias", has: normalized, because: "normalized_shape is \(normalized)")
        guard let x = input() else { return nil }
        guard x.rank >= normalized.rank, x[x.rank - normalized.rank..<x.rank] == normalized else {
            return fault("normalized_shape", "the input must end in normalized_shape \(normalized); it is \(x)")
        }
        return fits ? x : nil
    }
}
