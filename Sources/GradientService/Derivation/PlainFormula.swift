/// Formulas as plain text for terminals: `∂C/∂Wᵢⱼ = yⱼ ∂C/∂zᵢ`.
extension Formula {
    /// The formula on one line.
    package var plain: String {
        switch self {
        case .symbol(let name): Formula.glyphs[name] ?? (name.hasPrefix("\\") ? String(name.dropFirst()) : name)
        case .number(let digits): digits
        case .function(let name): name
        case .text(let words): words
        case .space(let command): command == "\\quad" ? "  " : " "
        case .row(let parts): Formula.plainRow(parts)
        case .scripts(let base, let sub, let sup):
            base.plain + (sub.map { Formula.lowered($0.plain) } ?? "") + (sup.map { Formula.raised($0.plain) } ?? "")
        case .fraction(let top, let bottom, _): "\(top.operandText)/\(bottom.operandText)"
        case .root(let inner): "√(\(inner.plain))"
        case .fenced(let open, let inner, let close):
            (open == "." ? "" : Formula.glyphs[open] ?? open) + inner.plain
                + (close == "." ? "" : Formula.glyphs[close] ?? close)
        case .accent(let name, let inner): inner.plain + (Formula.combining[name] ?? "")
        case .style(let style, let inner): style == "mathbb" && inner == .symbol("R") ? "ℝ" : inner.plain
        case .cases(let rows):
            "{ " + rows.map { $0.map(\.plain).joined(separator: " if ") }.joined(separator: "; ") + " }"
        case .matrix(let rows):
            "[" + rows.map { $0.map(\.plain).joined(separator: " ") }.joined(separator: "; ") + "]"
        }
    }

    private static let combining = ["hat": "\u{302}", "bar": "\u{304}", "tilde": "\u{303}"]
    private static let spaced: Set<String> = ["=", "+", "\\in", "\\odot", "\\oslash", "\\le", "\\ge", "\\approx"]

    private static func plainRow(_ parts: [Formula]) -> String {
        var text = ""
        for (index, part) in parts.enumerated() {
            if case .symbol(let name) = part, spaced.contains(name) || (name == "-" && index > 0) {
                text += " \(part.plain) "
            } else {
                // Fractions on one line would run into their neighbours.
                if case .fraction = part, let last = text.last, last != " ", last != "(" { text += " " }
                if case .function = part, text.last?.isLetter == true { text += " " }
                text += part.plain
                if case .scripts(.symbol("\\sum"), _, _) = part { text += " " }
                if case .fraction = part, index + 1 < parts.count { text += " " }
            }
        }
        return text.reduce(into: "") { result, character in
            if !(character == " " && result.last == " ") { result.append(character) }
        }
    }

    /// The formula as a part of a fraction on one line.
    private var operandText: String {
        if case .row(let parts) = self, parts.first != .symbol("\\partial") { return "(\(plain))" }
        return plain
    }

    private static func lowered(_ text: String) -> String {
        script(text, lower) ?? (text.count == 1 ? "_\(text)" : "_{\(text)}")
    }

    private static func raised(_ text: String) -> String {
        script(text, upper) ?? (text.count == 1 ? "^\(text)" : "^{\(text)}")
    }

    private static func script(_ text: String, _ table: [Character: Character]) -> String? {
        let raised = text.compactMap { table[$0] }
        return raised.count == text.count ? String(raised) : nil
    }

    private static let lower = Dictionary(
        uniqueKeysWithValues: zip("0123456789+−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
    )
    private static let upper = Dictionary(
        uniqueKeysWithValues: zip(
            "0123456789+−=()⊤abcdefghijklmnoprstuvwxyz×",
            "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵀᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻˣ"
        )
    )
}
