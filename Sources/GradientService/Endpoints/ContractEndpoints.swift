import HTTPServer

extension OpenAPIDocument {
    /// It takes longer than all else that a server does before it listens, and most servers are never asked for it.
    private static let made = Result { try OpenAPIDocument(endpoints) }

    /// The document, made when it is first asked for.
    fileprivate static func ofThisProgram() throws(Rejection) -> OpenAPIDocument {
        do {
            return try made.get()
        } catch {
            throw Rejection(500, "the contract can't be written")
        }
    }
}

extension Endpoint {
    /// `GET /openapi.yaml`.
    static let openAPIYAML = Endpoint(
        method: .get,
        path: "/openapi.yaml",
        operationID: "getContractAsYAML",
        tag: .catalogue,
        summary: "This contract as YAML.",
        success: .init(
            description: "The OpenAPI document, as application/yaml (RFC 9512).",
            mediaType: "application/yaml",
            schema: nil
        ),
        access: .open,
        respond: { service, request, _ in
            service.work(for: request) { () throws(Rejection) in
                Response(200, "application/yaml", try OpenAPIDocument.ofThisProgram().yaml)
            }
        }
    )

    /// `GET /openapi.json`.
    static let openAPIJSON = Endpoint(
        method: .get,
        path: "/openapi.json",
        operationID: "getContractAsJSON",
        tag: .catalogue,
        summary: "This contract as JSON.",
        success: .init(description: "The OpenAPI document.", schema: ["type": "object"]),
        access: .open,
        respond: { service, request, _ in
            service.work(for: request) { () throws(Rejection) in
                Response(200, "application/json", try OpenAPIDocument.ofThisProgram().json)
            }
        }
    )

    /// `GET /v1`.
    static let version = Endpoint(
        method: .get,
        path: "/v1",
        operationID: "getVersion",
        tag: .catalogue,
        summary: "The version, the limits and where to go from here.",
        parameters: [Parameters.pretty],
        success: .init(
            description: "Version, limits and links.",
            schema: [
                "type": "object",
                "required": ["name", "version", "limits", "links"],
                "properties": [
                    "name": ["type": "string"],
                    "version": ["type": "string"],
                    "limits": Schemas.map("Bounds of a request.", of: ["type": "integer"]),
                    "links": Schemas.map("Paths by what is there.", of: ["type": "string"]),
                ],
            ]
        ),
        respond: { service, request, _ in
            let limits = service.limits
            let answer: JSONTree = [
                "name": "nabla",
                "version": .string(nablaVersion),
                "limits": [
                    "depth": .integer(limits.depth), "rank": .integer(limits.rank),
                    "layers": .integer(limits.layers), "elements": .integer(limits.elements),
                    "memory": .integer(limits.memory),
                ],
                "links": [
                    "gradients": "/v1/gradients", "examples": "/v1/examples", "contract": "/openapi.yaml",
                ],
            ]
            return .ready(service.json(answer, for: request))
        }
    )
}
