import ArgumentParser
import Foundation
import GradientService

/// `nabla openapi`: prints the contract.
struct OpenAPI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Print the contract (OpenAPI 3.1).",
        discussion: "It is made from the endpoints' own declarations."
    )

    @Flag(help: "Print JSON in place of YAML.")
    var json = false

    func run() throws {
        let document = try OpenAPIDocument(endpoints)
        FileHandle.standardOutput.write(Data(json ? document.json : document.yaml))
    }
}
