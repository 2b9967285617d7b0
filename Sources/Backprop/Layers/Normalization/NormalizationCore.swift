/// Brings sets of elements to mean 0 and variance 1, or to mean square 1, and then scales and shifts them: what all
/// normalisation layers come down to.
///
/// The tensor is seen as lanes twice. For the statistics a set is what has the same place in its lane; for weight and
/// bias the elements at one place share a parameter.
///
/// With x̂ = (x − μ) r, r = 1 / √(σ² + ε), y = w x̂ + b and h = w g: ∂C/∂w = Σ g x̂, ∂C/∂b = Σ g, and
/// ∂C/∂x = r (h − mean(h) − x̂ mean(h x̂)) with means over the set (Ioffe and Szegedy, 2015, arXiv:1502.03167, sec. 3);
/// without centring the term mean(h) is not there, with fixed statistics neither is.
struct NormalizationCore: Sendable {
    /// How the sets lie in the tensor.
    let sets: Lanes
    /// How weight and bias lie along the tensor.
    let parameters: Lanes
    /// Whether the mean is taken off.
    var centres = true
    /// Whether a set without any spread becomes 0 even where ε is 0, as PyTorch's batch normalisation has it.
    var sparesConstants = false

    /// What the sets are normalised by.
    private struct Statistics<S: Scalar> {
        /// The means; 0 where they are not taken off.
        let means: [S]
        /// 1 / √(σ² + ε).
        let factors: [S]
    }

    /// The elements of a set.
    private var setSize: Double { Double(sets.outer) * Double(sets.inner) }
    /// The multiply-adds of a forward pass.
    var operations: Double { 6 * Double(sets.length) * setSize }
    /// x̂ is kept; the pullback has h beside it, and each set some sums.
    var scratch: Double { Double(sets.length) * (2 * setSize + 8) }

    /// Evaluates the layer with the statistics of `x` itself.
    func evaluate<S: Scalar>(_ x: Tensor<S>, epsilon: Double, weight: Tensor<S>?, bias: Tensor<S>?) -> Evaluation<S> {
        let statistics = measured(x.elements, epsilon: epsilon)
        let normal = normalized(x.elements, statistics)
        let y = affine(normal, weight?.elements, bias?.elements)
        return Evaluation(Tensor(shape: x.shape, elements: y)) { cotangent, wanted in
            let g = cotangent.elements
            var gradients = parameterGradients(g, normal, weight, bias, wanted)
            if wanted[0] {
                let h = affine(g, weight?.elements, nil)
                gradients[0] = Tensor(shape: x.shape, elements: pulled(h, normal, statistics.factors))
            }
            return gradients
        }
    }

    /// Evaluates the layer with given means and variances, one a set.
    func evaluate<S: Scalar>(
        _ x: Tensor<S>,
        means: [S],
        variances: [S],
        epsilon: Double,
        weight: Tensor<S>?,
        bias: Tensor<S>?
    ) -> Evaluation<S> {
        let statistics = Statistics(means: means, factors: variances.map { 1 / S.sqrt($0 + S(epsilon)) })
        let normal = normalized(x.elements, statistics)
        let y = affine(normal, weight?.elements, bias?.elements)
        return Evaluation(Tensor(shape: x.shape, elements: y)) { cotangent, wanted in
            let g = cotangent.elements
            var gradients = parameterGradients(g, normal, weight, bias, wanted)
            if wanted[0] {
                let h = affine(g, weight?.elements, nil)
                let zeros = [S](repeating: .zero, count: sets.length)
                let dx = normalized(h, Statistics(means: zeros, factors: statistics.factors))
                gradients[0] = Tensor(shape: x.shape, elements: dx)
            }
            return gradients
        }
    }

    // MARK: Sets

    private func measured<S: Scalar>(_ x: [S], epsilon: Double) -> Statistics<S> {
        let count = S(setSize)
        let zeros = [S](repeating: .zero, count: sets.length)
        let means = centres ? sets.sums(x).map { $0 / count } : zeros
        let squares = sets.sums(x, x, means) { x, _, mean in (x - mean) * (x - mean) }
        let factors = squares.map { square in
            let variance = square / count + S(epsilon)
            return sparesConstants && variance == 0 ? 0 : 1 / S.sqrt(variance)
        }
        return Statistics(means: means, factors: factors)
    }

    /// (x − μ) r for every element.
    private func normalized<S: Scalar>(_ x: [S], _ statistics: Statistics<S>) -> [S] {
        sets.mapped(x, statistics.means, statistics.factors) { x, mean, factor in (x - mean) * factor }
    }

    /// r (h − mean(h) − x̂ mean(h x̂)) for every element.
    private func pulled<S: Scalar>(_ h: [S], _ normal: [S], _ factors: [S]) -> [S] {
        let count = S(setSize)
        let zeros = [S](repeating: .zero, count: sets.length)
        let means = centres ? sets.sums(h).map { $0 / count } : zeros
        let products = sets.sums(h, normal, zeros) { h, n, _ in h * n }.map { $0 / count }
        return sets.mapped(h, normal, (means, products, factors)) { h, n, mean, product, factor in
            (h - mean - n * product) * factor
        }
    }

    // MARK: Weight and bias

    private func affine<S: Scalar>(_ elements: [S], _ weight: [S]?, _ bias: [S]?) -> [S] {
        guard let weight else {
            guard let bias else { return elements }
            return parameters.mapped(elements, bias, bias) { x, b, _ in x + b }
        }
        guard let bias else { return parameters.mapped(elements, weight, weight) { x, w, _ in x * w } }
        return parameters.mapped(elements, weight, bias) { x, w, b in x * w + b }
    }

    /// The gradients of weight and bias, after a place for the input's.
    private func parameterGradients<S: Scalar>(
        _ g: [S],
        _ normal: [S],
        _ weight: Tensor<S>?,
        _ bias: Tensor<S>?,
        _ wanted: Wanted
    ) -> [Tensor<S>?] {
        var gradients: [Tensor<S>?] = [nil, nil, nil]
        if wanted[1], let weight {
            let products = parameters.sums(g, normal, weight.elements) { g, n, _ in g * n }
            gradients[1] = Tensor(shape: weight.shape, elements: products)
        }
        if wanted[2], let bias { gradients[2] = Tensor(shape: bias.shape, elements: parameters.sums(g)) }
        return gradients
    }
}

extension NormalizationCore {
    /// The gradients of weight and bias, for layers whose output has parameter c at the entries (n, c, i).
    static let channelGradients = [
        GradientFormula(
            "weight",
            index: "\\partial C/\\partial w_c = \\sum_{n,i} g_{n,c,i}\\, \\hat x_{n,c,i}",
            matrix: "\\partial C/\\partial w = (g \\odot \\hat x)\\, \\mathbf{1}"
        ),
        GradientFormula(
            "bias",
            index: "\\partial C/\\partial b_c = \\sum_{n,i} g_{n,c,i}",
            matrix: "\\partial C/\\partial b = g\\, \\mathbf{1}"
        ),
    ]

    /// The gradients of weight and bias, for layers whose output has parameter j at the entries (n, j).
    static let elementGradients = [
        GradientFormula(
            "weight",
            index: "\\partial C/\\partial w_j = \\sum_n g_{n,j}\\, \\hat x_{n,j}",
            matrix: "\\partial C/\\partial w = \\sum_n g_n \\odot \\hat x_n"
        ),
        GradientFormula(
            "bias",
            index: "\\partial C/\\partial b_j = \\sum_n g_{n,j}",
            matrix: "\\partial C/\\partial b = \\sum_n g_n"
        ),
    ]
}

extension Field {
    /// ε, which keeps the divisor from zero.
    static let epsilon = number("eps", .notNegative, standard: 1e-5, "Added to the variance before its root is taken.")

    /// The learnable factor and summand of a normalisation.
    static func scale(_ shape: String) -> Field { optional("weight", .parameter, "Multiplies the result; \(shape).") }
    static func shift(_ shape: String) -> Field { optional("bias", .parameter, "Added after the weight; \(shape).") }
}
