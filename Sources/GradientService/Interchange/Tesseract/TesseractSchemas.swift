import Backprop

/// The schemas of Tesseract, in our contract and in the document that each model has for its clients.
enum TesseractSchemas {
    static let health: JSONTree = [
        "type": "object", "required": ["status"], "properties": ["status": ["type": "string"]],
    ]

    /// The name of an endpoint's request in our contract.
    static func name(of endpoint: String) -> String {
        let words = endpoint.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return "Tesseract" + words.joined() + "Request"
    }

    /// A request for the lecture's model, where that is stored.
    static func example(_ form: TesseractRequest.Form) -> JSONTree {
        var request: JSONTree = ["inputs": ["x": [1, -2, 3]]]
        if form.isAbstract { request["inputs"] = ["x": ["shape": [3], "dtype": "float64"]] }
        if let lists = form.lists {
            request[lists.inputs] = ["x"]
            request[lists.outputs] = ["C"]
        }
        if let vectors = form.vectors {
            request[vectors.name] = vectors.belongToOutputs ? ["C": [1]] : ["x": [1, 0, 0]]
        }
        return request
    }

    /// An endpoint's answer in our contract.
    static func answer(_ endpoint: String) -> JSONTree {
        let array = Schemas.reference("TesseractArray")
        switch endpoint {
        case "jacobian":
            return Schemas.map("By output and input.", of: Schemas.map("By input.", of: array))
        case "abstract_eval":
            return Schemas.map("By name.", of: Schemas.reference("TesseractShape"))
        default: return Schemas.map("By name.", of: array)
        }
    }

    private static let shape: JSONTree = [
        "type": "array", "maxItems": 16, "items": ["type": "integer", "minimum": 0],
    ]

    private static let buffer: JSONTree = [
        "description": "Nested or flat numbers, or base64.",
        "anyOf": [
            ["type": "string"], Schemas.number, ["type": "array", "minItems": 1, "items": [:]],
        ],
    ]

    private static let arrays = Schemas.map(
        "Arrays by name: with shape, dtype and data, or plain nested lists.",
        of: [
            "anyOf": [
                Schemas.number, ["type": "array", "minItems": 1, "items": [:]],
                Schemas.reference("TesseractArrayInput"), ["type": "null"],
            ]
        ]
    )

    private static func request(_ form: TesseractRequest.Form) -> JSONTree {
        let names: JSONTree = ["type": "array", "minItems": 1, "items": ["type": "string"]]
        let shapes = Schemas.map(
            "Shapes by name; null for an optional input that is left out.",
            of: ["anyOf": [Schemas.reference("TesseractShape"), ["type": "null"]]]
        )
        var members: [(String, JSONTree)] = [("inputs", form.isAbstract ? shapes : arrays)]
        if let lists = form.lists { members += [(lists.inputs, names), (lists.outputs, names)] }
        if let vectors = form.vectors { members.append((vectors.name, arrays)) }
        return Schemas.object("The inputs and what is asked for.", required: members.map(\.0), members)
    }

    private static let data: JSONTree = [
        "type": "object", "title": "TesseractData", "required": ["buffer"],
        "properties": [
            "buffer": buffer, "encoding": ["type": "string", "enum": ["json", "base64"], "default": "json"],
        ],
    ]

    private static let dtype: JSONTree = [
        "type": "string",
        "enum": .array(ElementType.allCases.filter { $0 != .bfloat16 }.map { .string($0.rawValue) }),
    ]

    /// The named schemas.
    static let all: [(String, JSONTree)] = [
        (
            "TesseractArray",
            [
                "type": "object", "required": ["object_type", "shape", "dtype", "data"],
                "properties": [
                    "object_type": ["type": "string", "enum": ["array"]], "shape": shape,
                    "dtype": ["type": "string"], "data": data,
                ],
            ]
        ),
        (
            "TesseractArrayInput",
            Schemas.object(
                "An array.",
                required: ["shape", "dtype", "data"],
                [("shape", shape), ("dtype", dtype), ("data", data), ("object_type", ["type": "string"])]
            )
        ),
        (
            "TesseractShape",
            Schemas.object(
                "The form of an array.",
                required: ["shape", "dtype"],
                [("shape", shape), ("dtype", dtype)]
            )
        ),
        ("TesseractApplyRequest", request(.init())),
        ("TesseractJacobianRequest", request(.init(lists: ("jac_inputs", "jac_outputs")))),
        (
            "TesseractJacobianVectorProductRequest",
            request(.init(lists: ("jvp_inputs", "jvp_outputs"), vectors: ("tangent_vector", false)))
        ),
        (
            "TesseractVectorJacobianProductRequest",
            request(.init(lists: ("vjp_inputs", "vjp_outputs"), vectors: ("cotangent_vector", true)))
        ),
        ("TesseractAbstractEvalRequest", request(.init(isAbstract: true))),
        (
            "TesseractError",
            [
                "type": "object", "description": "What is wrong; a list of faults with 422.", "required": ["detail"],
                "properties": [
                    "detail": [
                        "anyOf": [
                            ["type": "string"], ["type": "object"], ["type": "array", "items": ["type": "object"]],
                        ]
                    ]
                ],
            ]
        ),
    ]

    // MARK: A model's own document

    /// What a client reads of a model.
    static func document(_ name: String, _ interface: ModelInterface) -> JSONTree {
        let paths = ["apply", "jacobian", "jacobian_vector_product", "vector_jacobian_product", "abstract_eval"]
        let differentiable = interface.variables.filter { !$0.isIndices }
        let output = (interface.outputName, interface.outputShape)
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(name), "version": .string(nablaVersion)],
            "paths": .members(
                paths.map { ("/" + $0, ["post": ["responses": ["200": ["description": "Arrays by name."]]]]) }
                    + [("/health", ["get": ["responses": ["200": ["description": "The model is there."]]]])]
            ),
            "components": [
                "schemas": [
                    "Apply_InputSchema": [
                        "type": "object",
                        "properties": .members(interface.variables.map { ($0.name, array($0.shape, !$0.isIndices)) }),
                        "required": .array(interface.inputs.map { .string($0.name) }),
                        "additionalProperties": false,
                    ],
                    "Apply_OutputSchema": [
                        "type": "object",
                        "properties": .members([(output.0, array(output.1, true))]),
                        "required": [.string(output.0)],
                    ],
                    "ApplyInputSchema": [
                        "type": "object",
                        "properties": ["inputs": Schemas.reference("Apply_InputSchema")],
                        "required": ["inputs"],
                        "differentiable_arrays": .members(differentiable.map { ($0.name, form($0.shape)) }),
                    ],
                    "ApplyOutputSchema": [
                        "type": "object",
                        "differentiable_arrays": .members([(output.0, form(output.1))]),
                    ],
                ]
            ],
            "x-supported-output-formats": ["json", "json+base64"],
            "x-supported-gpu-transports": ["none"],
            "x-supported-compressions": ["none"],
        ]
    }

    private static func form(_ shape: Shape) -> JSONTree {
        ["shape": .array(shape.dimensions.map { .integer($0) }), "dtype": "float64"]
    }

    private static func array(_ shape: Shape, _ isDifferentiable: Bool) -> JSONTree {
        [
            "type": "object",
            "properties": [
                "object_type": ["const": "array"],
                "shape": ["const": .array(shape.dimensions.map { .integer($0) })],
                "dtype": ["const": isDifferentiable ? "float64" : "int64"],
            ],
            "array_flags": isDifferentiable ? ["DIFFERENTIABLE"] : [],
        ]
    }
}
