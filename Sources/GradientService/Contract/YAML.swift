import Yams

extension JSONTree {
    /// The tree as a YAML document.
    ///
    /// - Throws: What the emitter reports; it does not for a tree.
    package func yaml() throws -> String {
        try Yams.serialize(node: node, indent: 2, width: -1, allowUnicode: true, sortKeys: false)
    }

    private var node: Node {
        switch self {
        case .object(let members):
            .mapping(.init(members.map { (JSONTree.string($0.name).node, $0.value.node) }, Tag(.map)))
        case .array(let elements):
            .sequence(.init(elements.map(\.node), Tag(.seq), elements.allSatisfy(\.isScalar) ? .flow : .block))
        case .string(let text):
            // What would read back as another type, or is empty, is quoted.
            .scalar(.init(text, Tag(.str), text.contains("\n") ? .literal : JSONTree.style(of: text)))
        case .integer(let value): .scalar(.init(String(value), Tag(.int)))
        case .number(let value): .scalar(.init("\(value)", Tag(.float)))
        case .bool(let value): .scalar(.init(value ? "true" : "false", Tag(.bool)))
        case .null: .scalar(.init("null", Tag(.null)))
        }
    }

    private var isScalar: Bool {
        switch self {
        case .object: false
        case .array(let elements): elements.allSatisfy(\.isScalar)
        default: true
        }
    }

    private static func style(of text: String) -> Node.Scalar.Style {
        Resolver.default.resolveTag(of: Node(text)) == .str ? .any : .singleQuoted
    }
}
