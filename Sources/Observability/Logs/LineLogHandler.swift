package import Logging

/// How log lines are written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case json
    /// For reading: time, level, message, then `name=value`.
    case text
}

/// Writes each event as one line into a sink.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let format: LogFormat
    private let sink: LogSink

    /// Makes a handler.
    package init(_ format: LogFormat, _ sink: LogSink) {
        self.format = format
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        var line = LogLine(format, .now(), event.level, "\(event.message)")
        line.members(all)
        line.end()
        sink.write(line.bytes, isUrgent: event.level >= .warning)
    }
}

/// Writes events whose members are known beforehand, at a fraction of what a logger does for events of any kind.
package struct EventLog: Sendable {
    private let format: LogFormat
    private let sink: LogSink

    /// Makes a log.
    package init(_ format: LogFormat, _ sink: LogSink) {
        self.format = format
        self.sink = sink
    }

    /// Writes an event with the members that `add` gives it.
    package func write(_ level: Logger.Level, _ message: String, _ add: (inout LogLine) -> Void) {
        var line = LogLine(format, .now(), level, message)
        add(&line)
        line.end()
        sink.write(line.bytes)
    }
}
