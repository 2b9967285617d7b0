/// Attention without weights of its own (PyTorch's `scaled_dot_product_attention`).
///
/// The query Q is (…, L, E), the key K (…, S, E), the value V (…, S, W) and y (…, L, W), the leading dimensions being
/// broadcast. P = softmax(s Q Kᵀ) over the keys, of which a causal mask leaves to query i those up to i, counted from
/// the upper left; Y = P V (Vaswani et al., 2017, arXiv:1706.03762, sec. 3.2.1).
///
/// With G = ∂C/∂Y: ∂C/∂V = Pᵀ G, ∂C/∂P = G Vᵀ, ∂C/∂Z = P ⊙ (∂C/∂P − rowsum(∂C/∂P ⊙ P)) for the scores Z = s Q Kᵀ,
/// ∂C/∂Q = s ∂C/∂Z K and ∂C/∂K = s (∂C/∂Z)ᵀ Q.
struct ScaledDotProductAttention: Layer {
    static let type = "scaled_dot_product_attention"
    static let arity = Arity.exactly(3)
    static let summary = "Means of values, weighted by how well their keys match each query."
    static let fields: [Field] = [
        .optional(
            "is_causal",
            .flag,
            standard: .flag(false),
            "Whether query i sees the keys up to position i alone."
        ),
        .optional(
            "scale",
            .number(.any),
            "What products of query and key are multiplied by; 1/√E where left out."
        ),
    ]
    static let shapeRule = "(…, L, E), (…, S, E) and (…, S, W) to (…, L, W), leading dimensions broadcast as in PyTorch"
    static let formula =
        "Y = P V,\\quad P_{ij} = \\frac{e^{Z_{ij}}}{\\sum_k e^{Z_{ik}}},\\quad Z = s\\, Q K^\\top "
        + "\\text{; with is\\_causal } P_{ij} = 0 \\text{ for } j > i"
    static let legend: [(letter: String, meaning: FormulaLetter)] = [
        ("Q", .input(0)), ("K", .input(1)), ("V", .input(2)), ("Y", .output), ("G", .gradient),
    ]
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial Q_{ie} = s \\sum_j \\zeta_{ij} K_{je},\\quad "
                + "\\zeta_{ij} = P_{ij} \\left(\\pi_{ij} - \\sum_k \\pi_{ik} P_{ik}\\right),\\quad "
                + "\\pi_{ij} = \\sum_w G_{iw} V_{jw}",
            matrix: "\\partial C/\\partial Q = s\\, \\zeta K,\\quad "
                + "\\zeta = P \\odot (G V^\\top - ((G V^\\top) \\odot P)\\, \\mathbf{1}\\mathbf{1}^\\top)"
        ),
        GradientFormula(
            "inputs[1]",
            index: "\\partial C/\\partial K_{je} = s \\sum_i \\zeta_{ij} Q_{ie}",
            matrix: "\\partial C/\\partial K = s\\, \\zeta^\\top Q"
        ),
        GradientFormula(
            "inputs[2]",
            index: "\\partial C/\\partial V_{jw} = \\sum_i P_{ij} G_{iw}",
            matrix: "\\partial C/\\partial V = P^\\top G"
        ),
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 4), .sample(2, 5, 4, seed: 1), .sample(2, 5, 6, seed: 2)]),
        LayerExample(
            [.sample(2, 1, 3, 2), .sample(4, 5, 2, seed: 1), .sample(5, 6, seed: 2)],
            fields: ["is_causal": .flag(true), "scale": .number(-0.3)]
        ),
        LayerExample(
            [.sample(5, 2), .sample(3, 2, seed: 1), .sample(3, 4, seed: 2)],
            fields: ["is_causal": .flag(true)]
        ),
    ]

    private let isCausal: Bool
    private let scale: Double?

    init(_ fields: FieldValues) {
        isCausal = fields.flag("is_causal")
        scale = fields.optionalNumber("scale")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let shapes = operands.allInputs else { return nil }
        let given = shapes.map(\.description).joined(separator: ", ")
        let expected = "inputs must be (…, L, E), (…, S, E) and (…, S, W)"
        let matrices = shapes.map { $0.rank < 2 ? [] : $0[$0.rank - 2..<$0.rank] }
        guard matrices.allSatisfy({ $0.rank == 2 }), matrices[0][1] == matrices[1][1], matrices[1][0] == matrices[2][0]
        else {
            return operands.faultOfInputs("\(expected); they are \(given)")
        }
        guard let batch = Batch.shape(shapes) else {
            return operands.faultOfInputs("the inputs' leading dimensions must broadcast; they are \(given)")
        }
        return batch + [matrices[0][0], matrices[2][1]]
    }

    private func core(_ query: Shape, _ key: Shape, _ value: Shape) -> AttentionCore {
        let width = query[query.rank - 1]
        return AttentionCore(
            queries: query[query.rank - 2],
            keys: key[key.rank - 2],
            width: width,
            valueWidth: value[value.rank - 1],
            scale: scale ?? 1 / Double(width).squareRoot(),
            isCausal: isCausal
        )
    }

    /// Only where query, key and value all hold a matrix for each sample do the samples stay apart.
    func couplesSamples(operands: [Shape]) -> Bool {
        operands.contains { $0.rank < 3 || $0.rank != operands[0].rank || $0[0] != operands[0][0] }
    }

    func work(operands: [Shape], output: Shape) -> Work {
        let core = core(operands[0], operands[1], operands[2])
        let products = Double(output.count / (core.queries * core.valueWidth))
        return Work(operations: products * core.operations, scratch: core.scratch)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (q, k, v) = (operands.input(0), operands.input(1), operands.input(2))
        let core = core(q.shape, k.shape, v.shape)
        guard let batch = Batch([q.shape, k.shape, v.shape]) else {
            preconditionFailure("a validated layer's inputs broadcast")
        }
        let shape = batch.shape + [core.queries, core.valueWidth]
        var output = [S](repeating: .zero, count: shape.count)
        do {
            var y = output.mutableSpan
            var buffer = core.buffer(of: S.self)
            for index in 0..<batch.shape.count {
                core.forward(
                    q.elements.span,
                    k.elements.span,
                    v.elements.span,
                    at: batch.places(index, core),
                    into: &y,
                    buffer: &buffer
                )
            }
        }
        return Evaluation(Tensor(shape: shape, elements: output)) { cotangent, wanted in
            func zeros(_ index: Int, _ operand: Tensor<S>) -> [S]? {
                wanted[index] ? [S](repeating: .zero, count: operand.count) : nil
            }
            var sums = AttentionCore.Cotangents(query: zeros(0, q), key: zeros(1, k), value: zeros(2, v))
            var weights = core.buffer(of: S.self)
            var scores = core.buffer(of: S.self)
            for index in 0..<batch.shape.count {
                core.pull(
                    cotangent.elements.span,
                    q.elements.span,
                    k.elements.span,
                    v.elements.span,
                    at: batch.places(index, core),
                    into: &sums,
                    weights: &weights,
                    scores: &scores
                )
            }
            return [
                sums.query.map { Tensor(shape: q.shape, elements: $0) },
                sums.key.map { Tensor(shape: k.shape, elements: $0) },
                sums.value.map { Tensor(shape: v.shape, elements: $0) },
            ]
        }
    }
}

/// The leading dimensions of query, key and value, broadcast to one shape.
private struct Batch: Sendable {
    /// The common shape.
    let shape: Shape
    /// For each operand, how many matrices one step along each dimension of `shape` passes; 0 where it repeats.
    private let steps: [[Int]]

    init?(_ operands: [Shape]) {
        guard let common = Self.shape(operands) else { return nil }
        shape = common
        steps = operands.map { operand in
            let lead = operand[0..<operand.rank - 2]
            let missing = common.rank - lead.rank
            let strides = lead.strides
            return (0..<common.rank).map { index in
                index < missing || lead[index - missing] == 1 ? 0 : strides[index - missing]
            }
        }
    }

    /// The common shape alone, for shapes of any size.
    static func shape(_ operands: [Shape]) -> Shape? {
        let leads = operands.map { $0[0..<$0.rank - 2] }
        return Broadcast.shape(leads[0], leads[1]).flatMap { Broadcast.shape($0, leads[2]) }
    }

    /// Where the matrices of product `index` stand.
    func places(_ index: Int, _ core: AttentionCore) -> AttentionCore.Places {
        AttentionCore.Places(
            query: matrix(index, of: 0) * core.queries * core.width,
            key: matrix(index, of: 1) * core.keys * core.width,
            value: matrix(index, of: 2) * core.keys * core.valueWidth,
            output: index * core.queries * core.valueWidth
        )
    }

    private func matrix(_ index: Int, of operand: Int) -> Int {
        var (rest, position) = (index, 0)
        for dim in (0..<shape.rank).reversed() {
            position += rest % shape[dim] * steps[operand][dim]
            rest /= shape[dim]
        }
        return position
    }
}
