/// A formula as a tree: read from the LaTeX that layers state theirs in, rewritten with a network's own symbols, and set
/// as LaTeX, MathML or plain text.
package indirect enum Formula: Sendable, Equatable {
    /// A letter or an operator: one character, or a command such as `\alpha`.
    case symbol(String)
    case number(String)
    /// A function's name, set upright.
    case function(String)
    /// Words.
    case text(String)
    /// A space: `\,`, `\quad`.
    case space(String)
    case row([Formula])
    case scripts(Formula, sub: Formula?, sup: Formula?)
    case fraction(Formula, Formula, isSmall: Bool)
    case root(Formula)
    /// Brackets that grow with what they hold; `.` is none.
    case fenced(String, Formula, String)
    /// `\hat x`.
    case accent(String, Formula)
    /// `\mathbf{1}`.
    case style(String, Formula)
    /// Rows of cells after one brace.
    case cases([[Formula]])
    /// A matrix in round brackets.
    case matrix([[Formula]])
}

extension Formula {
    /// Reads LaTeX, of which the catalogue's subset is understood.
    ///
    /// - Parameter latex: The text; a command that is not known is taken for a symbol.
    package init(_ latex: String) {
        var reader = LaTeXReader(latex)
        self = reader.row(until: { _ in false })
    }

    /// The formula in LaTeX.
    package var latex: String {
        switch self {
        case .symbol(let name), .number(let name), .space(let name): name
        case .function(let name):
            LaTeXReader.functions.contains(name) ? "\\\(name)" : "\\operatorname{\(name)}"
        case .text(let words): "\\text{\(words)}"
        case .row(let parts): Formula.joined(parts.map(\.latex))
        case .scripts(let base, let sub, let sup):
            base.grouped + (sub.map { "_{\($0.latex)}" } ?? "") + (sup.map { "^{\($0.latex)}" } ?? "")
        case .fraction(let top, let bottom, let isSmall):
            "\\\(isSmall ? "tfrac" : "frac"){\(top.latex)}{\(bottom.latex)}"
        case .root(let inner): "\\sqrt{\(inner.latex)}"
        case .fenced(let open, let inner, let close):
            Formula.joined(["\\left\(open)", inner.latex, "\\right\(close)"])
        case .style(let name, .text(let words)): "\\\(name){\(words)}"
        case .accent(let name, let inner), .style(let name, let inner): "\\\(name){\(inner.latex)}"
        case .cases(let rows):
            "\\begin{cases} "
                + rows.map { $0.map(\.latex).joined(separator: " & ") }.joined(separator: " \\\\ ") + " \\end{cases}"
        case .matrix(let rows):
            "\\begin{pmatrix} "
                + rows.map { $0.map(\.latex).joined(separator: " & ") }.joined(separator: " \\\\ ") + " \\end{pmatrix}"
        }
    }

    /// The lines that a long formula breaks into: it states its parts with a wide space between them.
    var lines: [Formula] {
        guard case .row(let parts) = self else { return [self] }
        return parts.split(separator: .space("\\quad")).map { .row(Array($0)) }
    }

    /// In braces if scripts would otherwise go to a part of it.
    private var grouped: String {
        switch self {
        case .row, .scripts, .fraction: "{\(latex)}"
        default: latex
        }
    }

    private static let spaced: Set<String> = ["=", "+", "\\in", "\\odot", "\\oslash", "\\le", "\\approx"]

    /// Parts one after another, with spaces around relations and where a command would run into a letter.
    private static func joined(_ parts: [String]) -> String {
        var text = ""
        for part in parts {
            let letters = text.reversed().prefix { $0.isASCII && $0.isLetter }.count
            let endsInCommand = letters > 0 && text.dropLast(letters).last == "\\"
            if endsInCommand, part.first?.isLetter == true { text += " " }
            // A minus after an opening or another operator is a sign.
            let isBinaryMinus = part == "-" && text.last.map { !" ([{,|".contains($0) } ?? false
            text += (spaced.contains(part) && !text.isEmpty) || isBinaryMinus ? " \(part) " : part
        }
        return text
    }
}

/// Reads the subset of LaTeX that formulas are stated in.
struct LaTeXReader {
    /// The functions that have a command.
    static let functions: Set<String> = ["max", "min", "exp", "log", "sin", "cos", "tanh", "arg"]

    private static let accents: Set<String> = ["hat", "bar", "tilde"]
    private static let styles: Set<String> = ["mathbf", "mathbb", "mathrm"]

    private enum Token: Equatable {
        case character(Character)
        case command(String)
        case end
    }

    private let text: [Character]
    private var position = 0

    init(_ latex: String) { text = Array(latex) }

    /// Reads parts until a token that ends them, which is left, or the end of the text.
    mutating func row(until ends: (String) -> Bool) -> Formula {
        var parts: [Formula] = []
        while true {
            let start = position
            let token = next()
            if token == .end { break }
            if ends(name(token)) {
                position = start
                break
            }
            if case .character(let mark) = token, mark == "_" || mark == "^" {
                let script = argument()
                parts.append(attach(script, isSub: mark == "_", to: parts.popLast() ?? .row([])))
            } else {
                parts.append(part(token))
            }
        }
        return parts.count == 1 ? parts[0] : .row(parts)
    }

    private func attach(_ script: Formula, isSub: Bool, to base: Formula) -> Formula {
        if case .scripts(let inner, let sub, let sup) = base {
            if isSub, sub == nil { return .scripts(inner, sub: script, sup: sup) }
            if !isSub, sup == nil { return .scripts(inner, sub: sub, sup: script) }
        }
        return .scripts(base, sub: isSub ? script : nil, sup: isSub ? nil : script)
    }

    private mutating func part(_ token: Token) -> Formula {
        switch token {
        case .end: return .row([])
        case .character("{"):
            let inner = row { $0 == "}" }
            _ = next()
            return inner
        case .character(let character):
            if character.isNumber { return .number(number(from: character)) }
            return .symbol(String(character))
        case .command(let name): return command(name)
        }
    }

    private mutating func number(from first: Character) -> String {
        var digits = String(first)
        while position < text.count, text[position].isNumber || (text[position] == "." && followsDigit) {
            digits.append(text[position])
            position += 1
        }
        return digits
    }

    private var followsDigit: Bool { position + 1 < text.count && text[position + 1].isNumber }

    private mutating func command(_ name: String) -> Formula {
        switch name {
        case "frac", "tfrac":
            let top = argument()
            return .fraction(top, argument(), isSmall: name == "tfrac")
        case "sqrt": return .root(argument())
        case "text": return .text(words())
        case "operatorname": return .function(words())
        case "left":
            let open = self.name(next())
            let inner = row { $0 == "\\right" }
            _ = next()
            return .fenced(open, inner, self.name(next()))
        case "begin":
            _ = words()
            return .cases(rows())
        case ",", ":", ";", " ", "quad", "!": return .space("\\" + name)
        case _ where Self.accents.contains(name): return .accent(name, argument())
        case _ where Self.styles.contains(name): return .style(name, argument())
        case _ where Self.functions.contains(name): return .function(name)
        default: return .symbol("\\" + name)
        }
    }

    /// The rows of `cases` up to its end, which is passed over.
    private mutating func rows() -> [[Formula]] {
        var rows: [[Formula]] = [[]]
        while true {
            rows[rows.count - 1].append(row { $0 == "&" || $0 == "\\\\" || $0 == "\\end" })
            switch name(next()) {
            case "&": continue
            case "\\\\": rows.append([])
            default:
                _ = words()
                return rows
            }
        }
    }

    /// What a command or script applies to: a group in braces, or a single part.
    private mutating func argument() -> Formula {
        let token = next()
        // `x_12` is x with index 1, followed by 2.
        if case .character(let digit) = token, digit.isNumber { return .number(String(digit)) }
        return part(token)
    }

    /// The text in braces as it stands; an escaped character is taken for itself.
    private mutating func words() -> String {
        var words = ""
        guard case .character("{") = next() else { return words }
        while position < text.count, text[position] != "}" {
            if text[position] != "\\" { words.append(text[position]) }
            position += 1
        }
        position += 1
        return words
    }

    private mutating func next() -> Token {
        while position < text.count, text[position] == " " || text[position] == "\n" { position += 1 }
        guard position < text.count else { return .end }
        let character = text[position]
        position += 1
        guard character == "\\", position < text.count else { return .character(character) }
        var name = String(text[position])
        position += 1
        guard name.first?.isLetter == true else { return .command(name) }
        while position < text.count, text[position].isLetter {
            name.append(text[position])
            position += 1
        }
        return .command(name)
    }

    private func name(_ token: Token) -> String {
        switch token {
        case .character(let character): String(character)
        case .command(let name): "\\" + name
        case .end: ""
        }
    }
}
