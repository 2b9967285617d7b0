/// The application behind the server: what it answers, and the form of what the server refuses by itself.
///
/// A class, since a server asks it several times for each request: whatever else it were would be copied each time.
package protocol Responder: AnyObject, Sendable {
    /// Finds what has the path of a head; asked once, before all else, and kept with the head.
    func match(_ head: RequestHead) -> RouteMatch?

    /// Called once the head has been read and accepted, before any byte of the body is wanted and before
    /// `100 Continue`; a response refuses the request (404, 405, 415, 401 …) and its body is never read.
    func refuse(_ head: RequestHead) -> Response?

    /// Called on the connection's I/O queue when the whole request is there, its body's content coding taken off; where
    /// that was much, on the thread that did it.
    ///
    /// Must be quick, some 50 µs: every other connection of the queue waits meanwhile. Larger work goes into `.work`.
    func respond(to request: Request) -> Reply

    /// The response for what the server itself refuses; `head` is nil where no head could be read, and `id` is the
    /// request's id.
    func response(to refusal: Refusal, head: RequestHead?, id: String) -> Response

    /// The template of the route that has this path, for metrics, whose labels must be few; nil where none has.
    func template(of head: RequestHead) -> String?

    /// The responder that one I/O queue is to ask: one that answers the same, and may be its own, so that the processors
    /// do not count references to the same objects for each request.
    func forQueue() -> Self
}

extension Responder {
    package func match(_ head: RequestHead) -> RouteMatch? { nil }

    package func refuse(_ head: RequestHead) -> Response? { nil }

    package func response(to refusal: Refusal, head: RequestHead?, id: String) -> Response {
        Response(refusal.status, Problem.mediaType, Problem(refusal, instance: id).json, fields: refusal.fields)
    }

    package func template(of head: RequestHead) -> String? { nil }

    package func forQueue() -> Self { self }
}

/// What a responder gives for a request.
package enum Reply: Sendable {
    case ready(Response)
    /// Run on the worker pool, and not at all where its queue is full (503); the closure polls the cancellation, and
    /// what it returns after one is sent only if somebody is still there to read it.
    case work(@Sendable (Cancellation) -> Response)
}
