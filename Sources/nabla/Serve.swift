import ArgumentParser
import CoreMetrics
import Foundation
import GradientService
import HTTPServer
import Instrumentation
import Logging
import Observability

/// `nabla serve`: the HTTP server, until a signal ends it.
struct Serve: AsyncParsableCommand {
    static let name = "serve"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Serve the API over HTTP.",
        discussion: """
            Every option can be set in the environment as well: NABLA_MAX_BODY stands for --max-body. SIGTERM and SIGINT \
            let what is in flight finish; a second signal ends at once. SIGHUP reads certificate, key and keys again.
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        // Lines go to standard output; what is said before the first of them, and why serving fails, to standard error.
        let sink = LogSink(descriptor: STDOUT_FILENO)
        // Whoever reads the log may go away; the lines are then counted as lost.
        signal(SIGPIPE, SIG_IGN)
        defer { sink.flush(within: 1) }
        let logger = makeLogger(sink)
        let metrics = MetricRegistry(Metrics.definitions)
        MetricsSystem.bootstrap(metrics)
        InstrumentationSystem.bootstrap(TraceContextPropagator())
        let accessControl = try options.accessControl()
        let library: ModelLibrary
        do throws(StoreError) {
            library = ModelLibrary(
                try ModelLocation(options.models).open(mostBytes: options.maxModelStore.bytes),
                limits: options.requestLimits,
                cacheBytes: options.modelCache.bytes,
                logger: logger
            )
        } catch {
            throw ValidationError("--models can't be opened: \(error.reason)")
        }
        // One budget for what the server holds and for what the service computes.
        let memory = MemoryBudget(limit: options.maxMemory.bytes)
        let service: Service
        do {
            service = try Service(
                limits: options.requestLimits,
                models: library,
                accessControl: accessControl,
                memory: memory,
                cores: options.configuration.workers,
                resources: .ofThisProgram,
                metrics: metrics,
                logger: logger
            )
        } catch {
            throw CommandFailure(
                message: "the files shipped with nabla are not beside it: \(error.localizedDescription)"
            )
        }
        var configuration = options.configuration
        configuration.memory = memory
        var accessLog: AccessLog?
        if options.accessLog.value > 0 {
            let log = EventLog(options.logFormat, sink)
            accessLog = AccessLog(log, level: logger.logLevel, share: options.accessLog.value)
        }
        let server = Server(
            configuration,
            responder: Traced(API(service)),
            observer: HTTPMetrics(metrics, scheme: options.tlsCert == nil ? "http" : "https", accessLog: accessLog),
            logger: logger
        )
        service.followReadiness { server.isReady }
        Metrics.follow(server, in: metrics)
        Metrics.follow(memory, in: metrics)
        Metrics.follow(sink, in: metrics)
        Metrics.stateBuild(commit: ProcessInfo.processInfo.environment["NABLA_COMMIT"], in: metrics)
        ProcessFigures.follow(in: metrics)

        do throws(ServerError) {
            let scheme = options.tlsCert == nil ? "http" : "https"
            complain("listening on \(scheme)://\(try server.start())")
        } catch .tls(let fault) {
            throw ValidationError("\(fault.file.option) \(fault)")
        } catch {
            throw CommandFailure(message: "nabla can't listen: \(error)")
        }
        if options.tlsCert != nil { server.reloadOnHangUp() }
        let reload = options.keys.map { KeyReload($0, accessControl, logger) }
        defer { withExtendedLifetime(reload) {} }
        if options.keys == nil && !options.isLoopback {
            logger.warning("everyone who can reach this address may use it; --keys FILE asks for keys")
        }
        let report = await server.drainOnSignal()
        if report.aborted > 0 { logger.warning("cut off", metadata: ["requests": "\(report.aborted)"]) }
    }

    private func makeLogger(_ sink: LogSink) -> Logger {
        let format = options.logFormat
        LoggingSystem.bootstrap { _ in LineLogHandler(format, sink) }
        var logger = Logger(label: "nabla")
        logger.logLevel = options.logLevel.level
        return logger
    }
}
