import HTTPServer

extension Endpoint {
    /// `GET /`.
    static let playground = page(
        "/",
        operationID: "getPlayground",
        summary: "The playground: edit a network and see values flow forward and gradients back."
    ) { .ready($0.pages.playground.response(to: $1.head, policy: .strict)) }

    /// `GET /docs`.
    static let reference = page(
        "/docs",
        operationID: "getReference",
        summary: "The reference: every operation, layer and loss."
    ) { $0.referencePage(for: $1) }

    /// A page that is read in a browser.
    private static func page(
        _ path: String,
        operationID: String,
        summary: String,
        reply: @escaping @Sendable (Service, Request) -> Reply
    ) -> Endpoint {
        Endpoint(
            method: .get,
            path: path,
            operationID: operationID,
            tag: .pages,
            summary: summary,
            success: .init(description: "The page.", mediaType: "text/html", schema: ["type": "string"]),
            access: .open,
            respond: { service, request, _ in reply(service, request) }
        )
    }
}
