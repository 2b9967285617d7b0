import Backprop

/// A graph as text that other programs draw: variables as circles, computed ones with their operation and shape,
/// edges upwards from operands to results, as in Goodfellow et al., figure 6.8.
extension ComputationalGraph {
    /// In Graphviz's DOT language.
    var graphviz: String {
        var lines = [
            "digraph network {",
            "  rankdir=BT;",
            "  node [shape=ellipse, fontname=\"Helvetica\"];",
            "  edge [fontname=\"Helvetica\", fontsize=10];",
        ]
        for node in nodes {
            let label = label(node).map(Self.escapedForDOT).joined(separator: "\\n")
            let style =
                switch node.kind {
                case .input: ", style=filled, fillcolor=\"#e8f0fe\""
                case .parameter: ", style=filled, fillcolor=\"#fef7e0\""
                case .layer: ""
                case .loss: ", style=bold"
                }
            lines.append("  \(node.id) [label=\"\(label)\"\(style)];")
        }
        for edge in edges {
            lines.append("  \(edge.from) -> \(edge.to) [label=\"\(Self.escapedForDOT(edge.operand))\"];")
        }
        return lines.joined(separator: "\n") + "\n}\n"
    }

    /// In Mermaid's language.
    var mermaid: String {
        var lines = ["flowchart BT"]
        for node in nodes {
            let label = label(node).map(Self.escapedForMermaid).joined(separator: "<br/>")
            lines.append("  \(node.id)([\"\(label)\"])")
        }
        for edge in edges {
            lines.append("  \(edge.from) -->|\"\(Self.escapedForMermaid(edge.operand))\"| \(edge.to)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The lines of a node's label: its name, how it was computed and its shape, how large its gradient is.
    private func label(_ node: Node) -> [String] {
        let kind = node.type.map { "\($0) \(node.shape)" } ?? "\(node.kind.rawValue) \(node.shape)"
        let gradient = node.gradient.map { ["‖∇‖ = \(ShortNumber.text($0.norm))"] } ?? []
        return [node.name, kind] + (node.kind == .loss ? ["= \(ShortNumber.text(node.value.mean))"] : gradient)
    }

    /// In a quoted DOT string only the quote and the backslash are special; a line break would end the label's line.
    private static func escapedForDOT(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    /// In a quoted Mermaid label entities stand for what its Markdown and HTML would take as their own.
    private static func escapedForMermaid(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"", "#", "&", "<", ">", "`", "*", "_", "[", "]", "|", "\\", ";": result += "#\(scalar.value);"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
