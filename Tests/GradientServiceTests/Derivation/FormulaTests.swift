import Backprop
import GradientService
import Testing

/// The formulas that the catalogue states, set in every form.
@Suite struct FormulaTests {
    static let stated: [String] =
        Catalogue.layers.flatMap { type in [type.formula] + type.gradients.flatMap { [$0.index, $0.matrix] } }
        + Catalogue.losses.flatMap { [$0.formula, $0.gradientFormula] }

    @Test(arguments: stated)
    func `a stated formula is understood whole`(_ latex: String) {
        let formula = Formula(latex)
        #expect(Formula(formula.latex) == formula, "reading what was written gives \(formula.latex)")
        for command in latex.split(separator: "\\").dropFirst() {
            let name = command.prefix { $0.isLetter }
            #expect(name.isEmpty || formula.latex.contains(name), "\(name) is lost in \(formula.latex)")
        }
        // A command that is not known would be left as it stands.
        #expect(!formula.mathML().contains("\\"), "\(formula.mathML())")
        #expect(!formula.plain.contains("\\"), "\(formula.plain)")
    }

    @Test(arguments: stated)
    func `MathML is well formed`(_ latex: String) {
        #expect(unclosed(in: Formula(latex).mathML(isDisplayed: true)) == [])
    }

    @Test(
        arguments: [
            ("\\partial C/\\partial W_{ij} = x_j\\, g_i", "∂C/∂Wᵢⱼ = xⱼ gᵢ"),
            ("y = x W^\\top + b", "y = xWᵀ + b"),
            ("\\frac{1}{2 y_i}", "1/(2yᵢ)"),
            ("x_i^2", "xᵢ²"),
            ("\\frac{\\partial C}{\\partial C} = 1", "∂C/∂C = 1"),
        ]
    )
    func `a formula reads as plain text`(_ latex: String, _ plain: String) {
        #expect(Formula(latex).plain == plain)
    }

    @Test(arguments: [("a-b", "a - b"), ("x=-b-1", "x = -b - 1"), ("(-a)-b", "(-a) - b"), ("x_{i-1}", "x_{i - 1}")])
    func `a minus between two has spaces and a sign has none`(_ latex: String, _ spaced: String) {
        #expect(Formula(latex).latex == spaced)
    }
}

/// The elements that markup leaves open, or what closes an element that is not open.
func unclosed(in markup: String) -> [String] {
    let empty: Set<Substring> = ["meta", "link", "br"]
    var open: [Substring] = []
    for piece in markup.split(separator: "<").dropFirst(markup.hasPrefix("<") ? 0 : 1) {
        let tag = piece.prefix { $0 != ">" }
        let name = tag.drop { $0 == "/" }.prefix { $0 != " " }
        if tag.hasPrefix("!") || empty.contains(name) { continue }
        if !tag.hasPrefix("/") {
            open.append(name)
        } else if open.popLast() != name {
            return ["/" + name]
        }
    }
    return open.map(String.init)
}
