import Backprop
import HTTPServer

extension Endpoint {
    /// `GET /v1/layers`.
    static let layers = Endpoint(
        method: .get,
        path: "/v1/layers",
        operationID: "listLayers",
        tag: .catalogue,
        summary: "Every type of layer with its fields and formulas.",
        parameters: [Parameters.pretty],
        success: .init(
            description: "The layers.",
            schema: CatalogueListing.schema("layers", entry: CatalogueListing.layerSchema)
        ),
        respond: { service, request, _ in .ready(service.json(CatalogueListing.layers, for: request)) }
    )

    /// `GET /v1/losses`.
    static let losses = Endpoint(
        method: .get,
        path: "/v1/losses",
        operationID: "listLosses",
        tag: .catalogue,
        summary: "Every type of loss with its fields and formulas.",
        parameters: [Parameters.pretty],
        success: .init(
            description: "The losses.",
            schema: CatalogueListing.schema("losses", entry: CatalogueListing.lossSchema)
        ),
        respond: { service, request, _ in .ready(service.json(CatalogueListing.losses, for: request)) }
    )
}

/// The catalogue as a document, from the layers' and losses' own declarations.
package enum CatalogueListing {
    /// The layers.
    package static let layers: JSONTree = ["layers": .array(Catalogue.layers.map { entry(of: $0) })]

    /// The losses.
    package static let losses: JSONTree = ["losses": .array(Catalogue.losses.map { entry(of: $0) })]

    private static func entry(of layer: any Layer.Type) -> JSONTree {
        var entry = common(layer, shapeRule: layer.shapeRule)
        entry["gradient_formula"] = .string(layer.gradients.map(\.index).joined(separator: ";\\quad "))
        entry["gradients"] = .array(
            layer.gradients.map { gradient in
                [
                    "variable": .string(gradient.variable), "index_form": .string(gradient.index),
                    "matrix_form": .string(gradient.matrix),
                ]
            }
        )
        return entry
    }

    private static func entry(of loss: any Loss.Type) -> JSONTree {
        var entry = common(loss, shapeRule: "the output's shape, with a target that fits, to a number")
        entry["gradient_formula"] = .string(loss.gradientFormula)
        return entry
    }

    private static func common(_ entry: any CatalogueEntry.Type, shapeRule: String) -> JSONTree {
        [
            "type": .string(entry.type),
            "summary": .string(entry.summary),
            "fields": .array(entry.fields.map(field)),
            "shape_rule": .string(shapeRule),
            "formula": .string(entry.formula),
        ]
    }

    private static func field(_ field: Field) -> JSONTree {
        var tree: JSONTree = [
            "name": .string(field.name),
            "kind": .string(field.kind.word),
            "default": field.standard.flatMap(CatalogueSchemas.json) ?? .null,
            "required": .bool(field.isRequired),
            "learnable": .bool(field.isParameter),
            "doc": .string(field.doc),
        ]
        if !field.kind.choices.isEmpty { tree["choices"] = .array(field.kind.choices.map { .string($0) }) }
        return tree
    }

    // MARK: Schemas

    fileprivate static func schema(_ list: String, entry: JSONTree) -> JSONTree {
        [
            "type": "object", "required": [.string(list)],
            "properties": .members([(list, Schemas.list("In the order of the catalogue.", of: entry))]),
        ]
    }

    fileprivate static let layerSchema: JSONTree = {
        var schema = entrySchema("LayerEntry")
        schema["properties"]?["gradients"] = Schemas.list(
            "The gradient with respect to each operand; g is the gradient with respect to the output.",
            of: [
                "type": "object",
                "title": "GradientEntry",
                "required": ["variable", "index_form", "matrix_form"],
                "properties": [
                    "variable": ["type": "string"], "index_form": ["type": "string"],
                    "matrix_form": ["type": "string"],
                ],
            ]
        )
        return schema
    }()

    fileprivate static let lossSchema = entrySchema("LossEntry")

    private static func entrySchema(_ title: String) -> JSONTree {
        [
            "type": "object",
            "title": .string(title),
            "required": ["type", "fields", "shape_rule", "formula", "gradient_formula"],
            "properties": [
                "type": ["type": "string"],
                "summary": ["type": "string"],
                "fields": Schemas.list("The fields beside type, and a layer's name and inputs.", of: fieldSchema),
                "shape_rule": ["type": "string", "description": "How the output's shape follows, in words."],
                "formula": ["type": "string", "description": "LaTeX."],
                "gradient_formula": ["type": "string", "description": "LaTeX, entry by entry."],
            ],
        ]
    }

    private static let fieldSchema: JSONTree = [
        "type": "object",
        "title": "FieldEntry",
        "required": ["name", "kind", "default", "required", "learnable", "doc"],
        "properties": [
            "name": ["type": "string"],
            "kind": ["type": "string", "enum": .array(Field.Kind.words.map { .string($0) })],
            "default": ["description": "The value where it is left out; null where there is none."],
            "required": ["type": "boolean"],
            "learnable": ["type": "boolean", "description": "Whether there is a gradient for it."],
            "doc": ["type": "string"],
            "choices": Schemas.list("The words it takes, if it takes words.", of: ["type": "string"]),
        ],
    ]
}

extension Field.Kind {
    /// Every word for a kind.
    fileprivate static let words = ["tensor", "number", "integer", "integers", "boolean", "choice"]

    /// The kind of value in a word; where words are taken as well, ``choices`` has them.
    fileprivate var word: String {
        switch self {
        case .parameter, .constant: "tensor"
        case .number: "number"
        case .integer: "integer"
        case .integers, .integersOrChoice: "integers"
        case .flag: "boolean"
        case .choice: "choice"
        }
    }

    /// The words that the field takes.
    fileprivate var choices: [String] {
        switch self {
        case .choice(let choices), .integersOrChoice(_, _, let choices): choices
        default: []
        }
    }
}
