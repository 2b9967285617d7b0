import ArgumentParser
import Foundation
import HTTPServer

/// The command: one subcommand for each kind of benchmark, one for all of them, and a check of the numbers' text.
@main struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nabla-benchmarks",
        abstract: "Measures the parts that a request's time goes into.",
        subcommands: [
            BenchmarkCommand<AllBenchmarks>.self,
            BenchmarkCommand<KernelBenchmarks>.self,
            BenchmarkCommand<LayerBenchmarks>.self,
            BenchmarkCommand<NetworkBenchmarks>.self,
            BenchmarkCommand<TextBenchmarks>.self,
            BenchmarkCommand<RequestBenchmarks>.self,
            Floats.self,
        ],
        defaultSubcommand: BenchmarkCommand<AllBenchmarks>.self
    )
}

/// Benchmarks of one kind.
protocol BenchmarkSuite {
    /// The subcommand.
    static var name: String { get }
    /// One sentence that says what is measured.
    static var abstract: String { get }
    /// Measures what is asked for.
    static func run(_ report: Report) throws
}

/// Every kind of benchmark.
enum AllBenchmarks: BenchmarkSuite {
    static let name = "all"
    static let abstract = "Measure everything."

    static func run(_ report: Report) throws {
        try KernelBenchmarks.run(report)
        try LayerBenchmarks.run(report)
        try NetworkBenchmarks.run(report)
        try TextBenchmarks.run(report)
        try RequestBenchmarks.run(report)
    }
}

/// Runs the benchmarks of one kind.
struct BenchmarkCommand<Suite: BenchmarkSuite>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: Suite.name, abstract: Suite.abstract)
    }

    @OptionGroup var stopwatch: Stopwatch

    @Option(help: ArgumentHelp("Measure only what has this in its name; may be given again.", valueName: "text"))
    var filter: [String] = []

    @Option(help: ArgumentHelp("Also write the figures here, as JSON.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("Compare with the figures of such a file.", valueName: "file"))
    var baseline: String?

    func run() throws {
        // As the server does: else large tensors are taken from the kernel page by page.
        Allocator.keepFreedMemory()
        var before: [String: Double]?
        if let baseline {
            let text = try Data(contentsOf: URL(filePath: baseline))
            before = Report.baseline([UInt8](text), clock: stopwatch.clock)
            if before == nil {
                throw ValidationError("\(baseline) does not hold figures of the \(stopwatch.clock) clock")
            }
        }
        let report = Report(stopwatch, filter: filter, baseline: before)
        try Suite.run(report)
        if let json { try Data(report.json).write(to: URL(filePath: json)) }
    }
}
