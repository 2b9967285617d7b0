package import CoreMetrics
import Synchronization

/// Keeps every metric of the process and writes them as Prometheus reads them.
///
/// Handles are made once and kept by those who count; making one takes a lock and a look-up.
package final class MetricRegistry: MetricsFactory {
    fileprivate struct State {
        var definitions: [MetricDefinition]
        var known: [String: Int]
        /// The series of each definition, in the order they were made.
        var series: [[any Series]]
        var byKey: [SeriesKey: any Series] = [:]
    }

    private let state: Mutex<State>
    private let collectors = Mutex<[@Sendable () -> Void]>([])

    /// The most series of one metric: what is past it is not counted, so that no label can fill the memory.
    private let mostSeries: Int

    /// Makes a registry.
    ///
    /// - Parameters:
    ///   - definitions: The metrics that are known beforehand; others, of libraries, get a name and bounds as they come.
    ///   - mostSeries: The most series of one metric.
    package init(_ definitions: [MetricDefinition] = [], mostSeries: Int = 1000) {
        self.mostSeries = mostSeries
        state = Mutex(
            State(
                definitions: definitions,
                known: Dictionary(uniqueKeysWithValues: definitions.enumerated().map { ($1.name, $0) }),
                series: definitions.map { _ in [] }
            )
        )
    }

    /// Has `collector` called before each exposition, for figures that are read rather than counted.
    package func collect(_ collector: @escaping @Sendable () -> Void) { collectors.withLock { $0.append(collector) } }

    /// Every metric in Prometheus' exposition format.
    package func exposition() -> String {
        // Under the lock, so that two readers at once do not add a difference twice.
        collectors.withLock { collectors in
            for collector in collectors { collector() }
        }
        let (definitions, series) = state.withLock { ($0.definitions, $0.series) }
        var text = Exposition()
        for (definition, series) in zip(definitions, series) where !series.isEmpty {
            text.family(definition)
            for one in series { one.expose(into: &text) }
        }
        return text.text
    }

    // MARK: Handles

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        number(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        number(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        number(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return number(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance }
        return histogram(label, dimensions, .bytes) ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, .workSeconds) ?? NOOPMetricsHandler.instance
    }

    package func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    private func number(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: MetricDefinition.Kind
    ) -> NumberSeries? {
        make(label, dimensions, kind) { key, _ in NumberSeries(key) }
    }

    private func histogram(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: MetricDefinition.Kind
    ) -> HistogramSeries? {
        make(label, dimensions, kind) { key, kind in
            guard case .histogram(let bounds) = kind else { return nil }
            return HistogramSeries(key, bounds: bounds)
        }
    }

    /// The series of this name and these labels; `nil` past the bound, or where the name is of another kind of metric.
    private func make<S: Series>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: MetricDefinition.Kind,
        _ new: (SeriesKey, MetricDefinition.Kind) -> S?
    ) -> S? {
        let key = SeriesKey(name: Exposition.name(label), labels: Exposition.labels(dimensions))
        return state.withLock { state -> S? in
            if let known = state.byKey[key] { return known as? S }
            let index = state.known[key.name] ?? state.define(MetricDefinition(key.name, kind, label))
            guard state.series[index].count < mostSeries, let series = new(key, state.definitions[index].kind) else {
                return nil
            }
            state.series[index].append(series)
            state.byKey[key] = series
            return series
        }
    }

    private func destroy(_ handler: AnyObject) {
        guard let series = handler as? any Series else { return }
        state.withLock { state in
            guard let index = state.known[series.key.name] else { return }
            state.byKey[series.key] = nil
            state.series[index].removeAll { $0 === series }
        }
    }
}

extension MetricRegistry.State {
    /// Adds a metric that was not known beforehand.
    fileprivate mutating func define(_ definition: MetricDefinition) -> Int {
        definitions.append(definition)
        series.append([])
        known[definition.name] = definitions.count - 1
        return definitions.count - 1
    }
}
