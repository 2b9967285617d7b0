import ArgumentParser
import Foundation
import GradientService
import HTTPServer
import Logging

/// `nabla serve`: the HTTP server, until a signal ends it.
struct Serve: AsyncParsableCommand {
    static let name = "serve"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Serve the API over HTTP.",
        discussion: """
            Every option can be set in the environment as well: NABLA_MAX_BODY stands for --max-body. SIGTERM and SIGINT \
            let what is in flight finish; a second signal ends at once. SIGHUP reads certificate and key again.
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        Allocator.keepFreedMemory()
        let logger = makeLogger()
        // One budget for what the server holds and for what the service computes.
        let memory = MemoryBudget(limit: options.maxMemory.bytes)
        let service: Service
        do {
            service = try Service(
                limits: options.requestLimits,
                memory: memory,
                resources: .ofThisProgram,
                logger: logger
            )
        } catch {
            throw CommandFailure(
                message: "the files shipped with nabla are not beside it: \(error.localizedDescription)"
            )
        }
        var configuration = options.configuration
        configuration.memory = memory
        let server = Server(configuration, responder: API(service), logger: logger)
        service.followReadiness { server.isReady }

        do throws(ServerError) {
            let scheme = options.tlsCert == nil ? "http" : "https"
            complain("listening on \(scheme)://\(try server.start())")
        } catch .tls(let fault) {
            throw ValidationError("\(fault.file.option) \(fault)")
        } catch {
            throw CommandFailure(message: "nabla can't listen: \(error)")
        }
        if options.tlsCert != nil { server.reloadOnHangUp() }
        let report = await server.drainOnSignal()
        if report.aborted > 0 { logger.warning("cut off", metadata: ["requests": "\(report.aborted)"]) }
    }

    private func makeLogger() -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "nabla")
        logger.logLevel = options.logLevel.level
        return logger
    }
}
