/// The cross entropy between the softmax of the output over dimension 1 (or 0 without a batch) and the target
/// (PyTorch's `cross_entropy`).
///
/// The target is class indices, of the output's shape without the class dimension, or probabilities, of the output's
/// shape. With class weights w, label smoothing ε and K classes each sample's loss is
/// −Σₖ w_k q_k log softmax(x)_k, where q_k = (1 − ε) p_k + ε / K; the mean divides by the summed weights of the target
/// classes, or by the number of samples where the target is probabilities.
struct CrossEntropy: Loss {
    static let type = "cross_entropy"
    static let summary = "Softmax and negative log likelihood of class indices or probabilities in one."
    static let fields: [Field] = [
        .target("Class indices, without the class dimension, or probabilities, of the output's shape."),
        Reduction.field,
        .optional("weight", .constant, "A factor for each class."),
        .optional("ignore_index", .integer(minimum: .min), standard: .integers([-100]), "A class index left out."),
        .number("label_smoothing", .fraction, standard: 0, "How much of the target is spread over all classes."),
    ]
    static let formula = "C = -\\frac{1}{N} \\sum_n \\log \\frac{e^{x_{n,t_n}}}{\\sum_k e^{x_{n,k}}}"
    static let gradientFormula =
        "\\partial C/\\partial x_{n,k} = \\tfrac{1}{N} (\\operatorname{softmax}(x_n)_k - [k = t_n])"
    static let examples = [
        LossExample(.sample(2, 3), fields: ["target": .constant(Tensor(shape: [2], elements: [2, 0]))]),
        LossExample(
            .sample(2, 3, 4),
            fields: [
                "target": .constant(Tensor(shape: [2, 4], elements: [2, 0, 1, 1, -100, 2, 2, 0])),
                "weight": .constant(.positiveSample(3, seed: 1)), "label_smoothing": .number(0.1),
            ]
        ),
        LossExample(
            .sample(2, 3),
            fields: ["target": .constant(.positiveSample(2, 3, seed: 1)), "reduction": .choice("sum")]
        ),
        LossExample(
            .sample(4, 3),
            fields: [
                "target": .constant(Tensor(shape: [4], elements: [1, 0, 2, 1])), "ignore_index": .integers([1]),
            ]
        ),
    ]

    private let target: Tensor<Double>
    private let reduction: Reduction
    private let weight: Tensor<Double>?
    private let ignored: Int
    private let smoothing: Double

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        weight = fields.constant("weight")
        ignored = fields.integer("ignore_index")
        smoothing = fields.number("label_smoothing")
    }

    func classDimension(of output: Shape) -> Int? { output.classDimension }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        guard output.rank > 0 else {
            let detail = "cross_entropy needs an output with a class dimension; the output is a scalar"
            return faults.append(OperandShapes.Fault(place: .field("target"), detail: detail))
        }
        checkClasses(target, weight: weight, ignored: ignored, output: output, allowsProbabilities: true, &faults)
    }

    func forward<S: Scalar>(_ output: Tensor<S>) -> LossEvaluation<S> {
        let lanes = Lanes(output.shape, along: output.shape.classDimension)
        let isProbabilities = target.shape == output.shape
        let (coefficients, total) = coefficients(lanes, isProbabilities, output.shape)
        let divisor = S(total)
        // log softmax, and from it softmax, of every lane.
        var logs = [S](repeating: .zero, count: output.count)
        var loss: S = .zero
        do {
            let x = output.elements.span
            var y = logs.mutableSpan
            lanes.forEach { start in
                logSoftmax(x, &y, from: start, count: lanes.length, step: lanes.inner)
                for k in 0..<lanes.length {
                    let i = start + k * lanes.inner
                    // A class that an index does not name stays out, even where its logarithm is infinite.
                    if isProbabilities || coefficients[i] != 0 { loss -= S(coefficients[i]) * y[i] }
                }
            }
        }
        return LossEvaluation(loss / divisor) {
            var gradient = [S](repeating: .zero, count: output.count)
            let y = logs.span
            var dx = gradient.mutableSpan
            var sample = 0
            lanes.forEach { start in
                defer { sample += 1 }
                // With nothing but ignored samples the loss is 0 / 0, but the gradient 0.
                if !isProbabilities && target.elements[sample] == Double(ignored) { return }
                var sum = 0.0
                for k in 0..<lanes.length { sum += coefficients[start + k * lanes.inner] }
                for k in 0..<lanes.length {
                    let i = start + k * lanes.inner
                    dx[i] = (S(sum) * S.exp(y[i]) - S(coefficients[i])) / divisor
                }
            }
            return Tensor(shape: output.shape, elements: gradient)
        }
    }

    /// The coefficient of −log softmax for each entry of the output, target, class weights and smoothing in one, and
    /// what the sum is divided by.
    private func coefficients(_ lanes: Lanes, _ isProbabilities: Bool, _ shape: Shape) -> ([Double], divisor: Double) {
        var coefficients = [Double](repeating: 0, count: shape.count)
        var total = 0.0
        var sample = 0
        lanes.forEach { start in
            defer { sample += 1 }
            // An ignored index may be one that no integer holds.
            if !isProbabilities && target.elements[sample] == Double(ignored) { return }
            let label = isProbabilities ? 0 : Int(target.elements[sample])
            for k in 0..<lanes.length {
                let i = start + k * lanes.inner
                let given = isProbabilities ? target.elements[i] : (k == label ? 1 : 0)
                let share = (1 - smoothing) * given + smoothing / Double(lanes.length)
                coefficients[i] = (weight?.elements[k] ?? 1) * share
            }
            total += isProbabilities ? 1 : weight?.elements[label] ?? 1
        }
        return (coefficients, reduction == .mean ? total : 1)
    }
}

extension Shape {
    /// The class dimension of an output of this shape: 1, or 0 where there is no batch.
    var classDimension: Int { rank > 1 ? 1 : 0 }
}

/// Notes what does not fit in a target of class indices or, where allowed, probabilities, and in the class weights.
func checkClasses(
    _ target: Tensor<Double>,
    weight: Tensor<Double>?,
    ignored: Int,
    output: Shape,
    allowsProbabilities: Bool,
    _ faults: inout [OperandShapes.Fault]
) {
    let dim = output.classDimension
    let classes = output[dim]
    if let weight, weight.shape != [classes] {
        let detail = "weight must have one number for each of the \(classes) classes; it is \(weight.shape)"
        faults.append(OperandShapes.Fault(place: .field("weight"), detail: detail))
    }
    if allowsProbabilities && target.shape == output { return }
    let expected = output[0..<dim] + output[dim + 1..<output.rank]
    guard target.shape == expected else {
        let probabilities = allowsProbabilities ? ", or \(output) for probabilities" : ""
        let detail = "the output is \(output), so target must be \(expected)\(probabilities); it is \(target.shape)"
        return faults.append(OperandShapes.Fault(place: .field("target"), detail: detail))
    }
    for (position, label) in target.elements.enumerated() {
        let detail: String
        if label != label.rounded() {
            detail = "a class label is an integer; it is \(label)"
        } else if label == Double(ignored) || (label >= 0 && label < Double(classes)) {
            continue
        } else {
            detail = "a class label must lie in 0...\(classes - 1); it is \(label)"
        }
        return faults.append(OperandShapes.Fault(place: .element("target", position), detail: detail))
    }
}
