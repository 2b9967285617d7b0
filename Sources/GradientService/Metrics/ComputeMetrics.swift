package import Backprop
import CoreMetrics
package import Observability
import Synchronization

/// Counts where the time of answers goes: text against computing, and the layers by their types.
///
/// Reading the clock around every layer of a small network would cost a good part of what the network does, so of small
/// requests one in sixteen is timed, the first among them.
package final class ComputeMetrics: Sendable {
    private struct LayerKey: Hashable {
        var type: String
        var pass: Pass
    }

    private let registry: MetricRegistry
    private let reading: Timer
    private let writing: Timer
    private let computing = Mutex<[String: Timer]>([:])
    private let layers = Mutex<[LayerKey: Timer]>([:])
    private let smallRequests = Atomic<UInt>(0)

    /// Of so many small requests one is timed.
    private static let interval: UInt = 16

    /// Makes the metrics.
    package init(_ registry: MetricRegistry) {
        self.registry = registry
        let text = "nabla_text_duration_seconds"
        reading = Timer(label: text, dimensions: [("direction", "read")], factory: registry)
        writing = Timer(label: text, dimensions: [("direction", "write")], factory: registry)
    }

    /// What times a request of `operation`; `nil` for one that is not timed.
    func timing(of operation: String, isSmall: Bool) -> RequestTiming? {
        if isSmall, smallRequests.add(1, ordering: .relaxed).oldValue % Self.interval != 0 { return nil }
        return RequestTiming(operation, for: self)
    }

    /// Counts what a request took.
    fileprivate func record(_ times: RequestTiming.Times, of operation: String) {
        if let time = times.reading { reading.recordNanoseconds(time.inNanoseconds) }
        if let time = times.computing { timer(operation).recordNanoseconds(time.inNanoseconds) }
        if let time = times.writing { writing.recordNanoseconds(time.inNanoseconds) }
    }

    /// Counts what the layers took in a pass.
    fileprivate func record(_ pass: Pass, of network: Network, _ times: [(layer: Int, time: Duration)]) {
        layers.withLock { layers in
            for (layer, time) in times {
                let key = LayerKey(type: network.steps[layer].type, pass: pass)
                let timer = layers[key] ?? layerTimer(key)
                layers[key] = timer
                timer.recordNanoseconds(time.inNanoseconds)
            }
        }
    }

    private func timer(_ operation: String) -> Timer {
        computing.withLock { timers in
            if let known = timers[operation] { return known }
            let labels = [("operation", operation)]
            let timer = Timer(label: "nabla_compute_duration_seconds", dimensions: labels, factory: registry)
            timers[operation] = timer
            return timer
        }
    }

    private func layerTimer(_ key: LayerKey) -> Timer {
        let labels = [("type", key.type), ("pass", key.pass.rawValue)]
        return Timer(label: "nabla_layer_duration_seconds", dimensions: labels, factory: registry)
    }
}

/// The times of one request, told by those who do its parts.
package final class RequestTiming: LayerTiming {
    fileprivate struct Times {
        var reading: Duration?
        var computing: Duration?
        var writing: Duration?
        var last = ContinuousClock.now
    }

    private let operation: String
    private let metrics: ComputeMetrics
    private let state = Mutex(Times())

    /// Begins with reading.
    fileprivate init(_ operation: String, for metrics: ComputeMetrics) {
        (self.operation, self.metrics) = (operation, metrics)
    }

    /// The request has been read.
    func hasRead() { state.withLock { $0.reading = $0.lap() } }

    /// Computing or printing begins, on whatever thread; the time in between was spent in a queue.
    func resumes() { state.withLock { _ = $0.lap() } }

    /// A part of the answer has been computed, and writing it begins.
    func hasComputed() { state.withLock { $0.computing = ($0.computing ?? .zero) + $0.lap() } }

    /// A part of the answer is written, if one was begun, and computing goes on.
    func hasWritten() {
        state.withLock { state in
            let time = state.lap()
            if state.computing != nil { state.writing = (state.writing ?? .zero) + time }
        }
    }

    /// The request is answered: counts what it took.
    func finish() { metrics.record(state.withLock { $0 }, of: operation) }

    /// Counted at once: what runs a network for each of its parameters has millions of laps, which nobody has reserved
    /// memory for.
    package func ran(_ pass: Pass, of network: Network, _ times: [(layer: Int, time: Duration)]) {
        metrics.record(pass, of: network, times)
    }
}

extension RequestTiming.Times {
    /// The time since the last call.
    fileprivate mutating func lap() -> Duration {
        let now = ContinuousClock.now
        defer { last = now }
        return now - last
    }
}
