/// The gated recurrent unit (PyTorch's `GRU` of one layer, batch first); see ``Recurrent``.
///
/// With a = W_ih xₜ + b_ih and b = W_hh hₜ₋₁ + b_hh, each for the gates r, z and n in this order: r = σ(a + b),
/// z = σ(a + b), n = tanh(a + r ⊙ b), so that r multiplies the bias b_hh as well, and
/// hₜ = (1 − z) ⊙ n + z ⊙ hₜ₋₁ (Cho et al., 2014, arXiv:1406.1078, with the reset after the product). Backward, with
/// h̄ the cotangent of hₜ: δⁿ = h̄ (1 − z) (1 − n²), δᶻ = h̄ (hₜ₋₁ − n) z (1 − z), δʳ = δⁿ bⁿ r (1 − r), while b gets
/// (δʳ, δᶻ, r δⁿ) and hₜ₋₁ also h̄ z.
struct GRU: Recurrent {
    static let type = "gru"
    static let gates = 3
    static let states = 1
    static let saved = 5
    static let addsParts = false
    static let summary = "Gated recurrent units; gives the whole sequence of their states."
    static let formula =
        "y_t = h_t = (1 - z_t) \\odot n_t + z_t \\odot h_{t-1},\\quad (r, z)_t = \\sigma(a^{r,z}_t + b^{r,z}_t),\\quad "
        + "n_t = \\tanh(a^n_t + r_t \\odot b^n_t),\\quad a_t = W_{ih} x_t + b_{ih},\\quad b_t = W_{hh} h_{t-1} + b_{hh}"
    static let gradients = gradientFormulas(
        delta: "\\delta",
        epsilon: "\\eta",
        recursion: "\\delta_t = (\\delta^r_t, \\delta^z_t, \\delta^n_t),\\ "
            + "\\eta_t = (\\delta^r_t, \\delta^z_t, r_t \\delta^n_t),\\quad "
            + "\\delta^n_t = \\bar h_t (1 - z_t)(1 - n_t^2),\\quad \\delta^z_t = \\bar h_t (h_{t-1} - n_t)\\, z_t (1 - z_t),"
            + "\\quad \\delta^r_t = \\delta^n_t b^n_t\\, r_t (1 - r_t),\\quad "
            + "\\bar h_t = g_t + z_{t+1} \\bar h_{t+1} + W_{hh}^\\top \\eta_{t+1}"
    )
    static let examples = [
        LayerExample(
            [.sample(3, 4, 5)],
            parameters: [
                "weight_ih": .smallSample(6, 5, seed: 1), "weight_hh": .smallSample(6, 2, seed: 2),
                "bias_ih": .smallSample(6, seed: 3), "bias_hh": .smallSample(6, seed: 4),
            ]
        ),
        LayerExample(
            [.sample(4, 2)],
            parameters: [
                "weight_ih": .smallSample(9, 2, seed: 1), "weight_hh": .smallSample(9, 3, seed: 2),
                "bias_hh": .smallSample(9, seed: 3),
            ]
        ),
    ]

    init(_ fields: FieldValues) {}

    func advance<S: Scalar>(
        _ step: RecurrentStep,
        _ a: Span<S>,
        _ b: Span<S>,
        states: inout MutableSpan<S>,
        saved: inout MutableSpan<S>
    ) {
        let (units, width) = (step.units, step.width)
        step.forEachUnit { unit, gate in
            let before = states[unit]
            let r = S.sigmoid(a[gate] + b[gate])
            let z = S.sigmoid(a[gate + width] + b[gate + width])
            let recurrent = b[gate + 2 * width]
            let n = S.tanh(a[gate + 2 * width] + r * recurrent)
            states[unit] = (1 - z) * n + z * before
            saved[unit] = r
            saved[units + unit] = z
            saved[2 * units + unit] = n
            saved[3 * units + unit] = recurrent
            saved[4 * units + unit] = before
        }
    }

    func pull<S: Scalar>(
        _ step: RecurrentStep,
        _ saved: Span<S>,
        states: inout MutableSpan<S>,
        a: inout MutableSpan<S>,
        b: inout MutableSpan<S>
    ) {
        let (units, width) = (step.units, step.width)
        step.forEachUnit { unit, gate in
            let (r, z, n) = (saved[unit], saved[units + unit], saved[2 * units + unit])
            let (recurrent, before) = (saved[3 * units + unit], saved[4 * units + unit])
            let h = states[unit]
            let ofN = h * (1 - z) * (1 - n * n)
            a[gate] = ofN * recurrent * r * (1 - r)
            a[gate + width] = h * (before - n) * z * (1 - z)
            a[gate + 2 * width] = ofN
            b[gate] = a[gate]
            b[gate + width] = a[gate + width]
            b[gate + 2 * width] = r * ofN
            states[unit] = h * z
        }
    }
}
