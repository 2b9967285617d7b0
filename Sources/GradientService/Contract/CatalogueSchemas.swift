import Backprop

/// The schemas of layers and losses, derived from their declarations.
enum CatalogueSchemas {
    /// The named schemas: one for each layer and loss, and `Layer` and `Loss`, which tell them apart by `type`.
    static var all: [(String, JSONTree)] {
        let layers = Catalogue.layers.map { (layerName($0.type), schema(of: $0, common: layerMembers)) }
        let losses = Catalogue.losses.map { (lossName($0.type), schema(of: $0, common: [])) }
        return [
            ("Layer", union("A layer; its type says which fields it has.", Catalogue.layerTypes, layerName)),
            ("Loss", union("A loss; its type says which fields it has.", Catalogue.lossTypes, lossName)),
        ] + layers + losses
    }

    private static func layerName(_ type: String) -> String { camelCase(type) + "Layer" }
    private static func lossName(_ type: String) -> String { camelCase(type) + "Loss" }

    private static func camelCase(_ type: String) -> String {
        type.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func union(_ description: String, _ types: [String], _ name: (String) -> String) -> JSONTree {
        [
            "description": .string(description),
            "oneOf": .array(types.map { Schemas.reference(name($0)) }),
            "discriminator": [
                "propertyName": "type",
                "mapping": .members(types.map { ($0, .string("#/components/schemas/\(name($0))")) }),
            ],
        ]
    }

    private static let layerMembers: [(String, JSONTree)] = [
        (
            "name",
            [
                "type": "string", "minLength": 1, "maxLength": 128,
                "description": "The layer's name, unique in the network; by default its type, _ and its position.",
            ]
        ),
        (
            "inputs",
            Schemas.list(
                "The layers or network inputs that it takes; by default the layer before it.",
                of: ["type": "string"]
            )
        ),
    ]

    private static func schema(of entry: any CatalogueEntry.Type, common: [(String, JSONTree)]) -> JSONTree {
        let type: [(String, JSONTree)] = [("type", ["type": "string", "const": .string(entry.type)])]
        let fields = entry.fields.map { ($0.name, schema(of: $0)) }
        return Schemas.object(
            entry.summary,
            required: ["type"] + entry.fields.filter(\.isRequired).map(\.name),
            type + common + fields
        )
    }

    /// The schema of one field.
    static func schema(of field: Field) -> JSONTree {
        var schema: JSONTree =
            switch field.kind {
            case .parameter:
                alternatives([Schemas.reference("Tensor"), Schemas.reference("ParameterReference")], field)
            case .constant: alternatives([Schemas.reference("Tensor")], field)
            case .number(let range): alternatives([number(range)], field)
            case .integer(let minimum): alternatives([integer(minimum)], field)
            case .integers(let count, let minimum): alternatives(integers(count, minimum), field)
            case .integersOrChoice(let count, let minimum, let choices):
                alternatives(integers(count, minimum) + [word(choices)], field)
            case .flag: ["type": "boolean"]
            case .choice(let choices): word(choices)
            }
        schema["description"] = .string(field.doc)
        if let standard = field.standard.flatMap({ json($0, of: field.kind) }) { schema["default"] = standard }
        return schema
    }

    /// One schema, or several of which one holds; a field that may be left out may be `null` as well.
    private static func alternatives(_ schemas: [JSONTree], _ field: Field) -> JSONTree {
        let isNullable = !field.isRequired && field.standard == nil
        let all = schemas + (isNullable ? [["type": "null"]] : [])
        if all.count == 1, all[0]["$ref"] == nil { return all[0] }
        return ["anyOf": .array(all)]
    }

    private static func number(_ range: Field.Range) -> JSONTree {
        switch range {
        case .any: ["type": "number"]
        case .positive: ["type": "number", "exclusiveMinimum": 0]
        case .notNegative: ["type": "number", "minimum": 0]
        case .fraction: ["type": "number", "minimum": 0, "maximum": 1]
        }
    }

    private static func integer(_ minimum: Int) -> JSONTree {
        minimum == .min ? ["type": "integer"] : ["type": "integer", "minimum": .integer(minimum)]
    }

    private static func integers(_ count: Int?, _ minimum: Int) -> [JSONTree] {
        var list: JSONTree = ["type": "array", "minItems": 1, "items": integer(minimum)]
        list["maxItems"] = .integer(count ?? 64)
        return [integer(minimum), list]
    }

    private static func word(_ choices: [String]) -> JSONTree {
        ["type": "string", "enum": .array(choices.map { .string($0) })]
    }

    /// A field's value on the wire; constants have none in the contract.
    static func json(_ value: FieldValue, of kind: Field.Kind) -> JSONTree? {
        switch value {
        case .number(let number): .number(number)
        case .integers(let list):
            if list.dropFirst().allSatisfy({ $0 == list[0] }), let first = list.first {
                .integer(first)
            } else {
                .array(list.map { .integer($0) })
            }
        case .flag(let flag): .bool(flag)
        case .choice(let word): .string(word)
        case .constant: nil
        }
    }
}
