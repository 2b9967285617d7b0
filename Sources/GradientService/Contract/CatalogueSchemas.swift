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

    /// The schema of one field; one that may be left out and has no default may be `null` as well.
    static func schema(of field: Field) -> JSONTree {
        let isNullable = !field.isRequired && field.standard == nil
        let forms = forms(of: field.kind) + (isNullable ? [["type": "null"]] : [])
        return schema(of: forms, field.doc, standard: field.standard)
    }

    /// The schema of an option.
    static func schema(of option: OptionMember) -> JSONTree {
        schema(of: forms(of: option.kind), option.doc, standard: option.standard)
    }

    private static func schema(of forms: [JSONTree], _ doc: String, standard: FieldValue?) -> JSONTree {
        // A reference stands alone, so that what describes the member is no part of what is referred to.
        var schema: JSONTree = forms.count == 1 && forms[0]["$ref"] == nil ? forms[0] : ["anyOf": .array(forms)]
        schema["description"] = .string(doc)
        schema["default"] = standard.flatMap(json)
        return schema
    }

    /// The schemas of which a value must keep one.
    private static func forms(of kind: Field.Kind) -> [JSONTree] {
        switch kind {
        case .parameter: [Schemas.reference("Tensor"), Schemas.reference("ParameterReference")]
        case .constant: [Schemas.reference("Tensor")]
        case .number(let range): [number(range)]
        case .integer(let minimum): [integer(minimum)]
        case .integers(let count, let minimum): integers(count, minimum)
        case .integersOrChoice(let count, let minimum, let choices): integers(count, minimum) + [word(choices)]
        case .flag: [["type": "boolean"]]
        case .choice(let choices): [word(choices)]
        }
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
    static func json(_ value: FieldValue) -> JSONTree? {
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
