package import HTTPServer

/// The service behind the server: routes requests to endpoints.
package final class API: Responder {
    private let service: Service
    private let router: Router
    /// Who may use an endpoint, by its path and method.
    private let accesses: [String: [Method: Access]]

    /// Makes the API of a service.
    ///
    /// - Parameter service: What the endpoints work with.
    package init(_ service: Service) {
        self.service = service
        let pages = service.pages.routes
        // A page is open, and so is what it is made of.
        let all = endpoints.map { ($0.path, $0.method, $0.access) } + pages.map { ($0.template, $0.method, .open) }
        accesses = Dictionary(grouping: all, by: \.0).mapValues { entries in
            Dictionary(entries.map { ($0.1, $0.2) }) { first, _ in first }
        }
        router = Router(
            endpoints.map { endpoint in
                let takesPretty = endpoint.parameters.contains(Parameters.pretty)
                return Route(
                    endpoint.method,
                    endpoint.path,
                    mediaTypes: endpoint.body?.mediaTypes ?? [],
                    // The other protocols have their own rules for what a client takes.
                    answers: Mount(endpoint.path.utf8) != nil
                        ? [] : [endpoint.success.mediaType] + endpoint.otherForms.map(\.rawValue)
                ) { request, parameters in
                    if takesPretty && request.head.pretty == nil {
                        return .ready(service.response(.badPretty, for: request.head))
                    }
                    return endpoint.respond(service, request, parameters)
                }
            } + pages
        )
    }

    package func refuse(_ head: RequestHead) -> Response? {
        // A preflight request of a page elsewhere has no key.
        if head.method != .options, service.accessControl.asksForKeys {
            let access = router.route(of: head).flatMap { accesses[$0.template]?[$0.method] } ?? .anyKey
            if let rejection = service.accessControl.rejection(of: head, for: access) {
                return service.response(rejection, for: head)
            }
        }
        return router.refusal(of: head).map { response(to: $0, head: head, id: head.id) }
    }

    package func response(to refusal: Refusal, head: RequestHead?, id: String) -> Response {
        var response: Response
        if let head, let mount = Mount(head.rawPath) {
            response = mount.response(Rejection(refusal.status, refusal.detail, fields: refusal.fields))
        } else {
            let problem = Problem(refusal, instance: id).json
            response = Response(refusal.status, Problem.mediaType, problem, fields: refusal.fields)
        }
        response.bound = refusal.bound
        return response
    }

    package func forQueue() -> API { API(service) }

    package func respond(to request: Request) -> Reply { router.respond(to: request) }

    package func template(of head: RequestHead) -> String? { router.template(of: head) }

    package func match(_ head: RequestHead) -> RouteMatch? { router.match(head) }
}

extension Rejection {
    /// A query that says of `pretty` what it can't say.
    fileprivate static var badPretty: Rejection {
        let values = Parameters.Pretty.allCases.map(\.rawValue).joined(separator: ", ")
        return Rejection(400, "the query's pretty must be one of \(values)")
    }
}
