import Backprop

/// The schemas of the contract that are not derived from the catalogue.
enum Schemas {
    /// A reference to a named schema.
    static func reference(_ name: String) -> JSONTree { ["$ref": "#/components/schemas/\(name)"] }

    /// An object with the given properties and no others.
    static func object(
        _ description: String,
        required: [String],
        _ properties: [(String, JSONTree)]
    ) -> JSONTree {
        [
            "type": "object",
            "description": .string(description),
            "additionalProperties": false,
            "required": .array(required.map { .string($0) }),
            "properties": .members(properties),
        ]
    }

    /// An object whose members are all of one kind, by name.
    static func map(_ description: String, of schema: JSONTree) -> JSONTree {
        ["type": "object", "description": .string(description), "additionalProperties": schema]
    }

    /// A list.
    static func list(_ description: String, of schema: JSONTree) -> JSONTree {
        ["type": "array", "description": .string(description), "items": schema]
    }

    /// A number, or the name of one that JSON can't write.
    static let number: JSONTree = ["anyOf": [["type": "number"], reference("NonFinite")]]

    /// A tensor.
    ///
    /// Written out rank by rank: client generators drop or break on a schema that refers to itself.
    static let tensor: JSONTree = [
        "title": "Tensor",
        "description": """
        A number, nested arrays of numbers up to rank 5, or an object with its shape. Arrays are rectangular and not \
        empty; what is ragged is answered with 422 at the first odd row.
        """,
        "anyOf": .array(
            (0...5).map { rank in
                (0..<rank).reduce(number) { inner, _ in ["type": "array", "minItems": 1, "items": inner] }
            } + [reference("FlatTensor"), reference("Base64Tensor")]
        ),
        "examples": [[[1.5, 2.0], [3.0, 4.0]]],
    ]

    private static let shape: JSONTree = [
        "type": "array", "description": "The length of each dimension, outermost first; [] for a scalar.",
        "maxItems": 32, "items": ["type": "integer", "minimum": 1, "maximum": 67_108_864],
    ]

    /// The named schemas that every document holds.
    static let common: [(String, JSONTree)] = [
        (
            "NonFinite",
            [
                "type": "string", "enum": ["NaN", "Infinity", "-Infinity"],
                "description": "A number that JSON can't write.",
            ]
        ),
        ("Tensor", tensor),
        (
            "FlatTensor",
            object(
                "A tensor as its shape and its numbers in row-major order.",
                required: ["shape", "data"],
                [("shape", shape), ("data", list("The numbers, row-major.", of: number))]
            )
        ),
        (
            "Base64Tensor",
            object(
                "A tensor as its shape and the bytes of its numbers, little-endian and row-major.",
                required: ["shape", "base64"],
                [
                    ("shape", shape),
                    ("dtype", ["type": "string", "enum": ["float64", "float32"], "default": "float64"]),
                    ("base64", ["type": "string", "contentEncoding": "base64"]),
                ]
            )
        ),
        (
            "ParameterReference",
            object(
                "A shared parameter, by its name in network.parameters.",
                required: ["parameter"],
                [("parameter", ["type": "string", "minLength": 1, "maxLength": 128])]
            )
        ),
        (
            "Tangents",
            namedTensors("A direction; what has no tangent does not move. Indices have none.", .tangents)
        ),
        (
            "ClaimedGradients",
            namedTensors("A client's own gradients, checked in place of the server's.", .claimed)
        ),
        (
            "Problem",
            [
                "type": "object",
                "description": "What is wrong (RFC 9457), and where in the body.",
                "required": ["type", "title", "status", "detail"],
                "properties": [
                    "type": ["type": "string"],
                    "title": ["type": "string", "description": "The status in words."],
                    "status": ["type": "integer", "description": "The status."],
                    "detail": ["type": "string", "description": "What was expected and what was given."],
                    "instance": ["type": "string", "description": "The request's id."],
                    "errors": list("Every fault that could be found independently.", of: reference("Fault")),
                ],
            ]
        ),
        (
            "Fault",
            [
                "type": "object",
                "description": "A fault in the request's body.",
                "required": ["detail", "pointer"],
                "properties": [
                    "detail": ["type": "string", "description": "What was expected and what was given."],
                    "pointer": ["type": "string", "description": "A JSON Pointer as a URI fragment (RFC 6901)."],
                ],
            ]
        ),
    ]
}

extension Schemas {
    /// A number or `null`.
    static func nullableNumber(_ description: String) -> JSONTree {
        ["description": .string(description), "anyOf": [["type": "number"], reference("NonFinite"), ["type": "null"]]]
    }

    /// The body that every operation takes.
    static var request: JSONTree {
        object(
            "A network, its inputs and what is asked for; every operation takes the same members and uses its own.",
            required: ["network"],
            [
                ("network", reference("Network")),
                ("input", reference("Tensor")),
                (
                    "inputs",
                    map("The network's inputs by name; input is short for one called input.", of: reference("Tensor"))
                ),
                ("loss", ["anyOf": [reference("Loss"), ["type": "null"]]]),
                ("output_gradient", reference("Tensor")),
                ("output_gradients", list("Several in place of output_gradient.", of: reference("Tensor"))),
                (
                    "return",
                    list(
                        "What each layer's part of the answer has.",
                        of: ["type": "string", "enum": ["outputs", "gradients"]]
                    )
                ),
                ("layers", list("The names of the layers in the answer; all by default.", of: ["type": "string"])),
                (
                    "wrt",
                    list(
                        "What gradients are with respect to.",
                        of: ["type": "string", "enum": ["inputs", "parameters"]]
                    )
                ),
                ("of", list("The names of the layers whose Jacobians are wanted.", of: ["type": "string"])),
                (
                    "tangents",
                    [
                        "description": "How far each variable moves, or a list of such directions.",
                        "anyOf": [
                            reference("Tangents"), ["type": "array", "items": reference("Tangents")],
                        ],
                    ]
                ),
                ("claimed", reference("ClaimedGradients")),
            ] + OptionMember.all.map { ($0.name, CatalogueSchemas.schema(of: $0)) }
        )
    }

    /// Tensors by the name of what they belong to.
    static func namedTensors(_ description: String, _ form: NamedTensorsForm) -> JSONTree {
        let tensors = map("By name.", of: reference("Tensor"))
        return object(
            description,
            required: [],
            [
                (form.inputs, tensors), (form.parameters, tensors),
                ("layers", map("By the layer's name and the field's.", of: tensors)),
            ]
        )
    }

    /// A network.
    static var network: JSONTree {
        object(
            "Layers in their order, each after those it takes its inputs from.",
            required: ["layers"],
            [
                ("parameters", map("Shared parameters by name.", of: reference("Tensor"))),
                (
                    "layers",
                    [
                        "type": "array", "minItems": 1, "maxItems": 10_000,
                        "description": "A layer without inputs takes the output of the one before it.",
                        "items": reference("Layer"),
                    ]
                ),
                (
                    "output",
                    [
                        "type": "string", "minLength": 1, "maxLength": 128,
                        "description": "The layer whose output is the network's; the last by default.",
                    ]
                ),
            ]
        )
    }
}
