/// A pass over the layers of a network.
public enum Pass: String, Sendable {
    case forward, backward
}

/// Told how long layers take, by the passes over a network that has one.
public protocol LayerTiming: Sendable {
    /// One pass has ended.
    ///
    /// - Parameters:
    ///   - pass: Which pass.
    ///   - network: The network.
    ///   - times: The layers that ran, by position, and how long each took.
    func ran(_ pass: Pass, of network: Network, _ times: [(layer: Int, time: Duration)])
}

/// Times the layers of one pass, if there is somebody to tell.
///
/// By reference, so that a pass that nobody times has nothing of it but a `nil`.
final class LayerStopwatch {
    private let timing: any LayerTiming
    private var last = ContinuousClock.now
    private var times: [(layer: Int, time: Duration)] = []

    /// Begins to time a pass, or is `nil` where there is nobody to tell.
    init?(_ network: Network) {
        guard let timing = network.timing else { return nil }
        self.timing = timing
        times.reserveCapacity(network.steps.count)
    }

    /// A layer has run since the last call.
    func lap(_ layer: Int) {
        let now = ContinuousClock.now
        times.append((layer, now - last))
        last = now
    }

    /// The pass has ended.
    func finish(_ pass: Pass, of network: Network) { timing.ran(pass, of: network, times) }
}
