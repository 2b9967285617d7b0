import HTTPServer
package import Logging
package import Observability
import Synchronization

/// Writes a part of the requests into the log: what was asked and how it went, never what was in it.
package final class AccessLog: Sendable {
    private let log: EventLog
    private let level: Logger.Level
    private let share: Double
    private let count = Atomic<UInt64>(0)

    /// What asks again and again and says nothing new.
    private static let probes: Set<String> = [
        "/healthz", "/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready",
    ]

    /// Makes an access log.
    ///
    /// - Parameters:
    ///   - log: Where it is written.
    ///   - level: What is below is not written: requests are `info`, probes `debug`.
    ///   - share: The part of the requests that is written, 0 to 1; of those that failed with 5xx all are.
    package init(_ log: EventLog, level: Logger.Level, share: Double) {
        (self.log, self.level, self.share) = (log, level, share)
    }

    /// Whether it is the turn of one of the share.
    ///
    /// The multiples of the golden ratio lie evenly between whole numbers and follow no pattern that requests could; to
    /// ask the system for a random number would cost more than all else that is done for a request that is left out.
    private var isNext: Bool {
        let turn = count.add(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        return Double(turn >> 11) < share * 0x1p53
    }

    /// Writes a request, or leaves it out.
    func record(_ exchange: Exchange) {
        let isFailure = exchange.status.code >= 500
        guard isFailure || share >= 1 || isNext else { return }
        let isProbe = exchange.route.map(Self.probes.contains) ?? false
        let level: Logger.Level = isProbe && !isFailure ? .debug : .info
        guard level >= self.level else { return }
        log.write(level, "request") { line in
            line.member("request_id", exchange.id)
            if let head = exchange.head {
                line.member("method", String(head.method.name.prefix(32)))
                line.member("path", String(decoding: head.rawPath.prefix(256), as: UTF8.self))
            }
            if let route = exchange.route { line.member("route", route) }
            line.member("status", exchange.status.code)
            line.member("duration_ms", Double(exchange.nanoseconds / 1000) / 1000)
            line.member("bytes_in", exchange.bytesIn)
            line.member("bytes_out", exchange.bytesOut)
            if let content = exchange.content {
                line.member("layers", content.parts)
                line.member("elements", content.numbers)
            }
            if let trace = exchange.head.flatMap(TraceContext.init(of:)) {
                line.member("trace_id", trace.traceID)
                line.member("span_id", trace.spanID)
                line.member("parent_id", trace.parentID)
            }
        }
    }
}
