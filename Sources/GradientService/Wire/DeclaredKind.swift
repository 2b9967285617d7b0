import Backprop

/// A kind of object whose fields its `type` declares, such as a layer.
struct DeclaredKind: Sendable {
    /// What one is called in messages.
    let word: String
    /// The names of the types there are, in the catalogue's order.
    let typeNames: [String]
    /// The types there are, by name.
    let types: [JSONName: DeclaredType]
    /// The members that every type has.
    let commonMembers: [String]

    private init(_ word: String, _ entries: [any CatalogueEntry.Type], commonMembers: [String]) {
        self.word = word
        self.commonMembers = commonMembers
        typeNames = entries.map { $0.type }
        types = Dictionary(uniqueKeysWithValues: entries.map { (JSONName($0.type), DeclaredType($0)) })
    }

    /// Layers.
    static let layer = DeclaredKind("layer", Catalogue.layers, commonMembers: ["name", "type", "inputs"])

    /// Losses.
    static let loss = DeclaredKind("loss", Catalogue.losses, commonMembers: ["type"])
}

/// One type of a kind, as requests are read by it.
final class DeclaredType: Sendable {
    /// The value of `type`.
    let name: String
    /// The fields that it declares.
    let fields: [Field]
    /// The fields' names, in the same order.
    let fieldNames: [JSONName]

    init(_ entry: any CatalogueEntry.Type) {
        name = entry.type
        fields = entry.fields
        fieldNames = fields.map { JSONName($0.name) }
    }
}
