import Foundation
import Glibc

/// A PostgreSQL server of its own on a free port of the loopback interface, ended with the value.
package final class PostgresServer: @unchecked Sendable {
    /// Where it is reached.
    package let port: UInt16
    private let folder: URL
    private var process: ChildProcess?

    /// The URI of its database.
    package var url: String { "postgres://nabla@127.0.0.1:\(port)/postgres" }

    /// Makes a database and starts the server.
    package init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "nabla-postgres-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try PostgresServer.freePort()
        // PostgreSQL does not run as root.
        if getuid() == 0 { try ChildProcess("/bin/chown", ["postgres", folder.path]).wait() }
        let data = folder.path + "/data"
        let arguments = ["-D", data, "-U", "nabla", "--auth=trust", "--no-sync", "-E", "UTF8"]
        let status = try PostgresServer.start("initdb", arguments).wait()
        guard status == 0 else { throw Failure(text: "initdb: status \(status)") }
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts it, again after ``stop()``, and waits until it answers.
    package func start() throws {
        let settings = [
            "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=", "shared_buffers=16MB",
        ]
        let arguments = ["-D", folder.path + "/data"] + settings.flatMap { ["-c", $0] }
        let server = try PostgresServer.start("postgres", arguments)
        process = server
        for _ in 0..<600 {
            let probe = ["-q", "-h", "127.0.0.1", "-p", String(port)]
            if try PostgresServer.start("pg_isready", probe).wait() == 0 { return }
            guard server.isRunning else { break }
            usleep(50_000)
        }
        throw Failure(text: "PostgreSQL does not answer on port \(port)")
    }

    /// Stops it as if it had crashed: nothing is written, and the log is replayed at the next start.
    package func stop() {
        // PostgreSQL's immediate shutdown.
        process?.send(SIGQUIT)
        process?.wait()
        process = nil
    }

    /// Lets it answer nobody until ``resume()``, as a machine does that hangs.
    package func pause() throws { try signalAll(SIGSTOP) }

    /// Lets it go on.
    package func resume() throws { try signalAll(SIGCONT) }

    /// Signals the server's process and those that it has made.
    private func signalAll(_ signal: Int32) throws {
        guard let process else { return }
        process.send(signal)
        let identifier = process.identifier
        let children = try String(contentsOfFile: "/proc/\(identifier)/task/\(identifier)/children", encoding: .utf8)
        for child in children.split(separator: " ") { if let child = pid_t(child) { kill(child, signal) } }
    }

    private struct Failure: Error { let text: String }

    /// Starts a program of PostgreSQL, as the user that may run it.
    private static func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let versions = "/usr/lib/postgresql"
        guard let version = try? FileManager.default.contentsOfDirectory(atPath: versions).compactMap({ Int($0) }).max()
        else { throw Failure(text: "PostgreSQL is not installed: make setup") }
        let path = "\(versions)/\(version)/bin/\(program)"
        guard getuid() == 0 else { return try ChildProcess(path, arguments) }
        // It takes this program's place, so that signals reach it.
        let user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return try ChildProcess("/usr/bin/setpriv", user + [path] + arguments)
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure(text: "no port is free") }
        return UInt16(bigEndian: address.sin_port)
    }
}
