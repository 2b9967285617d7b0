import HTTPServer

extension Endpoint {
    /// `GET /healthz`.
    static let healthz = liveness("/healthz", operationID: "getHealth")

    /// `GET /livez`.
    static let livez = liveness("/livez", operationID: "getLiveness")

    /// `GET /readyz`: 503 while draining, once the queue has been full for a second, or until the model store is there.
    static let readyz = Endpoint(
        method: .get,
        path: "/readyz",
        operationID: "getReadiness",
        tag: .operations,
        summary: "Whether the service takes requests.",
        success: .init(description: "It does.", schema: statusSchema),
        access: .open,
        respond: { service, request, _ in
            do throws(Rejection) {
                switch try service.readiness() {
                case .usable: return .ready(service.json(["status": "ready"], for: request))
                // What is stored can still be used, so no request is sent elsewhere.
                case .full: return .ready(service.json(["status": "ready", "models": "full"], for: request))
                case .unreachable:
                    return .ready(service.json(["status": "ready", "models": "unreachable"], for: request))
                }
            } catch {
                return .ready(service.response(error, for: request.head))
            }
        }
    )

    private static let statusSchema: JSONTree = [
        "type": "object", "required": ["status"],
        "properties": ["status": ["type": "string"], "models": ["type": "string", "enum": ["full", "unreachable"]]],
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
