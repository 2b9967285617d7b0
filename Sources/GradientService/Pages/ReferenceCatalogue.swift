import Backprop

/// The layers and losses in the reference: fields, shapes, formulas, and each to be opened in the playground.
enum ReferenceCatalogue {
    /// The layers' sections.
    static var layers: String {
        """
        <section id="layers"><h2>Layers</h2><p>Names, fields and defaults are PyTorch’s. In the formulas x is the input, y
        the output, g the gradient with respect to the output; every layer takes <code>name</code> and
        <code>inputs</code> as well.</p></section>
        \(Catalogue.layers.map { layer($0) }.joined(separator: "\n"))
        """
    }

    /// The losses' sections.
    static var losses: String {
        """
        <section id="losses"><h2>Losses</h2><p>In the formulas x is the network’s output and t the target.</p></section>
        \(Catalogue.losses.map { loss($0) }.joined(separator: "\n"))
        """
    }

    private static func layer(_ layer: any Layer.Type) -> String {
        let gradients = layer.gradients.map { gradient in
            """
            <tr><th scope="row"><code>\(escapedForHTML(gradient.variable))</code></th>
            <td>\(PageShell.formula(gradient.index))</td><td>\(PageShell.formula(gradient.matrix))</td></tr>
            """
        }
        let table = """
            <div class="table-frame" tabindex="0" role="group" aria-label="Gradients of \(escapedForHTML(layer.type))">
            <table class="list gradients"><thead><tr><th scope="col">Gradient for</th><th scope="col">Entry by entry</th>
            <th scope="col">As a whole</th></tr></thead><tbody>\(gradients.joined(separator: "\n"))</tbody></table></div>
            """
        return section(
            "layer-\(layer.type)",
            layer,
            shape: "Takes \(layer.arity); output: \(layer.shapeRule).",
            gradients: layer.gradients.isEmpty ? "" : table,
            example: layer.exampleRequest
        )
    }

    private static func loss(_ loss: any Loss.Type) -> String {
        section(
            "loss-\(loss.type)",
            loss,
            shape: "The network’s output, with a target that fits, to a number.",
            gradients: "<h4>Gradient with respect to the output</h4>\(PageShell.formula(loss.gradientFormula))",
            example: loss.exampleRequest
        )
    }

    private static func section(
        _ anchor: String,
        _ entry: any CatalogueEntry.Type,
        shape: String,
        gradients: String,
        example: JSONTree?
    ) -> String {
        let open =
            example.map { "<p><a href=\"/#j=\(ReferenceText.fragment($0))\">Open in the playground</a></p>" } ?? ""
        return """
            <section id="\(anchor)" class="entry">
            <h3><a class="anchor" href="#\(anchor)">\(escapedForHTML(entry.type))</a></h3>
            <p>\(PageShell.prose(entry.summary))</p>
            <p>\(PageShell.prose(shape))</p>
            \(PageShell.formula(entry.formula))
            \(gradients)
            \(fields(entry))
            \(open)
            </section>
            """
    }

    private static func fields(_ entry: any CatalogueEntry.Type) -> String {
        guard !entry.fields.isEmpty else { return "<p class=\"note\">No fields of its own.</p>" }
        let rows = entry.fields.map { field in
            let standard =
                field.isRequired ? "required" : field.standard.flatMap(CatalogueSchemas.json).map(ReferenceText.line)
            return """
                <tr><th scope="row"><code>\(escapedForHTML(field.name))</code></th>
                <td>\(escapedForHTML(field.kind.words))\(field.isParameter ? ", learnable" : "")</td>
                <td>\(escapedForHTML(standard ?? "none"))</td><td>\(PageShell.prose(field.doc))</td></tr>
                """
        }
        return """
            <div class="table-frame" tabindex="0" role="group" aria-label="Fields of \(escapedForHTML(entry.type))">
            <table class="list"><thead><tr><th scope="col">Field</th><th scope="col">Kind</th><th scope="col">Default</th>
            <th scope="col">Meaning</th></tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            """
    }
}

extension Field.Kind {
    /// What values a field takes, in words.
    fileprivate var words: String {
        switch self {
        case .parameter, .constant: "tensor"
        case .number(.any): "number"
        case .number(.positive): "number > 0"
        case .number(.notNegative): "number ≥ 0"
        case .number(.fraction): "number in 0 … 1"
        case .integer(let minimum): minimum == .min ? "integer" : "integer ≥ \(minimum)"
        case .integers: "integer or list"
        case .integersOrChoice(_, _, let choices): "integers, or \(choices.joined(separator: ", "))"
        case .flag: "true or false"
        case .choice(let choices): choices.joined(separator: ", ")
        }
    }
}
