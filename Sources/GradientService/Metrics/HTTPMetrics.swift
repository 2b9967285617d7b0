import CoreMetrics
package import HTTPServer
package import Observability
import Synchronization

/// Counts requests by route and status, under OpenTelemetry's names, and logs those that are asked for.
///
/// Every label is one of few: a method that no route has is `_OTHER`, and a path that no route has is none.
package final class HTTPMetrics: ServerObserver {
    private struct Key: Hashable {
        var method: Int
        var route: String?
        var status: Int
    }

    /// What is counted of the requests of one key.
    private final class Handles: Sendable {
        let duration: Timer
        let received: Recorder
        let sent: Recorder

        init(duration: Timer, received: Recorder, sent: Recorder) {
            (self.duration, self.received, self.sent) = (duration, received, sent)
        }

        func record(_ exchange: borrowing Exchange) {
            duration.recordNanoseconds(exchange.nanoseconds)
            received.record(exchange.bytesIn)
            sent.record(exchange.bytesOut)
        }
    }

    /// Handles, made once for each key that comes up.
    private struct Known {
        /// By the number of the route, where few methods and statuses come up.
        var numbered: [[(method: Int, status: Int, handles: Handles)]] = []
        /// Of requests that have no numbered route.
        var others: [Key: Handles] = [:]
    }

    private let registry: MetricRegistry
    private let scheme: String
    private let accessLog: AccessLog?
    private let known = Mutex(Known())
    /// In the order of `methods`.
    private let active: [Meter]
    private let rejections: [String: Counter]
    private let abandonments: Counter
    private let elements: Counter

    private static let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "_OTHER",
    ]
    private static let reasons = [
        "connections", "queue", "deadline", "memory", "slow", "size", "rate", "key", "storage", "unreachable",
    ]

    /// Makes an observer.
    ///
    /// - Parameters:
    ///   - registry: Where it counts.
    ///   - scheme: `http`, or `https` where the server speaks TLS.
    ///   - accessLog: What writes requests into the log, if that is wanted.
    package init(_ registry: MetricRegistry, scheme: String = "http", accessLog: AccessLog? = nil) {
        self.registry = registry
        self.scheme = scheme
        self.accessLog = accessLog
        active = Self.methods.map { method in
            let labels = [("http_request_method", method), ("url_scheme", scheme)]
            return Meter(label: "http_server_active_requests", dimensions: labels, factory: registry)
        }
        rejections = Dictionary(
            uniqueKeysWithValues: Self.reasons.map { reason in
                (reason, Counter(label: "nabla_rejections_total", dimensions: [("reason", reason)], factory: registry))
            }
        )
        abandonments = Counter(label: "nabla_requests_abandoned_total", dimensions: [], factory: registry)
        elements = Counter(label: "nabla_elements_total", dimensions: [], factory: registry)
    }

    /// The same figures, with handles of the queue's own at hand.
    package func forQueue() -> any ServerObserver {
        HTTPMetrics(registry, scheme: scheme, accessLog: accessLog)
    }

    package func began(_ head: RequestHead) { active[head.method.number].increment() }

    package func abandoned(_ head: RequestHead) {
        active[head.method.number].decrement()
        abandonments.increment()
    }

    package func finished(_ exchange: Exchange) {
        let method = exchange.head?.method.number ?? Method.otherNumber
        if exchange.hasBegun { active[method].decrement() }
        handles(method, exchange).record(exchange)
        if let content = exchange.content { elements.increment(by: content.numbers) }
        if let reason = reason(of: exchange) { rejections[reason]?.increment() }
        accessLog?.record(exchange)
    }

    private func handles(_ method: Int, _ exchange: Exchange) -> Handles {
        let status = exchange.status.code
        return known.withLock { known in
            guard let resource = exchange.resource else {
                let key = Key(method: method, route: exchange.route, status: status)
                if let handles = known.others[key] { return handles }
                let made = makeHandles(key)
                known.others[key] = made
                return made
            }
            while resource >= known.numbered.count { known.numbered.append([]) }
            for entry in known.numbered[resource] where entry.method == method && entry.status == status {
                return entry.handles
            }
            let made = makeHandles(Key(method: method, route: exchange.route, status: status))
            known.numbered[resource].append((method, status, made))
            return made
        }
    }

    private func makeHandles(_ key: Key) -> Handles {
        var labels = [("http_request_method", Self.methods[key.method])]
        if let route = key.route { labels.append(("http_route", route)) }
        labels.append(("http_response_status_code", String(key.status)))
        labels.append(("url_scheme", scheme))
        if key.status >= 500 { labels.append(("error_type", String(key.status))) }
        return Handles(
            duration: Timer(label: "http_server_request_duration_seconds", dimensions: labels, factory: registry),
            received: Recorder(
                label: "http_server_request_body_size_bytes",
                dimensions: labels,
                aggregate: true,
                factory: registry
            ),
            sent: Recorder(
                label: "http_server_response_body_size_bytes",
                dimensions: labels,
                aggregate: true,
                factory: registry
            )
        )
    }

    /// Why a request was turned away, `nil` for one that was not, or that is wrong in itself.
    private func reason(of exchange: Exchange) -> String? {
        if let bound = exchange.bound { return bound.rawValue }
        return switch exchange.status.code {
        case 401, 403: "key"
        case 408: "slow"
        case 413, 414, 431: "size"
        case 429: "rate"
        case 507: "storage"
        // What meets no bound is refused for want of the model store, but for the probes that tell of draining.
        case 503 where exchange.route != "/readyz" && exchange.route != "/v2/health/ready": "unreachable"
        default: nil
        }
    }
}

extension Method {
    /// The place of the method's label among `HTTPMetrics.methods`.
    fileprivate var number: Int {
        switch self {
        case .get: 0
        case .head: 1
        case .post: 2
        case .put: 3
        case .delete: 4
        case .options: 5
        case .patch: 6
        case .trace: 7
        case .connect: 8
        case .other: Self.otherNumber
        }
    }

    fileprivate static let otherNumber = 9
}

extension Duration {
    /// Nanoseconds; durations of requests are far below what 64 bits hold.
    var inNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
