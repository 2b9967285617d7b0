import CoreMetrics
import FoundationEssentials
import Glibc

/// What the process takes of the machine, under the names that Prometheus' own clients use.
package struct ProcessFigures: Sendable {
    /// Processor time, user's and system's, in seconds.
    package var processorSeconds = 0.0
    /// Bytes of memory in use, and of address space.
    package var residentBytes = 0.0
    package var virtualBytes = 0.0
    package var threads = 0.0
    /// Seconds since 1970.
    package var startSeconds = 0.0
    package var openDescriptors = 0.0
    package var mostDescriptors = 0.0

    /// Reads the figures; those that the system does not tell are 0.
    package init() {
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        // proc(5): the name, the second field, may hold spaces and parentheses, so the count begins after its end.
        if let fields = Self.read("/proc/self/stat")?.split(separator: ")").last?.split(separator: " "),
            fields.count > 21
        {
            let number = { (index: Int) in Double(fields[index - 3]) ?? 0 }
            processorSeconds = (number(14) + number(15)) / ticks
            threads = number(20)
            startSeconds = Self.bootSeconds + number(22) / ticks
            virtualBytes = number(23)
            residentBytes = number(24) * Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
        }
        openDescriptors = Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            mostDescriptors = Double(limit.rlim_cur)
        }
    }

    private static let bootSeconds: Double = {
        let line = read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }()

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}

extension ProcessFigures {
    /// The metrics.
    package static let definitions = [
        MetricDefinition(
            "process_cpu_seconds_total",
            .counter,
            "Processor time of the process, user's and system's, in seconds."
        ),
        MetricDefinition("process_resident_memory_bytes", .gauge, "Memory in use."),
        MetricDefinition("process_virtual_memory_bytes", .gauge, "Address space in use."),
        MetricDefinition("process_threads", .gauge, "Threads of the process."),
        MetricDefinition("process_open_fds", .gauge, "Open file descriptors."),
        MetricDefinition("process_max_fds", .gauge, "The most file descriptors that may be open."),
        MetricDefinition("process_start_time_seconds", .gauge, "When the process started, in seconds since 1970."),
    ]

    /// Has the figures read at each exposition.
    package static func follow(in registry: MetricRegistry) {
        let processor = registry.makeFloatingPointCounter(label: "process_cpu_seconds_total", dimensions: [])
        let gauges: [(any MeterHandler, @Sendable (ProcessFigures) -> Double)] = [
            ("process_resident_memory_bytes", \ProcessFigures.residentBytes),
            ("process_virtual_memory_bytes", \.virtualBytes), ("process_threads", \.threads),
            ("process_open_fds", \.openDescriptors), ("process_max_fds", \.mostDescriptors),
            ("process_start_time_seconds", \.startSeconds),
        ].map { (name: String, path: any KeyPath<ProcessFigures, Double> & Sendable) in
            (registry.makeMeter(label: name, dimensions: []), { $0[keyPath: path] })
        }
        registry.collect {
            let figures = ProcessFigures()
            processor.reset()
            processor.increment(by: figures.processorSeconds)
            for (gauge, value) in gauges { gauge.set(value(figures)) }
        }
    }
}
