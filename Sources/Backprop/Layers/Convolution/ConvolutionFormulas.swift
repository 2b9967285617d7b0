/// The formulas of convolutions over one to three dimensions, in LaTeX, entry by entry.
///
/// k (and j, l) are the window's taps, u (and t, v) its positions, i (and h, m) the places in the tensor that it
/// slides over: i = s u + d k − p with stride s, dilation d and padding p.
struct ConvolutionFormulas: Sendable {
    /// A window's position, as subscripts.
    let position: String
    /// A tap of the window.
    let tap: String
    /// The place under the tap.
    let covered: String
    /// A place.
    let place: String
    /// That the place is under the tap.
    let meeting: String

    init(dimensions: Int) {
        let positions = [["u"], ["u", "v"], ["t", "u", "v"]][dimensions - 1]
        let taps = [["k"], ["k", "l"], ["j", "k", "l"]][dimensions - 1]
        let places = [["i"], ["i", "m"], ["h", "i", "m"]][dimensions - 1]
        let covered = positions.indices.map { index in
            let number = dimensions == 1 ? "" : "_\(index + 1)"
            return "s\(number) \(positions[index]) + d\(number) \(taps[index]) - p\(number)"
        }
        position = positions.joined(separator: ",")
        tap = taps.joined(separator: ",")
        place = places.joined(separator: ",")
        self.covered = covered.joined(separator: ",\\,")
        meeting = zip(covered, places).map { "\($0) = \($1)" }.joined(separator: ",\\ ")
    }

    /// The convolution.
    var narrow: String {
        "y_{n,o,\(position)} = b_o + \\sum_{c,\(tap)} W_{o,c,\(tap)}\\, x_{n,c,\\,\(covered)}, "
            + "\\quad x = 0 \\text{ in the padding, } c \\text{ in the group of } o"
    }

    /// The convolution's gradients.
    var narrowGradients: [GradientFormula] {
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{n,c,\(place)} = \\sum_o \\sum_{\(position),\\,\(tap):\\ \(meeting)} "
                    + "W_{o,c,\(tap)}\\, g_{n,o,\(position)}",
                matrix: "\\partial C/\\partial x_n = \\operatorname{fold}(W^\\top G_n),\\quad "
                    + "G_n = g_n \\text{ as the matrix (out, places)}"
            ),
            GradientFormula(
                "weight",
                index: "\\partial C/\\partial W_{o,c,\(tap)} = \\sum_{n,\(position)} "
                    + "g_{n,o,\(position)}\\, x_{n,c,\\,\(covered)}",
                matrix: "\\partial C/\\partial W = \\sum_n G_n \\operatorname{unfold}(x_n)^\\top,\\quad "
                    + "G_n = g_n \\text{ as the matrix (out, places)}"
            ),
            bias,
        ]
    }

    /// The transposed convolution.
    var wide: String {
        "y_{n,o,\(place)} = b_o + \\sum_c \\sum_{\(position),\\,\(tap):\\ \(meeting)} "
            + "W_{c,o,\(tap)}\\, x_{n,c,\(position)}, \\quad c \\text{ in the group of } o"
    }

    /// The transposed convolution's gradients.
    var wideGradients: [GradientFormula] {
        [
            GradientFormula(
                "inputs[0]",
                index: "\\partial C/\\partial x_{n,c,\(position)} = \\sum_{o,\(tap)} "
                    + "W_{c,o,\(tap)}\\, g_{n,o,\\,\(covered)}",
                matrix: "\\partial C/\\partial X_n = W \\operatorname{unfold}(g_n)"
            ),
            GradientFormula(
                "weight",
                index: "\\partial C/\\partial W_{c,o,\(tap)} = \\sum_{n,\(position)} "
                    + "x_{n,c,\(position)}\\, g_{n,o,\\,\(covered)}",
                matrix: "\\partial C/\\partial W = \\sum_n X_n \\operatorname{unfold}(g_n)^\\top"
            ),
            bias,
        ]
    }

    private var bias: GradientFormula {
        GradientFormula(
            "bias",
            index: "\\partial C/\\partial b_o = \\sum_{n,\(position)} g_{n,o,\(position)}",
            matrix: "\\partial C/\\partial b = \\sum_n G_n \\mathbf{1}"
        )
    }
}
