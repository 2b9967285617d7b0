import Instrumentation
import Observability
import ServiceContextModule
import Testing

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test func `a valid field is continued below the caller's span`() throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-00f067aa0ba902b7-01", seed: "a"))
        #expect(context.traceID == Self.trace && context.parentID == "00f067aa0ba902b7" && context.flags == "01")
        #expect(context.spanID != context.parentID)
        let next = try #require(TraceContext(traceparent: context.traceparent, seed: "b"))
        #expect(next.traceID == Self.trace && next.parentID == context.spanID && next.spanID != context.spanID)
        // W3C Trace Context, section 3.2.2.1: what a later version adds is ignored.
        #expect(TraceContext(traceparent: "01-\(Self.trace)-00f067aa0ba902b7-01-more", seed: "a") != nil)
    }

    @Test(
        arguments: [
            "", "00", "00-\(trace)-00f067aa0ba902b7", "00-\(trace)-00f067aa0ba902b7-01-more",
            "ff-\(trace)-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-\(trace)-0000000000000000-01", "00-\(trace.uppercased())-00f067aa0ba902b7-01",
            "00-\(trace)-00f067aa0ba902b-01", "00-\(trace)-00f067aa0ba902bg-01",
            "00-\(trace)-00f067aa0ba902b7-01, 00-\(trace)-00f067aa0ba902b7-01",
        ]
    )
    func `what is not valid counts as none`(_ field: String) {
        #expect(TraceContext(traceparent: field, seed: "a") == nil)
    }

    @Test func `it goes from what comes in to what goes out`() {
        let incoming = ["traceparent": "00-\(Self.trace)-00f067aa0ba902b7-01", "tracestate": "vendor=1"]
        var context = ServiceContext.topLevel
        TraceContextPropagator().extract(incoming, into: &context, using: Carrier())
        var outgoing: [String: String] = [:]
        TraceContextPropagator().inject(context, into: &outgoing, using: Carrier())
        #expect(outgoing["traceparent"] == context.traceContext?.traceparent && outgoing["tracestate"] == "vendor=1")
        var nothing: [String: String] = [:]
        TraceContextPropagator().inject(.topLevel, into: &nothing, using: Carrier())
        #expect(nothing.isEmpty)
    }

    private struct Carrier: Extractor, Injector {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }
}
