import ArgumentParser
import Foundation
import GradientService

/// `nabla check FILE`: on a terminal a table with the worst entries first, elsewhere what `POST /v1/check` would answer.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: CheckOperation.name,
        abstract: CheckOperation.summary,
        discussion: """
            On a terminal it prints a table with the worst tensors first; elsewhere, or with --json, what POST /v1/check \
            would answer. Status 1 with the problem if that is not 200; gradients that fail are an answer.
            """
    )

    @OptionGroup var request: RequestFile

    @Flag(help: "Print JSON on a terminal as well.")
    var json = false

    @Flag(help: "Indent the JSON.")
    var pretty = false

    func run() throws {
        guard !json && !pretty && isatty(STDOUT_FILENO) == 1 else {
            return try request.answer(with: CheckOperation.self, isIndented: pretty)
        }
        let body = try request.read()
        var progress = ProgressLine()
        let environment = ProcessInfo.processInfo.environment
        do throws(Rejection) {
            let table = try CheckOperation.table(
                of: body,
                limits: RequestLimits(),
                // https://no-color.org
                isColoured: environment["NO_COLOR", default: ""].isEmpty,
                progress: { progress.show($0, of: $1) }
            )
            progress.clear()
            FileHandle.standardOutput.write(Data(table.utf8))
        } catch {
            throw request.failure(error)
        }
    }
}

/// A line on standard error that says how far something has come, if that is a terminal and it takes long enough to read.
private struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var due = ContinuousClock.now + .milliseconds(300)
    private var isShown = false

    mutating func show(_ done: Int, of total: Int) {
        guard isTerminal, ContinuousClock.now >= due else { return }
        due = .now + .milliseconds(100)
        isShown = true
        write("\r\(done) of \(total) entries")
    }

    mutating func clear() {
        if isShown { write("\r\u{1B}[K") }
        isShown = false
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
