/// The negative log likelihood of class indices, the output being log probabilities (PyTorch's `nll_loss`).
///
/// The output is (N, K, …), or (K) without a batch, and the target of that shape without the class dimension. The mean
/// divides by the summed weights of the target classes, ignored ones left out.
struct NLL: Loss {
    static let type = "nll"
    static let summary = "The negative log likelihood of class indices, from log probabilities."
    static let fields: [Field] = [
        .target("Class indices, of the output's shape without the class dimension."),
        Reduction.field,
        .optional("weight", .constant, "A factor for each class."),
        .optional("ignore_index", .integer(minimum: .min), standard: .integers([-100]), "A class index left out."),
    ]
    static let formula = "C = -\\frac{1}{\\sum_n w_{t_n}} \\sum_n w_{t_n} x_{n,t_n}"
    static let gradientFormula =
        "\\partial C/\\partial x_{n,k} = -\\frac{w_k}{\\sum_m w_{t_m}} [k = t_n]"
    static let examples = [
        LossExample(.sample(2, 3), fields: ["target": .constant(Tensor(shape: [2], elements: [2, 0]))]),
        LossExample(
            .sample(2, 3, 4),
            fields: [
                "target": .constant(Tensor(shape: [2, 4], elements: [2, 0, 1, 1, 0, 2, 2, 0])),
                "weight": .constant(.positiveSample(3, seed: 1)), "ignore_index": .integers([1]),
            ]
        ),
        LossExample(.sample(5), fields: ["target": .constant(Tensor(3)), "reduction": .choice("sum")]),
    ]

    private let target: Tensor<Double>
    private let reduction: Reduction
    private let weight: Tensor<Double>?
    private let ignored: Int

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
        weight = fields.constant("weight")
        ignored = fields.integer("ignore_index")
    }

    func classDimension(of output: Shape) -> Int? { output.classDimension }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        guard output.rank > 0 else {
            let detail = "nll needs an output with a class dimension; the output is a scalar"
            return faults.append(OperandShapes.Fault(place: .field("target"), detail: detail))
        }
        checkClasses(target, weight: weight, ignored: ignored, output: output, allowsProbabilities: false, &faults)
    }

    func forward<S: Scalar>(_ output: Tensor<S>) -> LossEvaluation<S> {
        let picked = picked(output.shape)
        let total = reduction == .mean ? S(picked.reduce(0) { $0 + $1.weight }) : 1
        let x = output.elements.span
        let loss = sum(picked.count) { S(picked[$0].weight) * -x[picked[$0].position] } / total
        return LossEvaluation(loss) {
            var gradient = [S](repeating: .zero, count: output.count)
            for (position, weight) in picked { gradient[position] = S(-weight) / total }
            return Tensor(shape: output.shape, elements: gradient)
        }
    }

    /// The entries of the output that the target names, with their weights.
    private func picked(_ output: Shape) -> [(position: Int, weight: Double)] {
        let lanes = Lanes(output, along: output.classDimension)
        var picked: [(position: Int, weight: Double)] = []
        picked.reserveCapacity(target.count)
        var sample = 0
        lanes.forEach { start in
            defer { sample += 1 }
            // An ignored index may be one that no integer holds.
            guard target.elements[sample] != Double(ignored) else { return }
            let label = Int(target.elements[sample])
            picked.append((start + label * lanes.inner, weight?.elements[label] ?? 1))
        }
        return picked
    }
}
