/// The squared error, averaged or summed over all entries (PyTorch's `mse_loss`).
struct MSE: Loss {
    static let type = "mse"
    static let summary = "The squared difference between output and target."
    static let fields: [Field] = [.target("What the output should be; of its shape."), Reduction.field]
    static let formula = "C = \\frac{1}{n} \\sum_i (x_i - t_i)^2"
    static let gradientFormula = "\\partial C/\\partial x_i = \\tfrac{2}{n} (x_i - t_i)"
    static let examples = [
        LossExample(.sample(2, 3), fields: ["target": .constant(.sample(2, 3, seed: 1))]),
        LossExample(
            .sample(2, 3),
            fields: ["target": .constant(.sample(2, 3, seed: 1)), "reduction": .choice("sum")]
        ),
    ]

    private let target: Tensor<Double>
    private let reduction: Reduction

    init(_ fields: FieldValues) {
        target = fields.target
        reduction = Reduction(fields)
    }

    func check(output: Shape, faults: inout [OperandShapes.Fault]) {
        checkTarget(target, has: output, faults: &faults)
    }

    func forward<S: Scalar>(_ output: Tensor<S>) -> LossEvaluation<S> {
        let target = S.converting(target)
        let factor = S(reduction.factor(output.count))
        var sum: S = .zero
        let (x, t) = (output.elements.span, target.elements.span)
        for i in 0..<x.count {
            let difference = x[i] - t[i]
            sum += difference * difference
        }
        return LossEvaluation(factor * sum) {
            let (x, t) = (output.elements.span, target.elements.span)
            let gradient = [S](capacity: x.count) { out in
                for i in 0..<x.count { out.append(factor * (2 * (x[i] - t[i]))) }
            }
            return Tensor(shape: output.shape, elements: gradient)
        }
    }
}

extension FieldValues {
    /// The target, which every loss requires.
    var target: Tensor<Double> {
        guard let target = constant("target") else { preconditionFailure("target is declared as required") }
        return target
    }
}

/// Notes a fault where the target does not have the output's shape; nothing is broadcast.
func checkTarget(_ target: Tensor<Double>, has output: Shape, faults: inout [OperandShapes.Fault]) {
    guard target.shape != output else { return }
    let detail = "target must have the output's shape \(output); it is \(target.shape)"
    faults.append(OperandShapes.Fault(place: .field("target"), detail: detail))
}
