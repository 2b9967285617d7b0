import HTTPServer
import Observability

extension Endpoint {
    /// `GET /metrics`.
    static let metrics = Endpoint(
        method: .get,
        path: "/metrics",
        operationID: "getMetrics",
        tag: .operations,
        summary: "What the service counts, for Prometheus.",
        description: "Requests by route and status, the queue, rejections, time by layer type, and the process.",
        success: .init(
            description: "Text in Prometheus' exposition format 0.0.4.",
            mediaType: "text/plain",
            schema: nil
        ),
        respond: { service, _, _ in
            // Where the request was received: the pool's queue may be full, which is when this is wanted most.
            let text = service.metrics.exposition()
            return .ready(Response(200, "text/plain; version=0.0.4; charset=utf-8", text))
        }
    )
}
