import ArgumentParser
import Foundation
import HTTPServer

/// `nabla healthcheck`: status 0 if the service answers, for a container's HEALTHCHECK.
struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "End with status 0 if a running service answers, else with 1."
    )

    @Argument(
        help: "What is asked, http://HOST:PORT/PATH; by default /healthz at 127.0.0.1 and the port in NABLA_PORT."
    )
    var url: String?

    func run() throws {
        let port = ProcessInfo.processInfo.environment["NABLA_PORT"] ?? "8080"
        let text = url ?? "http://127.0.0.1:\(port)/healthz"
        guard let target = URL(string: text), target.scheme == "http", let host = target.host(percentEncoded: false),
            let port = UInt16(exactly: target.port ?? 80)
        else { throw ValidationError("\(text) is not an http:// URL") }
        let path = target.path(percentEncoded: true)
        let status: Int
        do throws(ProbeError) {
            status = try Probe.status(host: host, port: port, path: path.isEmpty ? "/" : path, within: 3)
        } catch {
            throw CommandFailure(message: "\(text) does not answer: \(error)")
        }
        guard status == 200 else { throw CommandFailure(message: "\(text) answers with status \(status), not 200") }
    }
}
