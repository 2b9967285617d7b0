import Backprop

/// A derivation as a page that stands alone: formulas as MathML, no script, no other file, dark and print styles.
enum HTMLRenderer {
    /// The document's markup.
    static func text(_ document: DerivationDocument) -> String {
        let title = escapedForHTML(document.title)
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <link rel="icon" href="data:,">
            <style>
            \(style)</style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            \(body(document.blocks))
            </main>
            </body>
            </html>

            """
    }

    /// The blocks, each variable's derivation and each layer in a section of its own.
    private static func body(_ blocks: [DerivationDocument.Block]) -> String {
        var markup: [String] = []
        var open: [Int] = []
        for block in blocks {
            if case .heading(let level, _) = block {
                while let last = open.last, last >= level {
                    markup.append("</section>")
                    open.removeLast()
                }
                markup.append("<section class=\"level\(level)\">")
                open.append(level)
            }
            markup.append(self.block(block))
        }
        markup += open.map { _ in "</section>" }
        return markup.joined(separator: "\n")
    }

    private static func block(_ block: DerivationDocument.Block) -> String {
        switch block {
        case .heading(let level, let words): "<h\(level)>\(line(words))</h\(level)>"
        case .paragraph(let words): "<p>\(line(words))</p>"
        case .display(let formula): display(formula)
        case .steps(let steps):
            "<ol>\n" + steps.map { "<li>\(step($0))</li>" }.joined(separator: "\n") + "\n</ol>"
        case .tensor(let view): tensor(view)
        case .table(let table): self.table(table)
        }
    }

    private static func display(_ formula: Formula) -> String {
        "<div class=\"formula\">\(formula.mathML(isDisplayed: true))</div>"
    }

    private static func step(_ step: DerivationDocument.Step) -> String {
        let result = step.result.map(tensor) ?? ""
        return "<p>\(line(step.words)):</p>\(display(step.formula))\(result)"
    }

    private static func tensor(_ view: TensorView) -> String {
        let name = "\(view.symbol.mathML()) <span class=\"shape\">\(view.shape)</span>"
        switch view.content {
        case .summary(let words): return "<p class=\"tensor\">\(name): \(escapedForHTML(words)).</p>"
        case .slices(let slices):
            let isWide = (view.shape.last ?? 1) > 10
            let matrices = slices.map { slice in
                let caption = slice.label.map { "<caption>slice \($0)</caption>" } ?? ""
                let rows = slice.rows.map { "<tr>\($0.map { "<td>\($0)</td>" }.joined())</tr>" }.joined()
                return "<table class=\"matrix\(isWide ? " wide" : "")\">\(caption)<tbody>\(rows)</tbody></table>"
            }.joined()
            // What may have to be scrolled is reached by the keyboard as well.
            let scrolling = isWide ? " tabindex=\"0\" role=\"group\" aria-label=\"a wide matrix\"" : ""
            return "<div class=\"tensor\"><p>\(name)</p><div class=\"slices\"\(scrolling)>\(matrices)</div></div>"
        }
    }

    private static func table(_ table: DerivationDocument.Table) -> String {
        let head = table.head.map { "<th scope=\"col\">\(escapedForHTML($0))</th>" }.joined()
        let rows = table.rows.map { "<tr>\($0.map { "<td>\(line($0))</td>" }.joined())</tr>" }.joined(separator: "\n")
        return "<table class=\"list\"><thead><tr>\(head)</tr></thead>\n<tbody>\n\(rows)\n</tbody></table>"
    }

    private static func line(_ words: [DerivationDocument.Inline]) -> String {
        words.map { word in
            switch word {
            case .text(let text): escapedForHTML(text)
            case .strong(let text): "<strong>\(escapedForHTML(text))</strong>"
            case .code(let text): "<code>\(escapedForHTML(text))</code>"
            case .math(let formula): formula.mathML()
            }
        }.joined()
    }

    private static let style = """
        :root { --ink: #1b1f24; --paper: #ffffff; --soft: #57606a; --line: #d0d7de; --tint: #f6f8fa; --mark: #0b57a4; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9da7b3; --line: #30363d; --tint: #161b22; --mark: #79b8ff; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; }
        h2 { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.4rem; }
        h3 { margin-top: 2rem; font-size: 1.15rem; color: var(--mark); }
        p { margin: 0.6rem 0; }
        math { font-size: 1.1em; }
        code { padding: 0.1em 0.3em; border-radius: 4px; background: var(--tint); overflow-wrap: break-word; }
        .level3 { padding-left: 1rem; border-left: 3px solid var(--line); }
        .formula { margin: 0.7rem 0; }
        .formula math { display: block math; max-width: 100%; }
        .shape { color: var(--soft); font-size: 0.9em; }
        .tensor { display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 0.9rem; margin: 0.8rem 0; }
        p.tensor { display: block; }
        .slices { display: flex; flex-wrap: wrap; gap: 0.6rem 1.4rem; min-width: 0; max-width: 100%; }
        .slices[tabindex] { overflow-x: auto; }
        .matrix { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums;
          border-left: 2px solid var(--ink); border-right: 2px solid var(--ink); border-radius: 6px; }
        .matrix td { padding: 0.1rem 0.55rem; text-align: right; font-size: 0.92em; }
        .wide td { padding: 0.05rem 0.3rem; font-size: 0.72em; }
        .matrix caption { padding-bottom: 0.1rem; color: var(--soft); font-size: 0.85em; text-align: left; }
        .list { width: 100%; border-collapse: collapse; }
        .list th, .list td { padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line); text-align: left; }
        ol { padding-left: 1.6rem; }
        li { margin: 0.8rem 0; }
        li::marker { color: var(--mark); font-weight: 600; }
        @media (max-width: 40rem) { .matrix td { padding: 0.1rem 0.3rem; font-size: 0.8em; } math { font-size: 1em; } }
        @media print {
          :root { --ink: #000; --paper: #fff; --soft: #444; --line: #bbb; --tint: #f2f2f2; --mark: #000; }
          main { max-width: none; padding: 0; }
          h2, h3 { break-after: avoid; }
          .matrix, .formula, li { break-inside: avoid; }
        }

        """
}
