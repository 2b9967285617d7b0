import ArgumentParser
import Foundation
import GradientService

/// `nabla <operation> FILE`: prints what `POST /v1/<operation>` would answer.
struct OperationCommand<Body: GradientService.Operation>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Body.name,
            abstract: Body.summary,
            discussion:
                "Prints what POST /v1/\(Body.name) would answer, byte for byte; status 1 with the problem if not 200."
        )
    }

    @Argument(help: "The request's JSON; - reads standard input.")
    var file: String

    @Flag(help: "Indent the answer.")
    var pretty = false

    func run() throws { try answer(file, with: Body.self, isIndented: pretty) }
}

/// Prints an operation's answer to the request in a file.
///
/// - Parameters:
///   - file: The file's path; - for standard input.
///   - operation: The operation.
///   - form: The form of the answer.
///   - isIndented: Whether JSON is indented.
/// - Throws: ``CommandFailure`` with the problem, or because the file can't be read.
func answer<Body: GradientService.Operation>(
    _ file: String,
    with operation: Body.Type,
    as form: AnswerForm = .json,
    isIndented: Bool = false
) throws {
    let body = try read(file)
    do throws(Rejection) {
        let answer = try Body.run(on: body, as: form, limits: RequestLimits(), isIndented: isIndented)
        FileHandle.standardOutput.write(Data(answer))
    } catch {
        throw CommandFailure(message: String(decoding: error.json(instance: file), as: UTF8.self))
    }
}

private func read(_ file: String) throws -> [UInt8] {
    do {
        let input = file == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: file))
        return [UInt8](try input.readToEnd() ?? Data())
    } catch {
        throw CommandFailure(message: "\(file) can't be read: \(error.localizedDescription)")
    }
}
