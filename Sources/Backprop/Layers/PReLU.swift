/// x, or x times a learnt slope where it is not positive (He and others 2015).
///
/// x is (N, C, …) and the weight (C), or one number for all; a single number is taken where x has fewer than two
/// dimensions. At 0 the derivative is the slope's.
struct PReLU: Layer {
    static let type = "prelu"
    static let keepsPositions = true
    static let summary = "The rectifier with a learnt slope for negative numbers."
    static let fields: [Field] = [
        .required("weight", .parameter, "The slope, for each channel (dimension 1) or one for all; (1) or (channels).")
    ]
    static let shapeRule = "the input's shape"
    static let formula = "y_{ic} = \\begin{cases} x_{ic} & x_{ic} > 0 \\\\ w_c\\, x_{ic} & \\text{else} \\end{cases}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: """
                \\partial C/\\partial x_{ic} = \\begin{cases} g_{ic} & x_{ic} > 0 \\\\ w_c\\, g_{ic} & \\text{else} \
                \\end{cases}
                """,
            matrix: "\\partial C/\\partial x = ([x > 0] + [x \\le 0] \\odot w) \\odot g"
        ),
        GradientFormula(
            "weight",
            index: "\\partial C/\\partial w_c = \\sum_i [x_{ic} \\le 0]\\, x_{ic}\\, g_{ic}",
            matrix: "\\partial C/\\partial w = \\sum_i \\left([x \\le 0] \\odot x \\odot g\\right)_i"
        ),
    ]
    static let examples = [
        LayerExample([.sample(2, 3, 4)], parameters: ["weight": .sample(3, seed: 1)]),
        LayerExample([.sample(5)], parameters: ["weight": .sample(1, seed: 1)]),
        LayerExample([.sample(4, 2)], parameters: ["weight": .sample(2, seed: 1)]),
    ]

    init(_ fields: FieldValues) {}

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let weight = operands["weight"] else { return nil }
        guard weight.rank <= 1 else {
            return operands.fault("weight", "weight must be (1) or (channels); it is \(weight)")
        }
        guard let x = operands.input() else { return nil }
        let channels = x.rank > 1 ? x[1] : 1
        guard weight == [] || weight == [1] || weight == [channels] else {
            let expected = channels == 1 ? "(1)" : "(1) or (\(channels))"
            return operands.fault("weight", "the input is \(x), so weight must be \(expected); it is \(weight)")
        }
        return x
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (x, weight) = (operands.input(), operands.parameter(0))
        // One slope serves all; otherwise there is a run of entries for each channel of each sample.
        let channels = weight.count
        let run = channels == 1 ? x.count : x.shape[2..<x.shape.rank].count
        let runs = x.count / run

        let values = [S](capacity: x.count) { out in
            let (xs, ws) = (x.elements.span, weight.elements.span)
            for index in 0..<runs {
                let w = ws[index % channels]
                for i in index * run..<(index + 1) * run { out.append(xs[i] > 0 ? xs[i] : w * xs[i]) }
            }
        }
        return Evaluation(Tensor(shape: x.shape, elements: values)) { cotangent, wanted in
            let (xs, ws, gs) = (x.elements.span, weight.elements.span, cotangent.elements.span)
            var gradients: [Tensor<S>?] = [nil, nil]
            if wanted[0] {
                let dx = [S](capacity: xs.count) { out in
                    for index in 0..<runs {
                        let w = ws[index % channels]
                        for i in index * run..<(index + 1) * run { out.append(xs[i] > 0 ? gs[i] : w * gs[i]) }
                    }
                }
                gradients[0] = Tensor(shape: x.shape, elements: dx)
            }
            if wanted[1] {
                var dw = [S](repeating: .zero, count: channels)
                for index in 0..<runs {
                    let start = index * run
                    dw[index % channels] += sum(run) { xs[start + $0] > 0 ? .zero : xs[start + $0] * gs[start + $0] }
                }
                gradients[1] = Tensor(shape: weight.shape, elements: dw)
            }
            return gradients
        }
    }
}
