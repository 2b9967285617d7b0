import ArgumentParser
import Glibc
import Synchronization

/// What one call took, in nanoseconds.
struct Timing: Sendable {
    /// The least of all runs: what the code takes where nothing disturbs it.
    let best: Double
    /// The median of all runs.
    let median: Double

    /// A figure in another unit, or shared out among the elements of a call.
    static func / (timing: Timing, divisor: Double) -> Timing {
        Timing(best: timing.best / divisor, median: timing.median / divisor)
    }
}

/// How long is measured, and by which clock.
struct Stopwatch: ParsableArguments {
    enum Clock: String, CaseIterable, ExpressibleByArgument {
        /// The time that passes.
        case wall
        /// The time that all threads of the process compute: steadier beside other work, blind to what runs in parallel.
        case cpu
    }

    @Option(help: "What time is: what passes, or what the process computes. (values: wall, cpu)")
    var clock = Clock.wall

    @Option(help: ArgumentHelp("How long each figure is measured.", valueName: "seconds"))
    var seconds = 0.2

    @Option(help: ArgumentHelp("Into how many runs that is divided.", valueName: "number"))
    var runs = 15

    func validate() throws {
        guard seconds > 0, runs > 0 else { throw ValidationError("seconds and runs must be positive") }
    }

    /// Measures actions in turns, so that what disturbs one disturbs the others as well.
    func time(_ actions: [() -> Void]) -> [Timing] {
        // The first call also makes what is made once in a program's life.
        for action in actions { action() }
        let repetitions = actions.map(repetitions(of:))
        var times = [[Double]](repeating: [], count: actions.count)
        for _ in 0..<runs {
            for (index, action) in actions.enumerated() {
                times[index].append(nanoseconds(of: action, repetitions[index]))
            }
        }
        return times.map { runs in
            let sorted = runs.sorted()
            let (lower, upper) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
            return Timing(best: sorted[0], median: (lower + upper) / 2)
        }
    }

    /// Measures one action.
    func time(_ action: @escaping () -> Void) -> Timing { time([action])[0] }

    /// How many calls a run has.
    private func repetitions(of action: () -> Void) -> Int {
        let wanted = seconds / Double(runs) * 1e9
        var count = 1
        while true {
            let taken = nanoseconds(of: action, count) * Double(count)
            if taken >= wanted / 2 { return max(1, Int(Double(count) * wanted / taken)) }
            count *= 2
        }
    }

    private func nanoseconds(of action: () -> Void, _ count: Int) -> Double {
        let start = now
        for _ in 0..<count { action() }
        return (now - start) / Double(count)
    }

    private var now: Double {
        var time = timespec()
        unsafe clock_gettime(clock == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

private let sink = Atomic<UInt8>(0)

/// Uses a value, so that computing it can't be left out.
@inline(never) func use<Value>(_ value: Value) {
    var copy = value
    unsafe withUnsafeBytes(of: &copy) { bytes in
        if let byte = unsafe bytes.first { sink.store(byte, ordering: .relaxed) }
    }
}
