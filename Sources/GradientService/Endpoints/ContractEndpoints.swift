import HTTPServer

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
        respond: { service, _, _ in .ready(Response(200, "application/yaml", service.contract.yaml)) }
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
        respond: { service, _, _ in .ready(Response(200, "application/json", service.contract.json)) }
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
