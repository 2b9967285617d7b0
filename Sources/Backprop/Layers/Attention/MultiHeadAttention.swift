/// Attention of several heads with learnable projections (PyTorch's `MultiheadAttention`, batch first).
///
/// One input x is query, key and value at once; three are the query (N, L, E) and the key and value (N, S, E), or all
/// without N. The rows of in_proj_weight (3E, E) are the projections W_Q, W_K and W_V, and in_proj_bias (3E) has their
/// biases; head h attends with columns h d to (h + 1) d − 1 of the projected tensors, d = E / num_heads, scaled by
/// 1/√d. The heads' results side by side go through out_proj_weight W_O (E, E) and out_proj_bias (Vaswani et al., 2017,
/// arXiv:1706.03762, sec. 3.2.2).
///
/// The gradients are those of four linear layers and of ``ScaledDotProductAttention`` for each head between them.
struct MultiHeadAttention: Layer {
    static let type = "multi_head_attention"
    static let arity = Arity.oneOrThree
    static let summary = "Attention of several heads with learnable projections."
    static let fields: [Field] = [
        .required("num_heads", .integer(minimum: 1), "How many heads share the E columns; a divisor of E."),
        .required("in_proj_weight", .parameter, "The projections of query, key and value; (3E, E)."),
        .optional("in_proj_bias", .parameter, "Added to the projected query, key and value; (3E)."),
        .required("out_proj_weight", .parameter, "The projection of the heads' results; (E, E)."),
        .optional("out_proj_bias", .parameter, "Added to the output; (E)."),
    ]
    static let shapeRule = "(N, L, E) or (L, E), with key and value (N, S, E) or (S, E), to the query's shape"
    static let formula =
        "Y = [A_1 \\cdots A_H]\\, W_O^\\top + b_O,\\quad "
        + "A_h = \\operatorname{softmax}\\left(\\tfrac{1}{\\sqrt d} Q_h K_h^\\top\\right) V_h,\\quad "
        + "[Q_1 \\cdots Q_H] = X_Q W_Q^\\top + b_Q, \\text{ and so } K, V"
    static let legend: [(letter: String, meaning: FormulaLetter)] = [
        ("X_Q", .input(0)), ("X_K", .input(1)), ("X_V", .input(2)), ("Y", .output), ("G", .gradient),
        ("W_O", .parameter("out_proj_weight")),
    ]
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial X^Q_{ie} = \\sum_k \\bar Q_{ik}\\, W^Q_{ke},\\quad \\bar Q, \\bar K, \\bar V "
                + "\\text{ of each head as in attention, from } \\bar A = G W_O; "
                + "\\text{ with one input the sum over } Q, K, V",
            matrix: "\\partial C/\\partial X_Q = \\bar Q\\, W_Q"
        ),
        GradientFormula(
            "inputs[1]",
            index: "\\partial C/\\partial X^K_{je} = \\sum_k \\bar K_{jk}\\, W^K_{ke}",
            matrix: "\\partial C/\\partial X_K = \\bar K\\, W_K"
        ),
        GradientFormula(
            "inputs[2]",
            index: "\\partial C/\\partial X^V_{je} = \\sum_k \\bar V_{jk}\\, W^V_{ke}",
            matrix: "\\partial C/\\partial X_V = \\bar V\\, W_V"
        ),
        GradientFormula(
            "in_proj_weight",
            index: "\\partial C/\\partial W^Q_{ke} = \\sum_{n,i} \\bar Q_{n,i,k}\\, X^Q_{n,i,e}, \\text{ and so } K, V",
            matrix: "\\partial C/\\partial W_Q = \\bar Q^\\top X_Q, \\text{ and so } K, V"
        ),
        GradientFormula(
            "in_proj_bias",
            index: "\\partial C/\\partial b^Q_k = \\sum_{n,i} \\bar Q_{n,i,k}, \\text{ and so } K, V",
            matrix: "\\partial C/\\partial b_Q = \\bar Q^\\top \\mathbf{1}, \\text{ and so } K, V"
        ),
        GradientFormula(
            "out_proj_weight",
            index: "\\partial C/\\partial W^O_{ke} = \\sum_{n,i} g_{n,i,k}\\, A_{n,i,e}",
            matrix: "\\partial C/\\partial W_O = G^\\top A"
        ),
        GradientFormula(
            "out_proj_bias",
            index: "\\partial C/\\partial b^O_k = \\sum_{n,i} g_{n,i,k}",
            matrix: "\\partial C/\\partial b_O = G^\\top \\mathbf{1}"
        ),
    ]
    static let examples = [
        LayerExample(
            [.sample(4, 5, 6)],
            parameters: [
                "in_proj_weight": .smallSample(18, 6, seed: 1), "in_proj_bias": .smallSample(18, seed: 2),
                "out_proj_weight": .smallSample(6, 6, seed: 3), "out_proj_bias": .smallSample(6, seed: 4),
            ],
            fields: ["num_heads": .integers([3])]
        ),
        LayerExample(
            [.sample(5, 4), .sample(3, 4, seed: 5), .sample(3, 4, seed: 6)],
            parameters: [
                "in_proj_weight": .smallSample(12, 4, seed: 1), "out_proj_weight": .smallSample(4, 4, seed: 3),
            ],
            fields: ["num_heads": .integers([2])]
        ),
        LayerExample(
            [.sample(3, 5, 2), .sample(3, 4, 2, seed: 5), .sample(3, 4, 2, seed: 6)],
            parameters: [
                "in_proj_weight": .smallSample(6, 2, seed: 1), "in_proj_bias": .smallSample(6, seed: 2),
                "out_proj_weight": .smallSample(2, 2, seed: 3),
            ],
            fields: ["num_heads": .integers([1])]
        ),
    ]

    private let heads: Int

    init(_ fields: FieldValues) { heads = fields.integer("num_heads") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let weight = operands["in_proj_weight"] else { return nil }
        guard weight.rank == 2, weight[0].isMultiple(of: 3), weight[0] / 3 == weight[1] else {
            return operands.fault("in_proj_weight", "in_proj_weight must be (3E, E); it is \(weight)")
        }
        let width = weight[1]
        let reason = "in_proj_weight is \(weight)"
        var fits = operands["out_proj_weight"] != nil
        if !operands.check("out_proj_weight", has: [width, width], because: reason) { fits = false }
        operands.check("in_proj_bias", has: [weight[0]], because: reason)
        operands.check("out_proj_bias", has: [width], because: reason)
        if !width.isMultiple(of: heads) {
            operands.fault("num_heads", "num_heads must divide the \(width) columns; it is \(heads)")
            fits = false
        }
        guard let shapes = operands.allInputs else { return nil }
        for x in shapes where !(2...3).contains(x.rank) || x.last != width {
            let expected = "inputs must be (N, L, \(width)) or (L, \(width))"
            return operands.fault("in_proj_weight", "\(reason), so \(expected); one is \(x)")
        }
        if shapes.count == 3 {
            let (query, key, value) = (shapes[0], shapes[1], shapes[2])
            guard key == value, query.rank == key.rank, query.rank == 2 || query[0] == key[0] else {
                let given = shapes.map(\.description).joined(separator: ", ")
                let expected = "query must be (N, L, E) and key and value both (N, S, E), or all without N"
                return operands.faultOfInputs("\(expected); they are \(given)")
            }
        }
        return fits ? shapes[0] : nil
    }

    /// Without a batch the first dimension is the sequence.
    func couplesSamples(operands: [Shape]) -> Bool { operands[0].rank == 2 }

    func work(operands: [Shape], output: Shape) -> Work {
        // Key and value have one shape, which no two parameters in their places have: so one input stands for three.
        let isSelf = operands[1] != operands[2]
        return AttentionHeads(query: operands[0], key: operands[isSelf ? 0 : 1], heads: heads).work
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let isSelf = operands.inputCount == 1
        let inputs = (0..<3).map { operands.input(isSelf ? 0 : $0) }
        let (inWeight, outWeight) = (operands.parameter(0), operands.parameter(2))
        let (inBias, outBias) = (operands.optionalParameter(1), operands.optionalParameter(3))
        let run = AttentionHeads(query: inputs[0].shape, key: inputs[1].shape, heads: heads)
        let projected = inputs.enumerated().map {
            run.projected($1.elements, inWeight.elements, inBias?.elements, part: $0)
        }
        let attended = run.attended(projected)
        let y = run.joined(attended, outWeight.elements, outBias?.elements)
        return Evaluation(Tensor(shape: inputs[0].shape, elements: y)) { cotangent, wanted in
            let count = operands.inputCount
            var gradients = [Tensor<S>?](repeating: nil, count: count + 4)
            let g = cotangent.elements
            if wanted[count + 2] {
                gradients[count + 2] = Tensor(shape: outWeight.shape, elements: run.outWeightGradient(g, attended))
            }
            if wanted[count + 3], let outBias {
                gradients[count + 3] = Tensor(shape: outBias.shape, elements: columnSums(g, columns: run.width))
            }
            let wantsInputs = (0..<count).contains { wanted[$0] }
            guard wantsInputs || wanted[count] || wanted[count + 1] else { return gradients }
            let parts = run.pulled(g, projected, outWeight.elements)
            if wanted[count] {
                let sum = run.inWeightGradient(parts, inputs.map(\.elements))
                gradients[count] = Tensor(shape: inWeight.shape, elements: sum)
            }
            if wanted[count + 1], let inBias {
                let sums = parts.flatMap { columnSums($0, columns: run.width) }
                gradients[count + 1] = Tensor(shape: inBias.shape, elements: sums)
            }
            for index in 0..<count where wanted[index] {
                let sources = isSelf ? Array(0..<3) : [index]
                let dx = run.inputGradient(parts, inWeight.elements, of: sources)
                gradients[index] = Tensor(shape: operands.input(index).shape, elements: dx)
            }
            return gradients
        }
    }
}
