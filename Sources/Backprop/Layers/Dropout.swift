/// x · mask / (1 − p) in training, x otherwise (Srivastava and others 2014).
///
/// The mask is given, so that equal requests have equal answers. With p = 1 nothing is kept, whatever the mask.
struct Dropout: Layer {
    static let type = "dropout"
    static let keepsPositions = true
    static let summary = "The entries that a mask keeps, scaled so that their expectation stays."
    static let fields: [Field] = [
        .number("p", .fraction, standard: 0.5, "The probability of an entry to be dropped."),
        .optional("mask", .constant, "1 for each entry kept, 0 for one dropped; of the input's shape; for training."),
        .optional("training", .flag, standard: .flag(true), "Whether entries are dropped at all."),
    ]
    static let shapeRule = "the input's shape"
    static let formula = "y_i = \\frac{m_i}{1 - p}\\, x_i"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_i = \\frac{m_i}{1 - p}\\, g_i",
            matrix: "\\partial C/\\partial x = \\tfrac{1}{1 - p}\\, m \\odot g"
        )
    ]
    static let examples = [
        LayerExample(
            [.sample(2, 3)],
            fields: ["mask": .constant(Tensor(shape: [2, 3], elements: [1, 0, 1, 1, 1, 0]))]
        ),
        LayerExample(
            [.sample(4, 2)],
            fields: ["p": .number(0.2), "mask": .constant(Tensor(shape: [4, 2], elements: [0, 1, 1, 1, 0, 1, 1, 1]))]
        ),
        LayerExample([.sample(3)], fields: ["training": .flag(false)]),
    ]

    private let p: Double
    private let mask: Tensor<Double>?
    private let isTraining: Bool

    init(_ fields: FieldValues) {
        p = fields.number("p")
        mask = fields.constant("mask")
        isTraining = fields.flag("training")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        let x = operands.input()
        guard isTraining else { return x }
        if let mask {
            if let position = mask.elements.firstIndex(where: { $0 != 0 && $0 != 1 }) {
                operands.fault("mask", element: position, "mask holds 0 and 1; this is \(mask.elements[position])")
            } else if let x, mask.shape != x {
                operands.fault("mask", "the input is \(x), so mask must be \(x); it is \(mask.shape)")
            }
        } else {
            operands.fault("mask", "dropout needs mask where training is true")
        }
        return x
    }

    func work(operands: [Shape], output: Shape) -> Work {
        Work(operations: Double(output.count), scratch: isTraining ? 2 * Double(output.count) : 0)
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        guard isTraining, let mask else { return Evaluation(x) { cotangent, _ in [cotangent] } }
        let factor = p == 1 ? 0 : 1 / (1 - p)
        let factors = S.converting(mask.map { factor * $0 })
        return Evaluation(product(x, factors)) { cotangent, _ in [product(cotangent, factors)] }
    }

    private func product<S: Scalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
        let (xs, ys) = (a.elements.span, b.elements.span)
        let elements = [S](capacity: xs.count) { out in
            for i in 0..<xs.count { out.append(xs[i] * ys[i]) }
        }
        return Tensor(shape: a.shape, elements: elements)
    }
}
