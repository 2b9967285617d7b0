package import Instrumentation
import ServiceContextModule

/// Where a request stands in a trace (W3C Trace Context, section 3).
package struct TraceContext: Sendable, Equatable {
    /// The trace: 32 hexadecimal digits.
    package let traceID: String
    /// The caller's span: 16 hexadecimal digits.
    package let parentID: String
    /// Whether the caller records the trace, and what else its flags say: two hexadecimal digits.
    package let flags: String
    /// What vendors keep beside it, passed on as it is.
    package var state: String?
    /// The span of this process, which is the parent of what it calls: 16 hexadecimal digits.
    package let spanID: String

    /// Reads `traceparent`; `nil` if it is not valid, which counts as none.
    ///
    /// - Parameters:
    ///   - traceparent: The field's value.
    ///   - state: The value of `tracestate`.
    ///   - seed: What tells the spans of one trace apart; the same gives the same span.
    package init?(traceparent: String, state: String? = nil, seed: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] != "ff", parts[0] != "00" || parts.count == 4 else { return nil }
        for (part, length) in zip(parts, [2, 32, 16, 2]) {
            guard part.utf8.count == length, part.utf8.allSatisfy(isLowercaseHexadecimal) else { return nil }
        }
        let isZero = { (part: Substring) in part.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }
        guard !isZero(parts[1]), !isZero(parts[2]) else { return nil }
        (traceID, parentID, flags) = (String(parts[1]), String(parts[2]), String(parts[3]))
        self.state = state
        spanID = Self.span(of: seed, below: parentID)
    }

    /// `traceparent` for what this process calls.
    package var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    /// FNV-1a: a span's id has to differ from others of its trace, and need not be secret.
    private static func span(of seed: String, below parent: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in parent.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for byte in seed.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash | 1, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

private func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}

private enum TraceContextKey: ServiceContextKey {
    typealias Value = TraceContext
    static let nameOverride: String? = "trace-context"
}

extension ServiceContext {
    /// Where the work in hand stands in a trace.
    package var traceContext: TraceContext? {
        get { self[TraceContextKey.self] }
        set { self[TraceContextKey.self] = newValue }
    }
}

/// Takes the trace from what comes in and gives it to what goes out, for every library that uses
/// swift-distributed-tracing; spans are not recorded.
package struct TraceContextPropagator: Instrument {
    /// Makes a propagator.
    package init() {}

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier) else { return }
        context.traceContext = TraceContext(
            traceparent: parent,
            state: extractor.extract(key: "tracestate", from: carrier),
            seed: extractor.extract(key: "x-request-id", from: carrier) ?? ""
        )
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.traceContext else { return }
        injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
        if let state = trace.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }
}
