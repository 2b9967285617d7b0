import HTTPServer

extension Endpoint {
    /// `GET /`.
    static let playground = page(
        "/",
        operationID: "getPlayground",
        summary: "The playground: edit a network and see values flow forward and gradients back."
    ) { $0.pages.playground.response(to: $1, policy: .strict) }

    /// A page that is read in a browser.
    private static func page(
        _ path: String,
        operationID: String,
        summary: String,
        response: @escaping @Sendable (Service, RequestHead) -> Response
    ) -> Endpoint {
        Endpoint(
            method: .get,
            path: path,
            operationID: operationID,
            tag: .pages,
            summary: summary,
            success: .init(description: "The page.", mediaType: "text/html", schema: ["type": "string"]),
            access: .open,
            respond: { service, request, _ in .ready(response(service, request.head)) }
        )
    }
}
