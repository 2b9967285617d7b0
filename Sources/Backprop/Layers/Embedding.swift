/// The rows of a table that integers point to.
///
/// The input is integers of any shape (…), the table W (entries, width) and y (…, width). A row's gradient is the sum
/// of the cotangents where it was taken; row `padding_idx` has none.
struct Embedding: Layer {
    static let type = "embedding"
    static let summary = "The rows of a table that integers point to."
    static let fields: [Field] = [
        .required("weight", .parameter, "The table W; (entries, width)."),
        .optional("padding_idx", .integer(minimum: .min), "A row whose gradient is zero."),
    ]
    static let shapeRule = "(…) to (…, width)"
    static let formula = "y_{ij} = W_{x_i j}"
    static let gradients = [
        GradientFormula(
            "weight",
            index:
                "\\partial C/\\partial W_{kj} = \\sum_i [x_i = k]\\, g_{ij} \\text{, or 0 for } k = \\text{padding\\_idx}",
            matrix: "\\partial C/\\partial W = E^\\top g,\\quad E_{ik} = [x_i = k]"
        )
    ]
    static let examples = [
        LayerExample([Tensor(shape: [3], elements: [1, 3, 1])], parameters: ["weight": .sample(4, 2)]),
        LayerExample(
            [Tensor(shape: [2, 3], elements: [4, 0, 3, 3, 1, 0])],
            parameters: ["weight": .sample(5, 4)],
            fields: ["padding_idx": .integers([-3])]
        ),
    ]
    static let takesIndices = true

    private let padding: Int?

    init(_ fields: FieldValues) { padding = fields.optionalInteger("padding_idx") }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let weight = operands["weight"] else { return nil }
        guard weight.rank == 2 else {
            return operands.fault("weight", "weight must be (entries, width); it is \(weight)")
        }
        let entries = weight[0]
        if let padding, padding < -entries || padding >= entries {
            let detail =
                "weight is \(weight), so padding_idx must lie in \(-entries)...\(entries - 1); it is \(padding)"
            operands.fault("padding_idx", detail)
        }
        return operands.input().map { $0 + [weight[1]] }
    }

    func indexBound(of operands: [Shape]) -> Int? { operands[1][0] }
    func work(operands: [Shape], output: Shape) -> Work { Work(operations: Double(output.count)) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (indices, weight) = (operands.input(), operands.parameter(0))
        let (entries, width) = (weight.shape[0], weight.shape[1])
        let values = [S](capacity: indices.count * width) { out in
            let (xs, ws) = (indices.elements.span, weight.elements.span)
            for i in 0..<xs.count {
                let start = Int(xs[i].value) * width
                for j in start..<start + width { out.append(ws[j]) }
            }
        }
        let y = Tensor(shape: indices.shape + [width], elements: values)
        return Evaluation(y) { cotangent, wanted in
            guard wanted[1] else { return [nil, nil] }
            let skipped = padding.map { $0 < 0 ? $0 + entries : $0 }
            var gradient = [S](repeating: .zero, count: weight.count)
            let (xs, gs) = (indices.elements.span, cotangent.elements.span)
            var dw = gradient.mutableSpan
            for i in 0..<xs.count {
                let row = Int(xs[i].value)
                if row == skipped { continue }
                for j in 0..<width { dw[row * width + j] += gs[i * width + j] }
            }
            return [nil, Tensor(shape: weight.shape, elements: gradient)]
        }
    }
}
