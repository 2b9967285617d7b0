import Backprop
import CAllocationMeter
import Foundation
import GradientService

/// Whole requests without HTTP: what reading, computing and printing take, and what they take from the allocator.
enum RequestBenchmarks: BenchmarkSuite {
    static let name = "requests"
    static let abstract = "Whole requests of the shapes W1 to W5 in process."

    static func run(_ report: Report) throws {
        for workload in Workload.all() {
            for reply in Workload.Reply.allCases { try measure(workload, reply, report) }
        }
    }

    private static func measure(_ workload: Workload, _ reply: Workload.Reply, _ report: Report) throws {
        let group = "Requests: \(workload.name)"
        let parts = ["reading", "computing", "printing", "all of it", "all of it, alone on all cores"]
            .map { "\(reply): \($0)" }
        let counts = ["allocations", "allocations, known outline", "peak"].map { "\(reply): \($0)" }
        guard (parts + counts).contains(where: { report.wants(group, $0) }) else { return }
        let body = workload.body(reply)
        let limits = RequestLimits()
        let prepared = try GradientsOperation.prepare(body, limits: limits)
        guard case .float32(let submission) = try AnySubmission.decode(body, GradientsOperation.needs, limits: limits)
        else { preconditionFailure("the workloads ask for float32") }
        let answered = try answer(prepared)
        let sizes = "\(body.count) bytes in, \(answered.count) out"
        let spare = SpareCores(cores: ProcessInfo.processInfo.activeProcessorCount)

        let timings = report.stopwatch.time([
            { use((try? GradientsOperation.prepare(body, limits: limits))?.work) },
            { use((try? compute(submission))?.layers.count) },
            { use((try? answer(prepared))?.last) },
            { use((try? answer(GradientsOperation.prepare(body, limits: limits)))?.last) },
            { use((try? answer(GradientsOperation.prepare(body, limits: limits, spare: spare)))?.last) },
        ])
        // An answer is computed and printed in one go.
        let printing = Timing(
            best: timings[2].best - timings[1].best,
            median: timings[2].median - timings[1].median
        )
        for (part, timing) in zip(parts, [timings[0], timings[1], printing, timings[3], timings[4]]) {
            report.add(
                Figure(
                    group: group,
                    name: part,
                    unit: "µs",
                    best: timing.best / 1e3,
                    median: timing.median / 1e3,
                    note: part == parts[3] ? sizes : ""
                )
            )
        }
        let (allocations, peak) = try taken { try answer(GradientsOperation.prepare(body, limits: limits)) }
        // Kept when it comes for the second time.
        let known = KnownRequests()
        for _ in 0..<2 { use(try answer(GradientsOperation.prepare(body, limits: limits, known: known)).last) }
        let (knownAllocations, _) = try taken {
            try answer(GradientsOperation.prepare(body, by: known) ?? GradientsOperation.prepare(body, limits: limits))
        }
        let note = "of the thread, beside the body"
        let figures = [
            (counts[0], allocations, ""), (counts[1], knownAllocations, ""), (counts[2], peak / 1024, "KiB"),
        ]
        for (name, value, unit) in figures {
            report.add(Figure(group: group, name: name, unit: unit, best: value, median: value, note: note))
        }
    }

    private static func answer(_ prepared: PreparedAnswer, with spare: SpareCores? = nil) throws -> [UInt8] {
        try prepared.compute { false }.get().printed(with: spare)
    }

    /// Computes what the operation computes, without its text.
    private static func compute(_ submission: Submission<Float>) throws -> Gradients<Float> {
        let (network, options) = (submission.network, submission.options)
        let pass = try network.forward(
            inputs: submission.inputs,
            parameters: submission.parameters,
            keeping: Keeping(outputs: options.returnsOutputs, pullbacks: true)
        )
        guard let loss = submission.loss else { preconditionFailure("the workloads have losses") }
        return try pass.backward(from: Float.entries.loss(loss, pass.output).gradient())
    }

    /// How often this thread asks the allocator for memory in the course of an action, and the most bytes that it holds.
    private static func taken(_ action: () throws -> [UInt8]) rethrows -> (allocations: Double, peak: Double) {
        use(try action().count)
        allocation_meter_start()
        use(try action().count)
        return (Double(allocation_meter_count()), Double(allocation_meter_peak()))
    }
}
