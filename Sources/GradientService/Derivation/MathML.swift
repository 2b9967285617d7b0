/// Formulas as MathML, which browsers set by themselves: no script, no fonts, and screen readers read it.
extension Formula {
    /// A `math` element.
    ///
    /// - Parameter isDisplayed: Whether it stands on a line of its own.
    /// - Returns: The markup, everything in it escaped.
    package func mathML(isDisplayed: Bool = false) -> String {
        let display = isDisplayed ? " display=\"block\"" : ""
        return "<math\(display)>\(markup)</math>"
    }

    private var markup: String {
        switch self {
        case .symbol(let name): Formula.symbolMarkup(name)
        case .number(let digits): "<mn>\(escapedForHTML(digits))</mn>"
        case .function(let name): "<mi mathvariant=\"normal\">\(escapedForHTML(name))</mi>"
        case .text(let words): "<mtext>\(escapedForHTML(words.replacing(" ", with: "\u{A0}")))</mtext>"
        case .space(let command): "<mspace width=\"\(command == "\\quad" ? "1em" : "0.17em")\"></mspace>"
        case .row(let parts): "<mrow>\(parts.map(\.markup).joined())</mrow>"
        case .scripts(let base, let sub, let sup): Formula.scriptMarkup(base, sub, sup)
        case .fraction(let top, let bottom, let isSmall):
            isSmall
                ? "<mstyle displaystyle=\"false\"><mfrac>\(top.markup)\(bottom.markup)</mfrac></mstyle>"
                : "<mfrac>\(top.markup)\(bottom.markup)</mfrac>"
        case .root(let inner): "<msqrt>\(inner.markup)</msqrt>"
        case .fenced(let open, let inner, let close):
            "<mrow>\(Formula.fence(open))\(inner.markup)\(Formula.fence(close))</mrow>"
        case .accent(let name, let inner):
            "<mover accent=\"true\">\(inner.markup)<mo stretchy=\"false\">\(Formula.accents[name] ?? "^")</mo></mover>"
        case .style(let style, let inner): Formula.styled(style, inner)
        case .cases(let rows): "<mrow><mo>{</mo>\(Formula.table(rows, isLeft: true))</mrow>"
        case .matrix(let rows): "<mrow><mo>(</mo>\(Formula.table(rows, isLeft: false))<mo>)</mo></mrow>"
        }
    }

    private static func scriptMarkup(_ base: Formula, _ sub: Formula?, _ sup: Formula?) -> String {
        // A sum's bounds stand below and above it where there is room.
        let isLarge = base == .symbol("\\sum") || base == .function("max") || base == .function("min")
        switch (sub, sup) {
        case (let sub?, let sup?):
            let name = isLarge ? "munderover" : "msubsup"
            return "<\(name)>\(base.markup)\(sub.markup)\(sup.markup)</\(name)>"
        case (let sub?, nil):
            let name = isLarge ? "munder" : "msub"
            return "<\(name)>\(base.markup)\(sub.markup)</\(name)>"
        case (nil, let sup?):
            let name = isLarge ? "mover" : "msup"
            return "<\(name)>\(base.markup)\(sup.markup)</\(name)>"
        case (nil, nil): return base.markup
        }
    }

    private static func table(_ rows: [[Formula]], isLeft: Bool) -> String {
        let body = rows.map { row in
            "<mtr>\(row.map { "<mtd>\($0.markup)</mtd>" }.joined())</mtr>"
        }.joined()
        return "<mtable\(isLeft ? " columnalign=\"left\"" : "")>\(body)</mtable>"
    }

    private static func fence(_ mark: String) -> String {
        mark == "." ? "" : "<mo stretchy=\"true\">\(escapedForHTML(glyphs[mark] ?? mark))</mo>"
    }

    private static func styled(_ style: String, _ inner: Formula) -> String {
        switch (style, inner) {
        case ("mathbb", .symbol("R")): "<mi>ℝ</mi>"
        case ("mathbf", .number("1")): "<mn>𝟏</mn>"
        case ("mathrm", .text(let words)): "<mi mathvariant=\"normal\">\(escapedForHTML(words))</mi>"
        default: inner.markup
        }
    }

    private static func symbolMarkup(_ name: String) -> String {
        let glyph = glyphs[name] ?? name
        let isLetter = glyph.count == 1 && glyph.first?.isLetter == true
        if isLetter { return "<mi>\(escapedForHTML(glyph))</mi>" }
        if name == "\\partial" { return "<mo lspace=\"0\" rspace=\"0\">∂</mo>" }
        if name == "\\top" { return "<mi mathvariant=\"normal\">⊤</mi>" }
        if ["(", ")", "[", "]", "|"].contains(glyph) { return "<mo stretchy=\"false\">\(glyph)</mo>" }
        return "<mo>\(escapedForHTML(glyph))</mo>"
    }

    static let accents = ["hat": "^", "bar": "¯", "tilde": "~"]

    /// What commands and ASCII characters stand for.
    static let glyphs = [
        "\\partial": "∂", "\\sum": "∑", "\\top": "⊤", "\\odot": "⊙", "\\oslash": "⊘", "\\cdot": "·", "\\times": "×",
        "\\le": "≤", "\\ge": "≥", "\\in": "∈", "\\approx": "≈", "\\dots": "…", "\\{": "{", "\\}": "}", "\\_": "_",
        "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\delta": "δ", "\\epsilon": "ϵ", "\\zeta": "ζ", "\\eta": "η",
        "\\theta": "θ", "\\lambda": "λ", "\\mu": "μ", "\\pi": "π", "\\sigma": "σ", "\\varphi": "φ", "\\Phi": "Φ",
        "-": "−", "*": "∗", "'": "′", "\\to": "→", "\\ne": "≠", "\\infty": "∞", "\\cdots": "⋯",
        "\\varepsilon": "ε", "\\lfloor": "⌊", "\\rfloor": "⌋", "\\lceil": "⌈", "\\rceil": "⌉",
    ]
}

/// Text with the characters that HTML takes for its own replaced.
func escapedForHTML(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        // What no HTML document may hold.
        case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
}
