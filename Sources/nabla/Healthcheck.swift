import ArgumentParser
import Foundation
import FoundationNetworking

/// `nabla healthcheck`: status 0 if the service answers, for a container's HEALTHCHECK.
struct Healthcheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "End with status 0 if a running service answers, else with 1."
    )

    @Argument(help: "What is asked; by default /healthz at 127.0.0.1 and the port in NABLA_PORT.")
    var url: String?

    func run() async throws {
        let port = ProcessInfo.processInfo.environment["NABLA_PORT"] ?? "8080"
        let text = url ?? "http://127.0.0.1:\(port)/healthz"
        guard let target = URL(string: text) else { throw ValidationError("\(text) is not a URL") }
        var request = URLRequest(url: target)
        request.timeoutInterval = 3
        do {
            let (_, response) = try await URLSession.shared.data(for: request)
            guard let status = (response as? HTTPURLResponse)?.statusCode, status == 200 else {
                throw CommandFailure(message: "\(text) answered with another status than 200")
            }
        } catch let error as URLError {
            throw CommandFailure(message: "\(text) does not answer: \(error.localizedDescription)")
        }
    }
}
