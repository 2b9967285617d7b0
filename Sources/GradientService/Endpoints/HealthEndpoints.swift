import HTTPServer

extension Endpoint {
    /// `GET /healthz`.
    static let healthz = liveness("/healthz", operationID: "getHealth")

    /// `GET /livez`.
    static let livez = liveness("/livez", operationID: "getLiveness")

    /// `GET /readyz`: 503 while draining, once the queue has been full for a second, or without the model store.
    static let readyz = Endpoint(
        method: .get,
        path: "/readyz",
        operationID: "getReadiness",
        tag: .operations,
        summary: "Whether the service takes requests.",
        success: .init(description: "It does.", schema: statusSchema),
        access: .open,
        respond: { service, request, _ in
            if !service.isReady {
                return .ready(service.response(Rejection(503, "the service is draining or full"), for: request.head))
            }
            switch service.models.store.condition {
            case .usable: return .ready(service.json(["status": "ready"], for: request))
            // What is stored can still be used, so no request is sent elsewhere.
            case .full: return .ready(service.json(["status": "ready", "models": "full"], for: request))
            case .unreachable:
                let rejection = Rejection(503, "the model store can't be reached", fields: ["Retry-After": "1"])
                return .ready(service.response(rejection, for: request.head))
            }
        }
    )

    private static let statusSchema: JSONTree = [
        "type": "object", "required": ["status"],
        "properties": ["status": ["type": "string"], "models": ["type": "string", "enum": ["full"]]],
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
            access: .open,
            respond: { _, _, _ in .ready(answer) }
        )
    }
}
