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
        help: """
            What is asked, http://HOST:PORT/PATH or https://…, whose certificate is not checked; by default /healthz at \
            127.0.0.1 and the port in NABLA_PORT, with TLS where NABLA_TLS_CERT is set.
            """
    )
    var url: String?

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let scheme = environment["NABLA_TLS_CERT"] == nil ? "http" : "https"
        let text = url ?? "\(scheme)://127.0.0.1:\(environment["NABLA_PORT"] ?? "8080")/healthz"
        guard let target = URL(string: text), let scheme = target.scheme, ["http", "https"].contains(scheme),
            let host = target.host(percentEncoded: false),
            let port = UInt16(exactly: target.port ?? (scheme == "https" ? 443 : 80))
        else { throw ValidationError("\(text) is not an http:// or https:// URL") }
        let path = target.path(percentEncoded: true)
        let status: Int
        do throws(ProbeError) {
            status = try Probe.status(
                host: host,
                port: port,
                path: path.isEmpty ? "/" : path,
                isTLS: scheme == "https",
                within: 3
            )
        } catch {
            throw CommandFailure(message: "\(text) does not answer: \(error)")
        }
        guard status == 200 else { throw CommandFailure(message: "\(text) answers with status \(status), not 200") }
    }
}
