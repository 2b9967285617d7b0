/// Every bound that the server keeps, each an option of the command; sizes are in bytes.
package struct Limits: Sendable {
    /// The request line without its CRLF; past it 414.
    package var requestLine = 8 << 10
    /// The whole head with all its line ends; past it 431.
    package var head = 32 << 10
    /// Field lines in a head, and in trailers; past it 431.
    package var fields = 100
    /// One field line without its CRLF; past it 431.
    package var field = 16 << 10
    /// A body, and its inflated form; past it 413, before it is read where Content-Length says so.
    package var body = 64 << 20
    /// How many times its size a body may inflate to, once it is more than the allowance; past it 413.
    package var inflationRatio = 200
    package var inflationAllowance = 1 << 20
    /// Members of a gzip body; past it 413.
    package var gzipMembers = 64
    /// The trailer section with all its line ends; past it 431.
    package var trailers = 8 << 10
    /// Chunk extensions, of one chunk and of a whole body; past it 413.
    package var chunkExtension = 256
    package var chunkExtensions = 4 << 10
    /// Empty lines before a request line (RFC 9112 §2.2); past it 400.
    package var leadingEmptyLines = 8
    /// What is left of a refused request's body is skipped up to this; past it the connection is closed.
    package var skippedBody = 256 << 10
    /// What is read and dropped, and for how long, before a connection with an error is closed.
    package var linger = 64 << 10
    package var lingerTimeout: Duration = .seconds(1)

    /// The whole head, from accept or from a kept connection's next first byte; past it 408.
    package var headerTimeout: Duration = .seconds(10)
    /// The whole body, and 1 s more for each 64 KiB received; past it 408.
    package var bodyTimeout: Duration = .seconds(30)
    /// After `bodyRateGrace` a body must have come at this many bytes a second on average; else 408.
    package var bodyRate = 1 << 10
    package var bodyRateGrace: Duration = .seconds(5)
    /// A kept connection without a request.
    package var idleTimeout: Duration = .seconds(75)
    /// A response of which the client takes nothing; past it the connection is reset.
    package var writeTimeout: Duration = .seconds(10)
    /// Requests on one connection; the last answer says `Connection: close`.
    package var requestsPerConnection = 10_000

    /// Open connections; past it 503 and close.
    package var connections = 4096
    /// Work that waits for a thread; past it 503 with `Retry-After`.
    package var queue = 256
    /// One request's work, waiting included; past it 503.
    package var computeTimeout: Duration = .seconds(30)
    /// How long work goes on after the client's FIN, which may be a half-close, before it is cancelled.
    package var halfCloseGrace: Duration = .milliseconds(50)

    /// What is in flight when the server stops has this long to finish.
    package var drainTimeout: Duration = .seconds(25)
    /// How long the server goes on accepting after readiness fails, so that load balancers notice first.
    package var drainDelay: Duration = .zero

    package init() {}
}

/// The limits by reference, so that each of thousands of connections holds a word of them and not a copy.
package final class SharedLimits: Sendable {
    let values: Limits
    /// The deadlines that every request sets, in nanoseconds: arithmetic on `Duration` has 128 bits.
    let headerNanoseconds: Int64
    let idleNanoseconds: Int64

    package init(_ values: Limits) {
        self.values = values
        headerNanoseconds = values.headerTimeout.wholeNanoseconds
        idleNanoseconds = values.idleTimeout.wholeNanoseconds
    }
}
