import HTTPServer
package import Logging
import Observability

/// Writes a part of the requests into the log: what was asked and how it went, never what was in it.
package struct AccessLog: Sendable {
    private let logger: Logger
    private let share: Double

    /// What asks again and again and says nothing new.
    private static let probes: Set<String> = [
        "/healthz", "/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready",
    ]

    /// Makes an access log.
    ///
    /// - Parameters:
    ///   - logger: Where it is written.
    ///   - share: The part of the requests that is written, 0 to 1; of those that failed with 5xx all are.
    package init(_ logger: Logger, share: Double) {
        self.logger = logger
        self.share = share
    }

    /// Writes a request, or leaves it out.
    func record(_ exchange: Exchange) {
        let isFailure = exchange.status.code >= 500
        guard isFailure || share >= 1 || Double.random(in: 0..<1) < share else { return }
        let isProbe = exchange.route.map(Self.probes.contains) ?? false
        var metadata: Logger.Metadata = [
            "request_id": .string(exchange.id),
            "status": .stringConvertible(exchange.status.code),
            "duration_ms": .stringConvertible(Double(exchange.duration.inNanoseconds / 1000) / 1000),
            "bytes_in": .stringConvertible(exchange.bytesIn),
            "bytes_out": .stringConvertible(exchange.bytesOut),
        ]
        if let head = exchange.head {
            metadata["method"] = .string(String(head.method.name.prefix(32)))
            metadata["path"] = .string(String(head.path.prefix(256)))
            if let trace = TraceContext(of: head) {
                metadata["trace_id"] = .string(trace.traceID)
                metadata["span_id"] = .string(trace.spanID)
                metadata["parent_id"] = .string(trace.parentID)
            }
        }
        if let route = exchange.route { metadata["route"] = .string(route) }
        if let content = exchange.content {
            metadata["layers"] = .stringConvertible(content.parts)
            metadata["elements"] = .stringConvertible(content.numbers)
        }
        logger.log(level: isProbe && !isFailure ? .debug : .info, "request", metadata: metadata)
    }
}
