/// Brings sets of elements to mean 0 and variance 1, or to mean square 1, and then scales and shifts them: what all
/// normalisation layers come down to.
///
/// The tensor is seen twice. For the statistics it is `repeats` × `sets` × `length` elements, and a set is what has one
/// index in the middle; for weight and bias it is lanes of as many elements as there are parameters.
///
/// With x̂ = (x − μ) r, r = 1 / √(σ² + ε), y = w x̂ + b and h = w g: ∂C/∂w = Σ g x̂, ∂C/∂b = Σ g, and
/// ∂C/∂x = r (h − mean(h) − x̂ mean(h x̂)) with means over the set (Ioffe and Szegedy, 2015, arXiv:1502.03167, sec. 3);
/// without centring the term mean(h) is not there, with fixed statistics neither is.
struct NormalizationCore: Sendable {
    let repeats: Int
    let sets: Int
    let length: Int
    /// How weight and bias lie along the tensor.
    let lanes: Lanes
    /// Whether the mean is taken off.
    var centres = true
    /// Whether a set without any spread becomes 0 even where ε is 0, as PyTorch's batch normalisation has it.
    var sparesConstants = false

    /// What the sets are normalised by.
    private struct Statistics<S: Scalar> {
        /// The means; empty where they are not taken off.
        var means: [S]
        /// 1 / √(σ² + ε).
        var factors: [S]
    }

    /// The multiply-adds of a forward pass.
    var operations: Double { 6 * Double(repeats) * Double(sets) * Double(length) }
    /// x̂ is kept; the pullback has h beside it.
    var scratch: Double { 2 * Double(repeats) * Double(sets) * Double(length) + 4 * Double(sets) }

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
                let fixed = Statistics(means: [], factors: statistics.factors)
                gradients[0] = Tensor(shape: x.shape, elements: normalized(h, fixed))
            }
            return gradients
        }
    }

    // MARK: Sets

    private func measured<S: Scalar>(_ elements: [S], epsilon: Double) -> Statistics<S> {
        let x = elements.span
        let count = S(Double(repeats) * Double(length))
        let means = [S](capacity: centres ? sets : 0) { out in
            for set in 0..<(centres ? sets : 0) { out.append(total(set) { x[$0] } / count) }
        }
        let factors = [S](capacity: sets) { out in
            let m = means.span
            for set in 0..<sets {
                let mean = centres ? m[set] : .zero
                let square = total(set) { i in
                    let difference = x[i] - mean
                    return difference * difference
                }
                let variance = square / count + S(epsilon)
                out.append(sparesConstants && variance == 0 ? 0 : 1 / S.sqrt(variance))
            }
        }
        return Statistics(means: means, factors: factors)
    }

    /// (x − μ) r for every element.
    private func normalized<S: Scalar>(_ elements: [S], _ statistics: Statistics<S>) -> [S] {
        let (x, m, r) = (elements.span, statistics.means.span, statistics.factors.span)
        return [S](capacity: x.count) { out in
            for start in stride(from: 0, to: x.count, by: length) {
                let set = start / length % sets
                let (mean, factor) = (m.isEmpty ? .zero : m[set], r[set])
                for i in start..<start + length { out.append((x[i] - mean) * factor) }
            }
        }
    }

    /// r (h − mean(h) − x̂ mean(h x̂)) for every element.
    private func pulled<S: Scalar>(_ cotangents: [S], _ normal: [S], _ factors: [S]) -> [S] {
        let (h, n) = (cotangents.span, normal.span)
        let count = S(Double(repeats) * Double(length))
        let means = [S](capacity: centres ? sets : 0) { out in
            for set in 0..<(centres ? sets : 0) { out.append(total(set) { h[$0] } / count) }
        }
        let products = [S](capacity: sets) { out in
            for set in 0..<sets { out.append(total(set) { h[$0] * n[$0] } / count) }
        }
        let (m, p, r) = (means.span, products.span, factors.span)
        return [S](capacity: h.count) { out in
            for start in stride(from: 0, to: h.count, by: length) {
                let set = start / length % sets
                let (mean, product, factor) = (m.isEmpty ? .zero : m[set], p[set], r[set])
                for i in start..<start + length { out.append((h[i] - mean - n[i] * product) * factor) }
            }
        }
    }

    /// Σ `term` over the positions of a set.
    @inline(__always) private func total<S: Scalar>(_ set: Int, _ term: (Int) -> S) -> S {
        var total: S = .zero
        for turn in 0..<repeats {
            let start = (turn * sets + set) * length
            total += sum(start..<start + length, term)
        }
        return total
    }

    // MARK: Weight and bias

    private func affine<S: Scalar>(_ elements: [S], _ weight: [S]?, _ bias: [S]?) -> [S] {
        if weight == nil && bias == nil { return elements }
        var result = elements
        if let weight { lanes.scale(&result, by: weight) }
        if let bias { lanes.add(bias, to: &result) }
        return result
    }

    /// The gradients of weight and bias, after a place for the input's.
    private func parameterGradients<S: Scalar>(
        _ g: [S],
        _ normal: [S],
        _ weight: Tensor<S>?,
        _ bias: Tensor<S>?,
        _ wanted: Wanted
    ) -> [Tensor<S>?] {
        [
            nil,
            weight.flatMap { wanted[1] ? Tensor(shape: $0.shape, elements: lanes.sums(g, times: normal)) : nil },
            bias.flatMap { wanted[2] ? Tensor(shape: $0.shape, elements: lanes.sums(g)) : nil },
        ]
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
