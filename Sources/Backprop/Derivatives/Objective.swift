/// The scalar C whose derivatives are taken: a loss of the network's output, or the sum of the output's entries, each
/// times a weight.
public struct Objective: Sendable {
    private enum Kind {
        case loss(any Loss)
        case weights(Tensor<Double>)
    }

    private let kind: Kind

    /// The sum of the output's entries times `weights`, of the output's shape, so that ∂C/∂output = weights.
    public init(weights: Tensor<Double>) { kind = .weights(weights) }

    /// A loss, which must have been found to fit the output.
    public init(_ loss: any Loss) { kind = .loss(loss) }

    /// The value at an output, with the gradient there.
    public func evaluate<S: Scalar>(at output: Tensor<S>) -> LossEvaluation<S> {
        switch kind {
        case .loss(let loss): return S.entries.loss(loss, output)
        case .weights(let weights):
            let factors = S.converting(weights)
            var sum: S = .zero
            for (weight, entry) in zip(factors.elements, output.elements) { sum += weight * entry }
            return LossEvaluation(sum) { factors }
        }
    }
}
