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
        return RequestTiming(operation)
    }

    /// Counts what a request took.
    func record(_ timing: RequestTiming) {
        let times = timing.times
        if let time = times.reading { reading.recordNanoseconds(time.inNanoseconds) }
        if let time = times.computing { timer(timing.operation).recordNanoseconds(time.inNanoseconds) }
        if let time = times.writing { writing.recordNanoseconds(time.inNanoseconds) }
        guard !times.layers.isEmpty else { return }
        layers.withLock { layers in
            for lap in times.layers {
                let key = LayerKey(type: lap.type, pass: lap.pass)
                let timer = layers[key] ?? layerTimer(key)
                layers[key] = timer
                timer.recordNanoseconds(lap.time.inNanoseconds)
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
    struct Times {
        var reading: Duration?
        var computing: Duration?
        var writing: Duration?
        var layers: [(type: String, pass: Pass, time: Duration)] = []
        fileprivate var last = ContinuousClock.now
    }

    /// What is being timed.
    let operation: String
    private let state = Mutex(Times())

    /// Begins with reading.
    fileprivate init(_ operation: String) { self.operation = operation }

    /// The times so far.
    var times: Times { state.withLock { $0 } }

    /// The request has been read.
    func hasRead() { state.withLock { $0.reading = $0.lap() } }

    /// Computing begins, on whatever thread; the time in between was spent in a queue.
    func willCompute() { state.withLock { _ = $0.lap() } }

    /// A part of the answer has been computed, and writing it begins.
    func hasComputed() { state.withLock { $0.computing = ($0.computing ?? .zero) + $0.lap() } }

    /// A part of the answer is written, if one was begun, and computing goes on.
    func hasWritten() {
        state.withLock { state in
            let time = state.lap()
            if state.computing != nil { state.writing = (state.writing ?? .zero) + time }
        }
    }

    package func ran(_ pass: Pass, of network: Network, _ times: [(layer: Int, time: Duration)]) {
        state.withLock { state in
            for (layer, time) in times { state.layers.append((network.steps[layer].type, pass, time)) }
        }
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
