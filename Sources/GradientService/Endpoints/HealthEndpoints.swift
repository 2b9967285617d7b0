import HTTPServer

extension Endpoint {
    /// `GET /healthz`.
    static let healthz = liveness("/healthz", operationID: "getHealth")

    /// `GET /livez`.
    static let livez = liveness("/livez", operationID: "getLiveness")

    /// `GET /readyz`: 503 while draining, or once the queue has been full for a second.
    static let readyz = Endpoint(
        method: .get,
        path: "/readyz",
        operationID: "getReadiness",
        tag: .operations,
        summary: "Whether the service takes requests.",
        success: .init(description: "It does.", schema: statusSchema),
        respond: { service, request, _ in
            if service.isReady { return .ready(Response(200, "application/json", "{\"status\":\"ready\"}\n")) }
            return .ready(service.response(Rejection(503, "the service is draining or full"), for: request.head))
        }
    )

    private static let statusSchema: JSONTree = [
        "type": "object", "required": ["status"], "properties": ["status": ["type": "string"]],
    ]

    private static func liveness(_ path: String, operationID: String) -> Endpoint {
        let answer = Response(200, "application/json", "{\"status\":\"ok\"}\n")
        return Endpoint(
            method: .get,
            path: path,
            operationID: operationID,
            tag: .operations,
            summary: "Whether the process lives.",
            success: .init(description: "It does.", schema: statusSchema),
            respond: { _, _, _ in .ready(answer) }
        )
    }
}
