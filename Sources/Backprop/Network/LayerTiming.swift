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
struct LayerStopwatch {
    private let timing: (any LayerTiming)?
    private var last: ContinuousClock.Instant?
    private var times: [(layer: Int, time: Duration)] = []

    init(_ network: Network) {
        timing = network.timing
        guard timing != nil else { return }
        times.reserveCapacity(network.steps.count)
        last = .now
    }

    /// A layer has run since the last call.
    mutating func lap(_ layer: Int) {
        guard let last else { return }
        let now = ContinuousClock.now
        times.append((layer, now - last))
        self.last = now
    }

    /// The pass has ended.
    func finish(_ pass: Pass, of network: Network) { timing?.ran(pass, of: network, times) }
}
