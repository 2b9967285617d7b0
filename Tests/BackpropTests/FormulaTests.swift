import Backprop
import Testing

/// The LaTeX that the catalogue shows: that it can be set at all.
@Suite struct FormulaTests {
    static let all: [String] =
        Catalogue.layers.flatMap { [$0.formula] + $0.gradients.flatMap { [$0.index, $0.matrix] } }
        + Catalogue.losses.flatMap { [$0.formula, $0.gradientFormula] }

    @Test(arguments: Set(all).sorted())
    func `a formula's brackets close`(_ formula: String) {
        var depth = 0
        var isEscaped = false
        for character in formula {
            if !isEscaped && character == "{" { depth += 1 }
            if !isEscaped && character == "}" { depth -= 1 }
            #expect(depth >= 0)
            isEscaped = character == "\\" && !isEscaped
        }
        #expect(depth == 0)
        #expect(count("\\left", in: formula) == count("\\right", in: formula))
        #expect(count("\\begin{cases}", in: formula) == count("\\end{cases}", in: formula))
        #expect(!formula.contains("  ") && !formula.contains("\n"))
    }

    /// How often a command stands in a formula; `\leftarrow` is not `\left`.
    private func count(_ command: String, in formula: String) -> Int {
        var count = 0
        var rest = formula[...]
        while let range = rest.firstRange(of: command) {
            rest = rest[range.upperBound...]
            if rest.first?.isLetter != true { count += 1 }
        }
        return count
    }
}
