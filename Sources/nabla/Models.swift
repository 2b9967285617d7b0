import ArgumentParser
import Foundation
import GradientService
import Logging

/// `nabla models`: the stored models without a server.
struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Store, print, list and remove models without a server.",
        discussion: "It works on the same store as a server, which may be running meanwhile.",
        subcommands: [Put.self, Get.self, List.self, Delete.self]
    )

    /// Where the models are.
    struct Location: ParsableArguments {
        @Option(help: "An SQLite file, or postgres://…; by default what NABLA_MODELS says.")
        var models: String?

        /// Does something with the models.
        func withLibrary<Result>(_ body: (ModelLibrary) throws(Rejection) -> Result) throws -> Result {
            guard let location = ModelLocation.named(models) else {
                throw ValidationError("--models says where the models are: an SQLite file, or postgres://…")
            }
            let library = try location.library()
            do throws(Rejection) {
                return try body(library)
            } catch {
                throw CommandFailure(message: String(decoding: error.json(instance: "nabla models"), as: UTF8.self))
            }
        }
    }

    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Store a model, as PUT /v1/models/{name} does.")

        @Argument(help: "The name.")
        var name: String

        @OptionGroup var location: Location

        @Argument(help: "The model's JSON; - reads standard input.")
        var file: String

        func run() throws {
            let body = try readFile(file)
            let isNew = try location.withLibrary { (library) throws(Rejection) in try library.put(name, body) }
            print(isNew ? "created \(name)" : "replaced \(name)")
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a model as it was put.")

        @Argument(help: "The name.")
        var name: String

        @OptionGroup var location: Location

        func run() throws {
            let text = try location.withLibrary { (library) throws(Rejection) in try library.document(name) }
            FileHandle.standardOutput.write(Data(text))
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print what GET /v1/models would answer.")

        @OptionGroup var location: Location

        func run() throws {
            let text = try location.withLibrary { (library) throws(Rejection) in try library.listing() }
            FileHandle.standardOutput.write(Data(text))
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a model.")

        @Argument(help: "The name.")
        var name: String

        @OptionGroup var location: Location

        func run() throws {
            try location.withLibrary { (library) throws(Rejection) in try library.delete(name) }
            print("removed \(name)")
        }
    }
}

extension ModelLocation {
    /// The place that an option names or, without it, the environment; `nil` where neither does.
    static func named(_ option: String?) -> ModelLocation? {
        (option ?? ProcessInfo.processInfo.environment["NABLA_MODELS"]).map { ModelLocation($0) }
    }

    /// Opens the models there.
    func library() throws -> ModelLibrary {
        do throws(StoreError) {
            let logger = Logger(label: "nabla") { _ in SwiftLogNoOpLogHandler() }
            return ModelLibrary(try open(mostBytes: 4 << 30), logger: logger)
        } catch {
            throw CommandFailure(message: "the models can't be opened: \(error.reason)")
        }
    }
}
