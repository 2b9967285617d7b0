import Backprop

/// A derivation for a terminal: formulas in Unicode, matrices in boxes, colour if wished for.
struct TerminalRenderer {
    private let hasColour: Bool

    /// The document's text.
    static func text(_ document: DerivationDocument, hasColour: Bool) -> String {
        let renderer = TerminalRenderer(hasColour: hasColour)
        let title = printable(document.title)
        let rule = String(repeating: "═", count: title.count)
        var parts = [renderer.styled("\(title)\n\(rule)", .title)]
        for block in document.blocks { parts.append(renderer.block(block)) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private enum Style: String {
        case title = "1;36"
        case heading = "1;33"
        case strong = "1"
        case code = "36"
        case formula = "35"
        case frame = "2"
    }

    private func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    private func block(_ block: DerivationDocument.Block) -> String {
        switch block {
        case .heading(let level, let words):
            let text = plain(words)
            return styled(level == 2 ? "\(text)\n\(String(repeating: "─", count: text.count))" : text, .heading)
        case .paragraph(let words): return line(words)
        case .display(let formula): return "    " + styled(Self.printable(formula.plain), .formula)
        case .steps(let steps):
            return steps.enumerated().map { index, step in
                var text = "  \(index + 1). \(line(step.words)):\n\n     "
                text += styled(Self.printable(step.formula.plain), .formula)
                if let result = step.result { text += "\n\n" + tensor(result, indent: "     ") }
                return text
            }.joined(separator: "\n\n")
        case .tensor(let view): return tensor(view, indent: "  ")
        case .table(let table): return self.table(table)
        }
    }

    private func tensor(_ view: TensorView, indent: String) -> String {
        let name = styled(Self.printable(view.symbol.plain), .formula)
        switch view.content {
        case .summary(let words): return "\(indent)\(name) \(view.shape): \(words)"
        case .slices(let slices):
            if view.shape.rank == 0, let number = slices.first?.rows.first?.first {
                return "\(indent)\(name) = \(number)"
            }
            return "\(indent)\(name) \(view.shape)"
                + slices.map { slice in
                    (slice.label.map { "\n\(indent)\($0)" } ?? "") + "\n" + box(slice.rows, indent: indent)
                }.joined()
        }
    }

    private func box(_ rows: [[String]], indent: String) -> String {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.reduce(1) { max($0, $1[column].count) } }
        let inside = String(repeating: " ", count: widths.reduce(1) { $0 + $1 + 1 })
        let bar = styled("│", .frame)
        let body = rows.map { row in
            let cells = row.enumerated().map { String(repeating: " ", count: widths[$0] - $1.count) + $1 }
            return "\(indent)\(bar) \(cells.joined(separator: " ")) \(bar)"
        }
        let top = indent + styled("┌\(inside)┐", .frame)
        let bottom = indent + styled("└\(inside)┘", .frame)
        return ([top] + body + [bottom]).joined(separator: "\n")
    }

    private func table(_ table: DerivationDocument.Table) -> String {
        let body = table.rows.map { $0.map(plain) }
        let widths = table.head.indices.map { column in
            ([table.head] + body).reduce(0) { max($0, $1[column].count) }
        }
        func row(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { $1 + String(repeating: " ", count: widths[$0] - $1.count) }
            return "  " + padded.joined(separator: "   ")
        }
        let rule = "  " + widths.map { String(repeating: "─", count: $0) }.joined(separator: "   ")
        return ([styled(row(table.head), .strong), styled(rule, .frame)] + body.map(row)).joined(separator: "\n")
    }

    private func line(_ words: [DerivationDocument.Inline]) -> String {
        words.map { word in
            switch word {
            case .text(let text): Self.printable(text)
            case .strong(let text): styled(Self.printable(text), .strong)
            case .code(let text): styled(Self.printable(text), .code)
            case .math(let formula): styled(Self.printable(formula.plain), .formula)
            }
        }.joined()
    }

    private func plain(_ words: [DerivationDocument.Inline]) -> String {
        words.map { word in
            switch word {
            case .text(let text), .strong(let text), .code(let text): Self.printable(text)
            case .math(let formula): Self.printable(formula.plain)
            }
        }.joined()
    }

    /// Text without control characters: a name from a file must not steer the terminal.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
        )
    }
}
