import ArgumentParser
import Foundation
import GradientService

/// `nabla document`: prints Documentation/derivation.md, for `make documents`.
struct Document: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "document",
        abstract: "Print the worked derivation of the lecture network.",
        shouldDisplay: false
    )

    func run() throws {
        FileHandle.standardOutput.write(Data(try WorkedDocument.derivation(.ofThisProgram)))
    }
}
