import Foundation
import HTTPServer

extension Endpoint {
    /// `GET /v1/models`.
    static let models = Endpoint(
        method: .get,
        path: "/v1/models",
        operationID: "listModels",
        tag: .models,
        summary: "The stored models.",
        parameters: [Parameters.pretty],
        success: .init(
            description: "The models by name.",
            schema: [
                "type": "object", "required": ["models"],
                "properties": ["models": Schemas.list("The models by name.", of: ModelSchemas.entry)],
            ]
        ),
        access: .read,
        respond: { service, request, _ in
            service.work(for: request) { () throws(Rejection) in
                service.json(ModelListing.tree(try service.models.records()), for: request)
            }
        }
    )

    /// `GET /v1/models/{name}`, and `HEAD`.
    static let model = Endpoint(
        method: .get,
        path: "/v1/models/{name}",
        operationID: "getModel",
        tag: .models,
        summary: "A stored model, as it was put.",
        parameters: [ModelSchemas.name, ModelSchemas.ifMatch, ModelSchemas.ifNoneMatch, Parameters.pretty],
        success: .init(description: "The model.", schema: Schemas.reference("StoredModel"), headers: ["ETag"]),
        otherSuccesses: [.init(status: 304, description: "It is what the client has already.", headers: ["ETag"])],
        problems: [404, 412],
        access: .read,
        respond: { service, request, parameters in
            service.work(for: request) { (work: PooledWork) throws(Rejection) in
                let model = try service.models.model(named: parameters["name"] ?? "")
                let fields: Fields = ["ETag": "\"\(model.etag)\""]
                let precondition = Precondition(request.head.fields)
                guard Precondition(match: precondition.match).holds(for: model.etag) else {
                    throw ModelLibrary.refusal
                }
                // A reader who has it already needs no more.
                if !precondition.holds(for: model.etag) { return Response(304, fields: fields) }
                // An indented answer is another text beside the first.
                try work.reserve(model.jsonSize * (request.head.pretty?.indents == true ? 4 : 1))
                var response = service.json(model.json, for: request)
                response.fields["ETag"] = fields["ETag"]
                return response
            }
        }
    )

    /// `PUT /v1/models/{name}`.
    static let putModel = Endpoint(
        method: .put,
        path: "/v1/models/{name}",
        operationID: "putModel",
        tag: .models,
        summary: "Stores a network under a name.",
        description: """
            Validates the network with inputs of the given shapes, those of one example: with a batch dimension of 1 \
            before each and, only if that does not fit, without one. A request then says `"model": "name"` in place of \
            `"network"`. A write is durable before it is answered; `If-Match` and `If-None-Match: *` keep writers from \
            undoing each other's.
            """,
        parameters: [ModelSchemas.name, ModelSchemas.ifMatch, ModelSchemas.ifNoneMatch, Parameters.pretty],
        body: .init(schema: "Model", examples: [(name: "lecture", value: ModelSchemas.example)]),
        success: .init(description: "It replaces another.", schema: ModelSchemas.stored, headers: ["ETag"]),
        otherSuccesses: [
            .init(status: 201, description: "The name is new.", schema: ModelSchemas.stored, headers: ["ETag"])
        ],
        problems: [412, 415, 422, 507],
        access: .write,
        respond: { service, request, parameters in
            service.work(for: request) { () throws(Rejection) in
                let name = parameters["name"] ?? ""
                let precondition = Precondition(request.head.fields)
                let (isNew, etag) = try service.models.put(name, request.body, if: precondition)
                var response = service.json(["name": .string(name), "etag": .string(etag)], for: request)
                response.status = isNew ? 201 : 200
                response.fields["ETag"] = "\"\(etag)\""
                return response
            }
        }
    )

    /// `DELETE /v1/models/{name}`.
    static let deleteModel = Endpoint(
        method: .delete,
        path: "/v1/models/{name}",
        operationID: "deleteModel",
        tag: .models,
        summary: "Removes a stored model.",
        parameters: [ModelSchemas.name, ModelSchemas.ifMatch],
        success: .init(status: 204, description: "It is gone."),
        problems: [404, 412],
        access: .write,
        respond: { service, request, parameters in
            service.work(for: request) { () throws(Rejection) in
                let precondition = Precondition(request.head.fields)
                try service.models.delete(parameters["name"] ?? "", if: precondition)
                return Response(204)
            }
        }
    )
}

/// What a list shows of stored models.
enum ModelListing {
    static func tree(_ records: [ModelRecord]) -> JSONTree { ["models": .array(records.map(entry))] }

    private static func entry(_ record: ModelRecord) -> JSONTree {
        var entry: JSONTree = ["name": .string(record.name), "etag": .string(record.etag)]
        let summary = (try? JSONTree(parsing: record.summary)) ?? [:]
        for member in ["inputs", "output", "parameter_count", "batched"] { entry[member] = summary[member] }
        entry["created"] = .string(time(record.created))
        entry["updated"] = .string(time(record.updated))
        return entry
    }

    private static func time(_ milliseconds: Int) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
    }
}

/// The schemas of stored models.
enum ModelSchemas {
    /// The parameter in the path.
    static let name: JSONTree = [
        "name": "name", "in": "path", "required": true,
        "description": "The model's name; . and .. are none.",
        "schema": ["type": "string", "pattern": .string(ModelName.pattern)],
    ]

    /// `If-Match`.
    static let ifMatch = header("If-Match", "The entity tag that the model must have, or * for any.")

    /// `If-None-Match`.
    static let ifNoneMatch = header("If-None-Match", "The entity tag that the model must not have, or * for any.")

    private static func header(_ name: String, _ description: String) -> JSONTree {
        [
            "name": .string(name), "in": "header", "required": false, "description": .string(description),
            "schema": ["type": "string"],
        ]
    }

    /// A model to put.
    static let example: JSONTree = [
        "network": [
            "layers": [
                [
                    "name": "y", "type": "linear", "inputs": ["x"],
                    "weight": [[1, 0, 2], [-1, 3, 1], [2, 1, 0], [0, -1, 1]],
                ],
                ["name": "z", "type": "linear", "weight": [[1, 2, -1, 0], [3, 0, 1, -2]]],
                ["name": "C", "type": "linear", "weight": [[2, -1]]],
            ]
        ],
        "inputs": ["x": ["shape": [3]]],
        "description": "The lecture network.",
    ]

    private static let shape: JSONTree = [
        "type": "array", "description": "The length of each dimension.", "maxItems": 16,
        "items": ["type": "integer", "minimum": 1, "maximum": 67_108_864],
    ]

    private static let input = Schemas.object(
        "An input of one example.",
        required: ["shape"],
        [("shape", shape), ("dtype", ["type": "string", "enum": ["float64", "int64"]])]
    )

    private static let members: [(String, JSONTree)] = [
        ("network", Schemas.reference("Network")),
        (
            "inputs",
            [
                "type": "object", "description": "The shapes of one example's inputs by name.", "minProperties": 1,
                "additionalProperties": Schemas.reference("ModelInput"),
            ]
        ),
        ("description", ["type": "string"]),
    ]

    /// The named schemas.
    static let all: [(String, JSONTree)] = [
        ("ModelInput", input),
        ("ModelStored", storedName),
        ("Model", Schemas.object("A network and its inputs.", required: ["network", "inputs"], members)),
        (
            "StoredModel",
            [
                "type": "object", "description": "A network and its inputs, as they were put.",
                "required": ["network", "inputs", "batched"],
                "properties": .members(
                    members + [
                        (
                            "batched",
                            [
                                "type": "boolean",
                                "description": "Whether an example gets a batch dimension of 1 before its shape.",
                            ]
                        )
                    ]
                ),
            ]
        ),
    ]

    /// What a PUT is answered with.
    static let stored = Schemas.reference("ModelStored")

    private static let storedName: JSONTree = [
        "type": "object", "description": "What was stored.", "required": ["name", "etag"],
        "properties": ["name": ["type": "string"], "etag": ["type": "string"]],
    ]

    /// An entry of the list.
    static let entry: JSONTree = [
        "type": "object",
        "title": "ModelEntry",
        "required": ["name", "etag", "inputs", "output", "parameter_count", "created", "updated"],
        "properties": [
            "name": ["type": "string"],
            "etag": ["type": "string", "description": "The entity tag, without quotes."],
            "inputs": Schemas.map("By name.", of: Schemas.reference("ModelInput")),
            "output": [
                "type": "object", "title": "ModelOutput", "required": ["name", "shape"],
                "properties": ["name": ["type": "string"], "shape": shape],
            ],
            "parameter_count": ["type": "integer", "minimum": 0],
            "batched": ["type": "boolean"],
            "created": ["type": "string", "format": "date-time"],
            "updated": ["type": "string", "format": "date-time"],
        ],
    ]
}
