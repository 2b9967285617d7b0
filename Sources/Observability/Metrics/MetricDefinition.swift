/// What a metric is called, what it means and how it is counted.
package struct MetricDefinition: Sendable {
    /// How a metric is counted.
    package enum Kind: Sendable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// How often values fell at or below each bound, in the metric's unit; the bounds rise.
        case histogram([Double])
    }

    /// The name, as Prometheus writes it, with its unit at the end.
    package let name: String
    /// One sentence.
    package let help: String
    /// How it is counted.
    package let kind: Kind

    /// Defines a metric.
    package init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}

extension MetricDefinition.Kind {
    /// The word for it in the exposition format.
    var word: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    /// OpenTelemetry's advised bounds of the duration of a request, in seconds.
    package static let requestSeconds = Self.histogram([
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ])

    /// From a microsecond to ten seconds.
    package static let workSeconds = Self.histogram([
        1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10,
    ])

    /// From 256 bytes to 64 MiB.
    package static let bytes = Self.histogram((4...13).map { Double(1 << (2 * $0)) })
}
