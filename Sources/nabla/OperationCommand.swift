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

    @OptionGroup var request: RequestFile

    @Flag(help: "Indent the answer.")
    var pretty = false

    func run() throws { try request.answer(with: Body.self, isIndented: pretty) }
}

/// The file that holds a request.
struct RequestFile: ParsableArguments {
    @Argument(help: "The request's JSON; - reads standard input.")
    var file: String

    @Option(help: "Where the models are that the request may name: an SQLite file or postgres://…; or NABLA_MODELS.")
    var models: String?

    /// Prints what an operation answers.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - form: The form of the answer.
    ///   - isIndented: Whether JSON is indented.
    /// - Throws: ``CommandFailure`` with the problem, or because the file can't be read.
    func answer(
        with operation: (some GradientService.Operation).Type,
        as form: AnswerForm = .json,
        isIndented: Bool = false
    ) throws {
        let body = try read()
        let library = try ModelLocation.named(models).map { try $0.library() }
        do throws(Rejection) {
            let answer = try operation.run(
                on: body,
                as: form,
                limits: RequestLimits(),
                models: library,
                isIndented: isIndented
            )
            FileHandle.standardOutput.write(Data(answer))
        } catch {
            throw failure(error)
        }
    }

    /// The bytes of the file.
    func read() throws -> [UInt8] { try readFile(file) }

    /// A rejection as what the user is told.
    func failure(_ rejection: Rejection) -> CommandFailure {
        CommandFailure(message: String(decoding: rejection.json(instance: file), as: UTF8.self))
    }
}

/// The bytes of a file, or of standard input for `-`.
func readFile(_ file: String) throws -> [UInt8] {
    do {
        let input = file == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: file))
        return [UInt8](try input.readToEnd() ?? Data())
    } catch {
        throw CommandFailure(message: "\(file) can't be read: \(error.localizedDescription)")
    }
}
