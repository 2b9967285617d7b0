import CoreMetrics
import Synchronization

/// One metric with one set of labels.
protocol Series: AnyObject, Sendable {
    var key: SeriesKey { get }

    /// Writes its samples.
    func expose(into text: inout Exposition)
}

/// What names a series.
struct SeriesKey: Hashable, Sendable {
    var name: String
    /// The labels as they stand between the braces.
    var labels: String
}

/// A counter or a gauge.
final class NumberSeries: Series {
    let key: SeriesKey
    private let value = Mutex(0.0)

    init(_ key: SeriesKey) { self.key = key }

    func expose(into text: inout Exposition) { text.sample(key.name, key.labels, value.withLock { $0 }) }
}

extension NumberSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    func increment(by amount: Int64) { value.withLock { $0 += Double(amount) } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func reset() { set(0.0) }
}

/// How often values fell at or below each bound.
final class HistogramSeries: Series {
    private struct State {
        /// For each bound the values at or below it and above the one before; the last is for those above all.
        var counts: [UInt64]
        var sum = 0.0
    }

    let key: SeriesKey
    private let bounds: [Double]
    private let state: Mutex<State>

    init(_ key: SeriesKey, bounds: [Double]) {
        self.key = key
        self.bounds = bounds
        state = Mutex(State(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
    }

    func expose(into text: inout Exposition) {
        // One look under the lock, so that sum and counts belong together.
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        let others = key.labels.isEmpty ? "" : key.labels + ","
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? Exposition.number(bounds[index]) : "+Inf"
            text.sample(key.name + "_bucket", others + "le=\"\(bound)\"", Double(total))
        }
        text.sample(key.name + "_sum", key.labels, sum)
        text.sample(key.name + "_count", key.labels, Double(total))
    }
}

extension HistogramSeries: RecorderHandler, TimerHandler {
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        state.withLock { state in
            var index = 0
            while index < bounds.count, value > bounds[index] { index += 1 }
            state.counts[index] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
