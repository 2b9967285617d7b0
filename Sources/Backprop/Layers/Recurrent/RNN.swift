/// The plain recurrent layer hₜ = φ(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh) with φ = tanh or the rectifier (PyTorch's `RNN`
/// of one layer, batch first); see ``Recurrent``.
///
/// δₜ = φ′ ⊙ (gₜ + W_hhᵀ δₜ₊₁), with φ′ = 1 − hₜ² or [hₜ > 0].
struct RNN: Recurrent {
    static let type = "rnn"
    static let gates = 1
    static let states = 1
    static let saved = 1
    static let addsParts = true
    static let summary = "A plain recurrent layer; gives the whole sequence of its states."
    static let fields =
        weightFields + [
            .optional(
                "nonlinearity",
                .choice(["tanh", "relu"]),
                standard: .choice("tanh"),
                "The function φ that the sums go through."
            )
        ]
    static let formula =
        "h_t = \\varphi(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}),\\quad h_0 = 0,\\quad y_t = h_t"
    static let gradients = gradientFormulas(
        delta: "\\delta",
        epsilon: "\\delta",
        recursion: "\\delta_{t,k} = \\varphi'_{t,k} \\left(g_{t,k} + \\sum_l W^{hh}_{lk}\\, \\delta_{t+1,l}\\right)"
    )
    static let examples = [
        LayerExample(
            [.sample(2, 3, 4)],
            parameters: [
                "weight_ih": .smallSample(5, 4, seed: 1), "weight_hh": .smallSample(5, 5, seed: 2),
                "bias_ih": .smallSample(5, seed: 3), "bias_hh": .smallSample(5, seed: 4),
            ]
        ),
        LayerExample(
            [.sample(5, 2)],
            parameters: [
                "weight_ih": .sample(3, 2, seed: 1), "weight_hh": .smallSample(3, 3, seed: 2),
                "bias_hh": .smallSample(3, seed: 3),
            ],
            fields: ["nonlinearity": .choice("relu")]
        ),
    ]

    private let rectifies: Bool

    init(_ fields: FieldValues) { rectifies = fields.choice("nonlinearity") == "relu" }

    func advance<S: Scalar>(
        _ step: RecurrentStep,
        _ a: Span<S>,
        _ b: Span<S>,
        states: inout MutableSpan<S>,
        saved: inout MutableSpan<S>
    ) {
        step.forEachUnit { unit, gate in
            let sum = a[gate] + b[gate]
            let h = rectifies ? (sum < 0 ? 0 : sum) : S.tanh(sum)
            states[unit] = h
            saved[unit] = h
        }
    }

    func pull<S: Scalar>(
        _ step: RecurrentStep,
        _ saved: Span<S>,
        states: inout MutableSpan<S>,
        a: inout MutableSpan<S>,
        b: inout MutableSpan<S>
    ) {
        step.forEachUnit { unit, gate in
            let h = saved[unit]
            let slope: S = rectifies ? (h > 0 ? 1 : 0) : 1 - h * h
            a[gate] = slope * states[unit]
            b[gate] = a[gate]
            states[unit] = 0
        }
    }
}

extension Tensor<Double> {
    /// As `sample`, a third as large, so that gates do not saturate.
    static func smallSample(_ dimensions: Int..., seed: Int) -> Tensor {
        sample(Shape(dimensions), seed: seed).map { 0.35 * $0 }
    }
}
