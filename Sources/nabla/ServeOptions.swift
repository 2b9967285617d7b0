import ArgumentParser
import GradientService
import HTTPServer
import Logging

/// The settings of `nabla serve`.
struct ServeOptions: ParsableArguments {
    @Option(help: "The name or address to listen at, IPv4 or IPv6; 0.0.0.0 or :: for all.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes a free one.")
    var port: UInt16 = 8080

    @Option(help: "The certificate (PEM), followed by those that lead to its root; the port then speaks TLS alone.")
    var tlsCert: String?

    @Option(help: "The certificate's private key (PEM, without a passphrase). SIGHUP reads both files again.")
    var tlsKey: String?

    @Option(help: "The certificates (PEM) that sign clients' certificates.")
    var tlsClientCa: String?

    @Option(help: "Whether clients must have a certificate: required or optional.")
    var tlsClientCert = ClientCertificate.required

    @Option(help: "How much is logged.")
    var logLevel = Verbosity.info

    // MARK: Bounds of a request

    @Option(help: "The most bytes of a request line; past it 414.")
    var maxRequestLine = Size(8 << 10)

    @Option(help: "The most bytes of a request's head; past it 431.")
    var maxHead = Size(32 << 10)

    @Option(help: "The most fields of a request's head; past it 431.")
    var maxFields = Count(100)

    @Option(help: "The most bytes of one field; past it 431.")
    var maxField = Size(16 << 10)

    @Option(help: "The most bytes of a body, inflated as well; past it 413.")
    var maxBody = Size(64 << 20)

    @Option(help: "How deep JSON may be nested.")
    var maxDepth = Count(64)

    @Option(help: "The most dimensions of a tensor.")
    var maxRank = Count(16)

    @Option(help: "The most layers of a network.")
    var maxLayers = Count(10_000)

    @Option(help: "The most elements of a tensor.")
    var maxElements = Count(1 << 26)

    @Option(help: "Whether answers are compressed for clients that ask: auto (from 1 KiB to 1 MiB), always or never.")
    var compress = Compression.auto
    @Option(
        help:
            "The most bytes of bodies, computations and answers in flight; past it 503, and 422 for one that needs half."
    )
    var maxMemory = Size(MachineMemory.standardBudget)

    // MARK: Deadlines

    @Option(help: "Seconds for a whole head, from accept or from a kept connection's next first byte; past it 408.")
    var headerTimeout = Seconds(10)

    @Option(help: "Seconds for a whole body, and 1 more for each 64 KiB received; past it 408.")
    var bodyTimeout = Seconds(30)

    @Option(help: "Seconds that a kept connection may wait for its next request.")
    var idleTimeout = Seconds(75)

    @Option(help: "Seconds without progress while an answer is sent; past it the connection is reset.")
    var writeTimeout = Seconds(10)

    @Option(help: "Seconds that computing an answer may take; past it 503.")
    var computeTimeout = Seconds(30)

    // MARK: Load

    @Option(help: "The most open connections; past it 503 and close.")
    var maxConnections = Count(4_096)

    @Option(help: "The most requests that wait to be computed; past it 503 with Retry-After.")
    var queue = Count(256)

    @Option(help: "Seconds that requests in flight have to finish after SIGTERM.")
    var drainTimeout = Seconds(25)

    @Option(help: "Seconds after SIGTERM in which connections are still accepted, for load balancers to notice.")
    var drainDelay = Seconds(0)

    /// The options' names.
    static let names = [
        "host", "port", "tls-cert", "tls-key", "tls-client-ca", "tls-client-cert", "log-level",
        "max-request-line", "max-head", "max-fields", "max-field", "max-body",
        "compress",
        "max-depth", "max-rank", "max-layers", "max-elements", "max-memory",
        "header-timeout", "body-timeout", "idle-timeout", "write-timeout", "compute-timeout",
        "max-connections", "queue", "drain-timeout", "drain-delay",
    ]

    /// The bounds of a request's content.
    var requestLimits: RequestLimits {
        var limits = RequestLimits()
        limits.depth = maxDepth.value
        limits.rank = maxRank.value
        limits.layers = maxLayers.value
        limits.elements = maxElements.value
        limits.memory = maxMemory.bytes / 2
        return limits
    }

    func validate() throws {
        if (tlsCert == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-cert and --tls-key are given together or not at all")
        }
        if tlsClientCa != nil, tlsCert == nil { throw ValidationError("--tls-client-ca goes with --tls-cert") }
    }

    /// The files of TLS, nil where none are named.
    private var tls: TLSSettings? {
        guard let tlsCert, let tlsKey else { return nil }
        var settings = TLSSettings(certificate: tlsCert, key: tlsKey)
        settings.clientAuthority = tlsClientCa
        settings.requiresClientCertificate = tlsClientCert == .required
        return settings
    }

    /// The server's settings.
    var configuration: Configuration {
        var configuration = Configuration()
        configuration.host = host
        configuration.port = port
        configuration.tls = tls
        configuration.compression = compress
        configuration.limits.requestLine = maxRequestLine.bytes
        configuration.limits.head = maxHead.bytes
        configuration.limits.fields = maxFields.value
        configuration.limits.field = maxField.bytes
        configuration.limits.body = maxBody.bytes
        configuration.limits.headerTimeout = headerTimeout.duration
        configuration.limits.bodyTimeout = bodyTimeout.duration
        configuration.limits.idleTimeout = idleTimeout.duration
        configuration.limits.writeTimeout = writeTimeout.duration
        configuration.limits.computeTimeout = computeTimeout.duration
        configuration.limits.connections = maxConnections.value
        configuration.limits.queue = queue.value
        configuration.limits.drainTimeout = drainTimeout.duration
        configuration.limits.drainDelay = drainDelay.duration
        return configuration
    }
}

/// Whether clients must have a certificate.
enum ClientCertificate: String, CaseIterable, ExpressibleByArgument {
    case required, optional
}

/// How much is logged.
enum Verbosity: String, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    /// The same as a logger has it.
    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

extension Compression: ExpressibleByArgument {}

extension TLSFault.File {
    /// The option that names the file.
    var option: String {
        switch self {
        case .certificate: "--tls-cert"
        case .key: "--tls-key"
        case .clientAuthority: "--tls-client-ca"
        }
    }
}
