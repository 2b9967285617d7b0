package import HTTPServer
import Instrumentation
import Observability
import ServiceContextModule

/// Continues the trace that a request belongs to: what answers it runs in that context, and the answer names the span.
///
/// A request without a trace passes through untouched.
package final class Traced<Base: Responder>: Responder {
    private let base: Base

    /// Has what `base` answers traced.
    package init(_ base: Base) { self.base = base }

    package func refuse(_ head: RequestHead) -> Response? {
        guard let response = base.refuse(head) else { return nil }
        guard let context = context(of: head) else { return response }
        return named(response, context)
    }

    package func respond(to request: Request) -> Reply {
        guard let context = context(of: request.head) else { return base.respond(to: request) }
        switch ServiceContext.withValue(context, operation: { base.respond(to: request) }) {
        case .ready(let response): return .ready(named(response, context))
        case .work(let work):
            return .work { [self] cancellation in
                named(ServiceContext.withValue(context) { work(cancellation) }, context)
            }
        }
    }

    package func response(to refusal: Refusal, head: RequestHead?, id: String) -> Response {
        let response = base.response(to: refusal, head: head, id: id)
        guard let head, let context = context(of: head) else { return response }
        return named(response, context)
    }

    package func template(of head: RequestHead) -> String? { base.template(of: head) }

    package func match(_ head: RequestHead) -> RouteMatch? { base.match(head) }

    package func forQueue() -> Traced { Traced(base.forQueue()) }

    private func context(of head: RequestHead) -> ServiceContext? {
        guard head.has("traceparent") else { return nil }
        var context = ServiceContext.topLevel
        InstrumentationSystem.instrument.extract(head, into: &context, using: HeadExtractor())
        return context.isEmpty ? nil : context
    }

    private func named(_ response: Response, _ context: ServiceContext) -> Response {
        var response = response
        InstrumentationSystem.instrument.inject(context, into: &response.fields, using: FieldsInjector())
        return response
    }
}

extension TraceContext {
    /// The trace that a request belongs to, if it names one.
    init?(of head: RequestHead) {
        guard let parent = head.fields["traceparent"] else { return nil }
        self.init(traceparent: parent, state: nil, seed: head.id)
    }
}

private struct HeadExtractor: Extractor {
    func extract(key: String, from head: RequestHead) -> String? {
        key == "x-request-id" ? head.id : head.fields[key]
    }
}

private struct FieldsInjector: Injector {
    func inject(_ value: String, forKey key: String, into fields: inout Fields) { fields[key] = value }
}
