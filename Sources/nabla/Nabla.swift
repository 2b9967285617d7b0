import ArgumentParser
import Foundation
import GradientService
import HTTPServer

/// The command: a subcommand for serving, one for each operation, and a few for those who run it.
@main
struct Nabla: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nabla",
        abstract: "Gradients of a network, over HTTP or from a file.",
        version: nablaVersion,
        subcommands: [
            Serve.self,
            OperationCommand<GradientsOperation>.self,
            OperationCommand<ForwardOperation>.self,
            OperationCommand<JacobiansOperation>.self,
            Explain.self,
            OperationCommand<JVPOperation>.self,
            OperationCommand<HVPOperation>.self,
            Check.self,
            Models.self,
            Keys.self,
            OpenAPI.self,
            Document.self,
            Healthcheck.self,
        ]
    )

    /// Parses the command line with the environment's settings and runs the command.
    static func main() async {
        let environment = EnvironmentArguments(ProcessInfo.processInfo.environment)
        let arguments = environment.completing(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try parseAsRoot(arguments)
            // Before any other thread takes memory.
            if command is Serve { Allocator.keepFreedMemory() }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            finish(error, environment)
        }
    }

    /// Ends the process: 0 after help, 1 where the command failed, 2 for a command line or setting that is invalid.
    private static func finish(_ error: any Error, _ environment: EnvironmentArguments) -> Never {
        let code = exitCode(for: error)
        if code == .validationFailure {
            complain(environment.naming(fullMessage(for: error)))
            Foundation.exit(2)
        }
        if let failure = error as? CommandFailure {
            complain(failure.message)
            Foundation.exit(1)
        }
        exit(withError: error)
    }
}

/// A command that failed, with what its user is told.
struct CommandFailure: Error {
    let message: String
}

/// Writes a line to standard error.
func complain(_ message: String) {
    FileHandle.standardError.write(Data((message.hasSuffix("\n") ? message : message + "\n").utf8))
}
