import ArgumentParser
import Foundation
import GradientService
import HTTPServer
import Logging

/// `nabla keys`: makes keys for `nabla serve --keys FILE`.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make keys for clients.",
        subcommands: [Add.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a key to a file, and print it.",
            discussion: """
                The key is printed once and kept nowhere; the file has its hash. Clients send it as Authorization: Bearer \
                KEY, or as the password in a URL. A running server reads the file again on SIGHUP.
                """
        )

        @Argument(help: "Who will have the key: letters, digits, dot, dash and underscore.")
        var name: String

        @Option(help: "The file of keys; it is made if need be, for its owner alone.")
        var keys: String

        @Option(help: "What the key allows: read, write and compute, with commas between them.")
        var rights = "read,compute"

        @Option(help: "How many requests a second it allows on average; past it 429.")
        var rate: Double?

        @Option(help: "The day on which it stops being valid, YYYY-MM-DD, in UTC.")
        var expires: String?

        func validate() throws {
            if Rights(rights) == nil {
                throw ValidationError("--rights are of read, write and compute; it is \(rights)")
            }
            if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--rate is greater than 0") }
            if let expires, KeyFile.day(expires) == nil { throw ValidationError("--expires is a day, YYYY-MM-DD") }
            if !ModelName.isValid(name) { throw ValidationError("a name is 1 to 128 of A-Z a-z 0-9 . _ -") }
        }

        func run() throws {
            guard let rights = Rights(rights) else { throw ValidationError("--rights") }
            let (line, secret) = Key.make(name: name, rights: rights, rate: rate, expires: expires)
            do throws(KeyFile.Fault) {
                try KeyFile.add(line, named: name, to: keys)
            } catch {
                throw CommandFailure(message: error.description)
            }
            print(secret)
        }
    }
}

extension ServeOptions {
    /// Who may do what, by the file of keys if one is named.
    func accessControl() throws -> AccessControl {
        guard let keys else { return AccessControl() }
        do throws(KeyFile.Fault) {
            return AccessControl(keys: try KeyFile(path: keys).keys)
        } catch {
            throw ValidationError("--keys can't be used: \(error)")
        }
    }

    /// Whether only this machine can reach the server.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// Reads the file of keys again on SIGHUP; a file that can't be used leaves the keys in force as they are.
final class KeyReload {
    private let source: any DispatchSourceSignal

    init(_ path: String, _ accessControl: AccessControl, _ logger: Logger) {
        // A source sees signals only where they have no other action.
        _ = signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "nabla.keys"))
        source.setEventHandler { @Sendable in
            do throws(KeyFile.Fault) {
                accessControl.replace(keys: try KeyFile(path: path).keys)
                logger.notice("the keys were read again")
            } catch {
                logger.error("the keys stay as they were", metadata: ["reason": "\(error)"])
            }
        }
        source.activate()
    }

    deinit { source.cancel() }
}
