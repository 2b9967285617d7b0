import CoreMetrics
package import HTTPServer
package import Observability

/// Every metric that the service counts, as `/metrics` and the operations guide have them.
package enum Metrics {
    /// The metrics in the order of `/metrics`.
    package static let definitions = http + service + ProcessFigures.definitions

    private static let http = [
        MetricDefinition(
            "http_server_request_duration_seconds",
            .requestSeconds,
            "Duration of HTTP server requests."
        ),
        MetricDefinition("http_server_active_requests", .gauge, "Number of active HTTP server requests."),
        MetricDefinition("http_server_request_body_size_bytes", .bytes, "Size of HTTP server request bodies."),
        MetricDefinition("http_server_response_body_size_bytes", .bytes, "Size of HTTP server response bodies."),
    ]

    private static let service = [
        MetricDefinition("nabla_connections_open", .gauge, "Open connections."),
        MetricDefinition("nabla_connections_accepted_total", .counter, "Connections accepted."),
        MetricDefinition("nabla_queue_depth", .gauge, "Requests that wait for a compute thread."),
        MetricDefinition("nabla_workers_busy", .gauge, "Compute threads at work."),
        MetricDefinition("nabla_memory_reserved_bytes", .gauge, "Memory reserved for requests in flight."),
        MetricDefinition("nabla_memory_limit_bytes", .gauge, "Memory that requests in flight may take together."),
        MetricDefinition("nabla_rejections_total", .counter, "Requests turned away, by the bound that was passed."),
        MetricDefinition(
            "nabla_requests_abandoned_total",
            .counter,
            "Requests whose client had gone before the answer."
        ),
        MetricDefinition(
            "nabla_elements_total",
            .counter,
            "Elements of the inputs and parameters of networks that were computed."
        ),
        MetricDefinition("nabla_compute_duration_seconds", .workSeconds, "Time in computing an answer, by operation."),
        MetricDefinition(
            "nabla_text_duration_seconds",
            .workSeconds,
            "Time in reading requests and writing answers as text."
        ),
        MetricDefinition(
            "nabla_layer_duration_seconds",
            .workSeconds,
            "Time in one layer's forward or backward computation."
        ),
        MetricDefinition("nabla_log_lines_dropped_total", .counter, "Log lines dropped because nobody read them."),
        MetricDefinition("nabla_build_info", .gauge, "Build information."),
    ]

    /// Has the server's own figures read at each exposition.
    package static func follow(_ server: Server, in registry: MetricRegistry) {
        let open = registry.makeMeter(label: "nabla_connections_open", dimensions: [])
        let accepted = registry.makeCounter(label: "nabla_connections_accepted_total", dimensions: [])
        let queued = registry.makeMeter(label: "nabla_queue_depth", dimensions: [])
        let working = registry.makeMeter(label: "nabla_workers_busy", dimensions: [])
        registry.collect {
            let counters = server.counters
            open.set(Int64(counters.open))
            accepted.reset()
            accepted.increment(by: Int64(counters.accepted))
            queued.set(Int64(counters.queued))
            working.set(Int64(counters.working))
        }
    }

    /// Has the memory of requests in flight read at each exposition.
    package static func follow(_ memory: MemoryBudget, in registry: MetricRegistry) {
        let reserved = registry.makeMeter(label: "nabla_memory_reserved_bytes", dimensions: [])
        registry.makeMeter(label: "nabla_memory_limit_bytes", dimensions: []).set(Int64(memory.limit))
        registry.collect { reserved.set(Int64(memory.reserved)) }
    }

    /// Has the log's losses read at each exposition.
    package static func follow(_ sink: LogSink, in registry: MetricRegistry) {
        let dropped = registry.makeCounter(label: "nabla_log_lines_dropped_total", dimensions: [])
        registry.collect {
            dropped.reset()
            dropped.increment(by: Int64(sink.dropped))
        }
    }

    /// States what is running.
    package static func stateBuild(commit: String?, in registry: MetricRegistry) {
        let labels = [("version", nablaVersion), ("commit", commit ?? "unknown")]
        registry.makeMeter(label: "nabla_build_info", dimensions: labels).set(Int64(1))
    }
}
