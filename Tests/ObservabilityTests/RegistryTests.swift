import CoreMetrics
import Observability
import Testing

@Suite struct RegistryTests {
    private let registry = MetricRegistry([
        MetricDefinition("work_seconds", .histogram([0.1, 1]), "Time at work."),
        MetricDefinition("jobs_total", .counter, "Jobs, \\ and\nmore."),
        MetricDefinition("unused", .gauge, "Never counted."),
    ])

    @Test func `a histogram has cumulative buckets, a sum and a count`() {
        let timer = Timer(label: "work_seconds", dimensions: [("kind", "a")], factory: registry)
        timer.recordMilliseconds(100)
        timer.recordMilliseconds(500)
        timer.recordSeconds(2)
        #expect(
            registry.exposition() == """
                # HELP work_seconds Time at work.
                # TYPE work_seconds histogram
                work_seconds_bucket{kind="a",le="0.1"} 1
                work_seconds_bucket{kind="a",le="1"} 2
                work_seconds_bucket{kind="a",le="+Inf"} 3
                work_seconds_sum{kind="a"} 2.6
                work_seconds_count{kind="a"} 3

                """
        )
    }

    @Test func `text and labels are escaped, and names made valid`() {
        Counter(label: "jobs_total", dimensions: [("said", "\"a\\b\"\n")], factory: registry).increment(by: 3)
        Counter(label: "other.jobs-done", dimensions: [], factory: registry).increment()
        #expect(
            registry.exposition() == """
                # HELP jobs_total Jobs, \\\\ and\\nmore.
                # TYPE jobs_total counter
                jobs_total{said="\\"a\\\\b\\"\\n"} 3
                # HELP other_jobs_done other.jobs-done
                # TYPE other_jobs_done counter
                other_jobs_done 1

                """
        )
    }

    @Test func `handles of the same name and labels count together`() {
        for _ in 0..<2 { Counter(label: "jobs_total", dimensions: [], factory: registry).increment(by: 2) }
        #expect(registry.exposition().contains("\njobs_total 4\n"))
    }

    @Test func `gauges go up and down, and are read when they are wanted`() {
        let meter = Meter(label: "held", dimensions: [], factory: registry)
        meter.increment(by: 5.0)
        meter.decrement(by: 2.0)
        #expect(registry.exposition().contains("\nheld 3\n"))
        registry.collect { [weak meter] in meter?.set(7) }
        #expect(registry.exposition().contains("\nheld 7\n"))
        meter.destroy()
        #expect(!registry.exposition().contains("held"))
    }

    @Test func `a label without bound does not fill the memory`() {
        let bounded = MetricRegistry([], mostSeries: 10)
        for number in 0..<1000 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: bounded).increment()
        }
        #expect(bounded.exposition().split(separator: "\n").filter { $0.hasPrefix("c{") }.count == 10)
    }

    @Test func `a name that is of another kind is not counted`() {
        let timer = Timer(label: "jobs_total", dimensions: [], factory: registry)
        timer.recordSeconds(1)
        #expect(registry.exposition().isEmpty)
    }

    @Test func `many threads lose no count`() async {
        let timer = Timer(label: "work_seconds", dimensions: [], factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { timer.recordSeconds(1) } } }
        }
        #expect(registry.exposition().contains("\nwork_seconds_count 8000\n"))
        #expect(registry.exposition().contains("\nwork_seconds_sum 8000\n"))
    }

    @Test func `the process tells its figures`() {
        let figures = ProcessFigures()
        #expect(figures.residentBytes > 1_000_000 && figures.virtualBytes > figures.residentBytes)
        #expect(figures.threads >= 1 && figures.processorSeconds >= 0)
        #expect(figures.openDescriptors >= 3 && figures.mostDescriptors >= figures.openDescriptors)
        #expect(figures.startSeconds > 1_600_000_000)
    }
}
