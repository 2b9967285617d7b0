import HTTPServer

/// What the pages that are written here have in common.
enum PageShell {
    /// A whole page around its content.
    ///
    /// - Parameters:
    ///   - title: The page's name.
    ///   - lead: One sentence below it.
    ///   - script: The page's script, if it has one; the page reads without.
    ///   - hasFormulas: Whether formulas are set in it.
    ///   - content: The markup within `main`.
    /// - Returns: The page.
    static func page(
        _ title: String,
        lead: String,
        script: String? = nil,
        hasFormulas: Bool = false,
        content: String
    ) -> PageFile {
        let katex = "/assets/vendor/katex-0.16.40/katex.min"
        let formulas = [
            "<link rel=\"stylesheet\" href=\"\(katex).css\">", "<script defer src=\"\(katex).js\"></script>",
        ]
        let scripts = script.map { ["<script type=\"module\" src=\"/assets/js/\($0)\"></script>"] } ?? []
        let text = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(escapedForHTML(title))</title>
            <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
            \((hasFormulas ? formulas : []).joined(separator: "\n"))
            <link rel="stylesheet" href="/assets/css/page.css">
            <link rel="stylesheet" href="/assets/css/reference.css">
            \(scripts.joined(separator: "\n"))
            </head>
            <body>
            <a class="skip" href="#main">Skip to the text</a>
            <header class="top">
            <div class="title"><h1><span class="nabla" aria-hidden="true">∇</span> \(escapedForHTML(title))</h1>
            <p>\(escapedForHTML(lead))</p></div>
            <nav aria-label="Pages"><a href="/">Playground</a> <a href="/docs">Reference</a>
            <a href="/docs/swagger">Try the API</a> <a href="/docs/licences">Licences</a></nav>
            </header>
            <main id="main">
            \(content)
            </main>
            </body>
            </html>

            """
        return PageFile("text/html; charset=utf-8", Array(text.utf8))
    }

    /// A block of code that can be copied and, where it is wide, scrolled by the keyboard.
    static func code(_ text: String, label: String) -> String {
        "<pre tabindex=\"0\" role=\"group\" aria-label=\"\(escapedForHTML(label))\"><code>\(escapedForHTML(text))</code></pre>"
    }

    /// A formula by its LaTeX source, which a script sets once it comes near the screen.
    ///
    /// Some 500 formulas set beforehand would be most of the page.
    static func formula(_ latex: String) -> String {
        let source = escapedForHTML(latex)
        return "<div class=\"formula\" data-tex=\"\(source)\"><code>\(source)</code></div>"
    }

    /// Prose in which backquotes mark code.
    static func prose(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            index % 2 == 0 ? escapedForHTML(String(part)) : "<code>\(escapedForHTML(String(part)))</code>"
        }.joined()
    }
}
