/// Long short-term memory (PyTorch's `LSTM` of one layer, batch first); see ``Recurrent``.
///
/// With the gates i, f, c̃ (PyTorch's g) and o, in this order, of the sums Wₓ xₜ + b + Wₕ hₜ₋₁ + b′:
/// cₜ = f ⊙ cₜ₋₁ + i ⊙ c̃ and hₜ = o ⊙ tanh cₜ (Hochreiter and Schmidhuber, 1997; Gers et al., 2000). Backward, with
/// h̄ₜ = gₜ + W_hhᵀ δₜ₊₁ and c̄ₜ = h̄ₜ ⊙ o ⊙ (1 − tanh² cₜ) + c̄ₜ₊₁ ⊙ fₜ₊₁, the gates get c̄ ⊙ c̃, c̄ ⊙ cₜ₋₁, c̄ ⊙ i and
/// h̄ ⊙ tanh cₜ, each times the slope of its own function.
struct LSTM: Recurrent {
    static let type = "lstm"
    static let gates = 4
    static let states = 2
    static let saved = 6
    static let addsParts = true
    static let summary = "Long short-term memory; gives the whole sequence of its hidden states."
    static let formula =
        "c_t = f_t \\odot c_{t-1} + i_t \\odot \\tilde c_t,\\quad y_t = h_t = o_t \\odot \\tanh c_t,\\quad "
        + "(i, f, \\tilde c, o)_t = (\\sigma, \\sigma, \\tanh, \\sigma)(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})"
    static let gradients = gradientFormulas(
        delta: "\\delta",
        epsilon: "\\delta",
        recursion: "\\delta_t = \\left(\\bar c_t \\tilde c_t\\, i_t (1 - i_t),\\ \\bar c_t c_{t-1}\\, f_t (1 - f_t),\\ "
            + "\\bar c_t i_t (1 - \\tilde c_t^2),\\ \\bar h_t \\tanh c_t\\, o_t (1 - o_t)\\right),\\quad "
            + "\\bar h_t = g_t + W_{hh}^\\top \\delta_{t+1},\\quad "
            + "\\bar c_t = \\bar h_t o_t (1 - \\tanh^2 c_t) + \\bar c_{t+1} f_{t+1}"
    )
    static let examples = [
        LayerExample(
            [.sample(3, 4, 5)],
            parameters: [
                "weight_ih": .smallSample(8, 5, seed: 1), "weight_hh": .smallSample(8, 2, seed: 2),
                "bias_ih": .smallSample(8, seed: 3), "bias_hh": .smallSample(8, seed: 4),
            ]
        ),
        LayerExample(
            [.sample(4, 2)],
            parameters: [
                "weight_ih": .smallSample(12, 2, seed: 1), "weight_hh": .smallSample(12, 3, seed: 2),
                "bias_ih": .smallSample(12, seed: 3),
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
            let before = states[units + unit]
            let i = S.sigmoid(a[gate] + b[gate])
            let f = S.sigmoid(a[gate + width] + b[gate + width])
            let candidate = S.tanh(a[gate + 2 * width] + b[gate + 2 * width])
            let o = S.sigmoid(a[gate + 3 * width] + b[gate + 3 * width])
            let c = f * before + i * candidate
            let seen = S.tanh(c)
            states[unit] = o * seen
            states[units + unit] = c
            saved[unit] = i
            saved[units + unit] = f
            saved[2 * units + unit] = candidate
            saved[3 * units + unit] = o
            saved[4 * units + unit] = before
            saved[5 * units + unit] = seen
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
            let (i, f, candidate) = (saved[unit], saved[units + unit], saved[2 * units + unit])
            let (o, before, seen) = (saved[3 * units + unit], saved[4 * units + unit], saved[5 * units + unit])
            let h = states[unit]
            let c = states[units + unit] + h * o * (1 - seen * seen)
            a[gate] = c * candidate * i * (1 - i)
            a[gate + width] = c * before * f * (1 - f)
            a[gate + 2 * width] = c * i * (1 - candidate * candidate)
            a[gate + 3 * width] = h * seen * o * (1 - o)
            for k in 0..<4 { b[gate + k * width] = a[gate + k * width] }
            states[unit] = 0
            states[units + unit] = c * f
        }
    }
}
