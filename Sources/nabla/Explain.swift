import ArgumentParser
import Foundation
import GradientService

/// `nabla explain FILE`: prints the derivation, for people or as `POST /v1/explain` would answer.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ExplainOperation.name,
        abstract: ExplainOperation.summary,
        discussion: """
            Prints the derivation for reading on a terminal, and elsewhere what POST /v1/explain would answer, byte for \
            byte; --format gives either, or a document. Status 1 with the problem if there is no derivation. Colour is \
            used on a terminal unless NO_COLOR is set.
            """
    )

    /// The forms of a derivation.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, markdown, html, terminal, graphviz, mermaid
    }

    @OptionGroup var request: RequestFile

    @Option(help: "The form; by default terminal on a terminal and json elsewhere.")
    var format: Format?

    @Flag(help: "Indent JSON.")
    var pretty = false

    func run() throws {
        try request.answer(with: ExplainOperation.self, as: form, isIndented: pretty)
    }

    private var form: AnswerForm {
        switch format ?? (isTerminal && !pretty ? .terminal : .json) {
        case .json: .json
        case .markdown: .markdown
        case .html: .html
        case .graphviz: .graphviz
        case .mermaid: .mermaid
        case .terminal: hasColour ? .colouredTerminal : .terminal
        }
    }

    private var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether colours would be seen and are not unwelcome (no-color.org).
    private var hasColour: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal && environment["NO_COLOR", default: ""].isEmpty
            && environment["TERM"] != "dumb"
    }
}
