import ArgumentParser
import Dispatch
import Foundation
import GradientService
import HTTPServer
import Logging
import Synchronization

/// `nabla serve`: the HTTP server, until a signal ends it.
struct Serve: AsyncParsableCommand {
    static let name = "serve"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Serve the API over HTTP.",
        discussion: """
            Every option can be set in the environment as well: NABLA_MAX_BODY stands for --max-body. SIGTERM and SIGINT \
            let what is in flight finish; a second signal ends at once.
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let logger = makeLogger()
        let service: Service
        do {
            service = try Service(limits: options.requestLimits, resources: .ofThisProgram, logger: logger)
        } catch {
            throw CommandFailure(
                message: "the files shipped with nabla are not beside it: \(error.localizedDescription)"
            )
        }
        let server = Server(options.configuration, responder: API(service), logger: logger)
        service.followReadiness { server.isReady }

        let signals = StopSignals()
        do throws(ServerError) {
            complain("listening on http://\(try server.start())")
        } catch {
            throw CommandFailure(message: "nabla can't listen: \(error)")
        }

        let signal = await signals.next()
        logger.notice("draining", metadata: ["signal": "\(signal)"])
        let report = await server.drain()
        if report.aborted > 0 { logger.warning("cut off", metadata: ["requests": "\(report.aborted)"]) }
    }

    private func makeLogger() -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "nabla")
        logger.logLevel = options.logLevel.level
        return logger
    }
}

/// SIGTERM and SIGINT as events: the first is awaited, a second ends the process at once.
private struct StopSignals {
    private let stream: AsyncStream<String>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        self.stream = stream
        let received = SignalCount()
        sources = [("SIGTERM", SIGTERM), ("SIGINT", SIGINT)].map { name, number in
            // The default action would end the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                if received.isRepeated() { Foundation.exit(1) }
                continuation.yield(name)
            }
            source.activate()
            return source
        }
    }

    func next() async -> String {
        for await name in stream { return name }
        return "none"
    }
}

/// How many signals have come.
private final class SignalCount: Sendable {
    private let count = Atomic<Int>(0)

    /// Counts one more and says whether it was not the first.
    func isRepeated() -> Bool { count.add(1, ordering: .relaxed).oldValue > 0 }
}
