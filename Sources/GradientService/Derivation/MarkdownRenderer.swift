import Backprop

/// A derivation as Markdown: LaTeX between dollars, tables for matrices, readable in a terminal as it is.
enum MarkdownRenderer {
    /// The document's text.
    static func text(_ document: DerivationDocument) -> String {
        var parts = ["# \(document.title)"]
        for block in document.blocks { parts.append(self.block(block)) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func block(_ block: DerivationDocument.Block) -> String {
        switch block {
        case .heading(let level, let words): String(repeating: "#", count: level) + " " + line(words)
        case .paragraph(let words): line(words)
        case .display(let formula): "$$\(formula.latex)$$"
        case .steps(let steps):
            steps.enumerated().map { step($1, number: $0 + 1) }.joined(separator: "\n\n")
        case .tensor(let view): tensor(view, indent: "")
        case .table(let table): self.table(table)
        }
    }

    private static func step(_ step: DerivationDocument.Step, number: Int) -> String {
        let indent = "   "
        var text = "\(number). \(line(step.words)):\n\n\(indent)$$\(step.formula.latex)$$"
        if let result = step.result { text += "\n\n" + tensor(result, indent: indent) }
        return text
    }

    /// A tensor by its symbol, its shape and, if it is small, its numbers.
    static func tensor(_ view: TensorView, indent: String = "") -> String {
        let name = "$\(view.symbol.latex)$"
        switch view.content {
        case .summary(let words): return "\(indent)\(name), \(view.shape): \(words)."
        case .slices(let slices):
            if view.shape.rank == 0, let number = slices.first?.rows.first?.first {
                return "\(indent)$\(view.symbol.latex) = \(number.replacing("∞", with: "\\infty"))$"
            }
            if view.shape.rank == 1, let row = slices.first?.rows.first {
                return "\(indent)\(name), \(view.shape): \(row.map { "`\($0)`" }.joined(separator: " "))"
            }
            return "\(indent)\(name), \(view.shape):"
                + slices.map { slice in
                    let label = slice.label.map { "\n\n\(indent)Slice \($0):" } ?? ""
                    return label + "\n\n" + matrix(slice.rows, indent: indent)
                }.joined()
        }
    }

    /// A matrix as a table with its indices around it, columns aligned for the eye.
    private static func matrix(_ rows: [[String]], indent: String) -> String {
        let columns = rows.first?.count ?? 0
        let head = [""] + (0..<columns).map(String.init)
        let body = rows.enumerated().map { ["**\($0)**"] + $1 }
        return aligned(head, body, indent: indent, marks: [":--"] + Array(repeating: "--:", count: columns))
    }

    private static func table(_ table: DerivationDocument.Table) -> String {
        let body = table.rows.map { $0.map { line($0).replacing("|", with: "\\|") } }
        return aligned(table.head, body, indent: "", marks: table.head.map { _ in ":--" })
    }

    private static func aligned(_ head: [String], _ body: [[String]], indent: String, marks: [String]) -> String {
        let widths = head.indices.map { column in
            ([head] + body).reduce(marks[column].count) { max($0, $1[column].count) }
        }
        func row(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return marks[column] == "--:" ? padding + cell : cell + padding
            }
            return indent + "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = marks.enumerated().map { column, mark in
            let dashes = String(repeating: "-", count: widths[column] - 1)
            return mark == "--:" ? dashes + ":" : ":" + dashes
        }
        return ([row(head), indent + "| " + rule.joined(separator: " | ") + " |"] + body.map(row)).joined(
            separator: "\n"
        )
    }

    private static func line(_ words: [DerivationDocument.Inline]) -> String {
        words.map { word in
            switch word {
            case .text(let text): text
            case .strong(let text): "**\(text)**"
            case .code(let text): code(text)
            case .math(let formula): "$\(formula.latex)$"
            }
        }.joined()
    }

    /// A name from the request as code: on one line, with more backticks around it than it holds in a row.
    private static func code(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard line.contains("`") else { return "`\(line)`" }
        var (longest, run) = (0, 0)
        for character in line {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence) \(line) \(fence)"
    }
}
