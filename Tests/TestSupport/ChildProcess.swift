import CLinux
package import Foundation
import Glibc
import Synchronization

/// A program that was started.
///
/// Foundation's `Process` takes one for running until all that was started meanwhile has ended too, since that inherits
/// what it waits on. This inherits nothing but its standard streams, and the system is asked for its end.
package final class ChildProcess: Sendable {
    /// Its number.
    package let identifier: Int32
    private let ended = Mutex<Int32?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: Its path.
    ///   - arguments: The arguments after its name.
    ///   - environment: Variables beside those of this process.
    ///   - streams: Files for standard input, output and errors; without one nothing is read or what is written is lost.
    /// - Throws: Why it can't be started.
    package init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        streams: (input: FileHandle?, output: FileHandle?, errors: FileHandle?) = (nil, nil, nil)
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, file) in [streams.input, streams.output, streams.errors].enumerated() {
            if let file {
                posix_spawn_file_actions_adddup2(&actions, file.fileDescriptor, Int32(number))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
            }
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        // Threads of tasks hold signals back, and what they start would too.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var number: pid_t = 0
        // A file handle closes its file with its last reference, which the compiler sees in the loop above.
        let error = withExtendedLifetime(streams) {
            posix_spawn(&number, program, &actions, &attributes, words, settings)
        }
        guard error == 0 else { throw Failure(text: "\(program): \(String(cString: strerror(error)))") }
        identifier = number
    }

    /// Why a program could not be started.
    package struct Failure: Error {
        package let text: String
    }

    /// Sends a signal, unless it has ended.
    package func send(_ signal: Int32) {
        ended.withLock { status in
            // Its number is another's once its end has been taken note of.
            if status == nil { kill(identifier, signal) }
        }
    }

    /// Whether it runs.
    package var isRunning: Bool { status(WNOHANG) == nil }

    /// Waits for its end; gives its status, or 128 and the signal that ended it.
    @discardableResult
    package func wait() -> Int32 {
        while true {
            if let status = status(WNOHANG) { return status }
            usleep(2_000)
        }
    }

    private func status(_ options: Int32) -> Int32? {
        ended.withLock { known in
            if known != nil { return known }
            var status: Int32 = 0
            guard waitpid(identifier, &status, options) == identifier else { return nil }
            known = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
            return known
        }
    }
}
