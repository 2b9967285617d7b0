/// One method on one path.
package struct Route: Sendable {
    package var method: Method
    /// A path whose segments are literal or a parameter in braces: `/v1/models/{name}`.
    package var template: String
    /// The media types that a body may have, empty for any; a body without a type is always taken.
    package var mediaTypes: [String]
    /// The media types that the answer may have, empty for any; a client that takes none of them gets 406.
    package var answers: [String]
    package var handler: @Sendable (Request, PathParameters) -> Reply

    package init(
        _ method: Method,
        _ template: String,
        mediaTypes: [String] = [],
        answers: [String] = [],
        handler: @escaping @Sendable (Request, PathParameters) -> Reply
    ) {
        self.method = method
        self.template = template
        self.mediaTypes = mediaTypes
        self.answers = answers
        self.handler = handler
    }
}

/// The segments of a path that matched a template's parameters, their escapes decoded.
package struct PathParameters: Sendable {
    private var values: [(name: String, bytes: [UInt8])] = []

    package init() {}

    package init(_ values: [(name: String, bytes: [UInt8])]) { self.values = values }

    /// A parameter as text; bytes that are not UTF-8 become replacement characters.
    package subscript(name: String) -> String? {
        values.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// A parameter's bytes.
    package func bytes(_ name: String) -> [UInt8]? { values.first { $0.name == name }?.bytes }
}

/// What has the path of a request: its routes, and what the path says of the template's parameters.
package struct RouteMatch: Sendable {
    fileprivate let resource: Router.Resource
    fileprivate let parameters: PathParameters
}

/// Finds a request's route: 404, 405 with `Allow`, HEAD served from GET, OPTIONS with `Allow`, 406, 415.
///
/// A responder that wants its own form for what is refused asks `refusal(of:)` and words the response itself.
package struct Router: Responder {
    fileprivate final class Resource: Sendable {
        let template: String
        let segments: [Segment]
        let routes: [Route]
        /// For OPTIONS and 405.
        let allowed: [Method]

        init(_ template: String, _ routes: [Route]) {
            (self.template, self.routes) = (template, routes)
            (segments, allowed) = (Router.segments(of: template), Router.allowed(by: routes))
        }
    }

    fileprivate enum Segment: Sendable {
        case literal([UInt8])
        case parameter(String)
    }

    /// Resources whose paths have no parameter, by their path.
    private let literals: [ArraySlice<UInt8>: Resource]
    private let templates: [Resource]
    private let methods: [Method]

    /// Two routes with the same method and template are a defect; a literal path wins over a template, and of templates
    /// the first.
    package init(_ routes: [Route]) {
        methods = Router.allowed(by: routes)
        var literals: [ArraySlice<UInt8>: Resource] = [:]
        var templates: [(first: Int, resource: Resource)] = []
        for (template, entries) in Dictionary(grouping: routes.enumerated(), by: \.element.template) {
            let routes = entries.map(\.element)
            precondition(Set(routes.map(\.method)).count == routes.count, "\(template) has a method twice")
            let resource = Resource(template, routes)
            if resource.segments.allSatisfy({ if case .literal = $0 { true } else { false } }) {
                literals[ArraySlice(template.utf8)] = resource
            } else {
                templates.append((entries[0].offset, resource))
            }
        }
        self.literals = literals
        self.templates = templates.sorted { $0.first < $1.first }.map(\.resource)
    }

    package func refuse(_ head: RequestHead) -> Response? {
        refusal(of: head).map { response(to: $0, head: head, id: head.id) }
    }

    /// The route of a request's path and method, if there is one.
    package func route(of head: RequestHead) -> Route? {
        find(head).flatMap { route(for: head.method, in: $0.resource) }
    }

    /// Why no route takes this request, or nil; 404, 405 with `Allow`, 406, 415.
    package func refusal(of head: RequestHead) -> Refusal? {
        if head.method == .options { return isServerWide(head) || find(head) != nil ? nil : notFound(head) }
        guard let resource = find(head)?.resource else { return notFound(head) }
        guard let route = route(for: head.method, in: resource) else {
            // RFC 9110 §15.5.6: 405 carries Allow. A method that no resource knows could be 501 (§9.1), which says less.
            let allow = allow(resource.allowed)
            return Refusal(405, "\(head.path.prefix(128)) allows \(allow)", fields: ["Allow": allow])
        }
        return unsupportedMediaType(head, route) ?? notAcceptable(head, route)
    }

    /// The answer of the request's route; of a request that `refusal(of:)` would refuse, that refusal.
    package func respond(to request: Request) -> Reply {
        let head = request.head
        if head.method != .options, let match = find(head),
            let route = route(for: head.method, in: match.resource), unsupportedMediaType(head, route) == nil,
            notAcceptable(head, route) == nil
        {
            return route.handler(request, match.parameters)
        }
        if let refusal = refusal(of: head) { return .ready(response(to: refusal, head: head, id: request.id)) }
        return .ready(options(find(head)?.resource.allowed ?? methods))
    }

    package func template(of head: RequestHead) -> String? { find(head)?.resource.template }

    private func isServerWide(_ head: RequestHead) -> Bool { head.rawPath.elementsEqual("*".utf8) }

    private func notFound(_ head: RequestHead) -> Refusal {
        Refusal(404, "there is nothing at \(head.path.prefix(128))")
    }

    private func options(_ methods: [Method]) -> Response { Response(204, fields: ["Allow": allow(methods)]) }

    private func allow(_ methods: [Method]) -> String { methods.map(\.name).joined(separator: ", ") }

    /// The route of a method; HEAD is GET without the content (RFC 9110 §9.3.2), which the server leaves out.
    private func route(for method: Method, in resource: Resource) -> Route? {
        resource.routes.first { $0.method == method }
            ?? (method == .head ? resource.routes.first { $0.method == .get } : nil)
    }

    private func unsupportedMediaType(_ head: RequestHead, _ route: Route) -> Refusal? {
        guard head.framing != .none, !route.mediaTypes.isEmpty, let value = head.fields["Content-Type"] else {
            return nil
        }
        // RFC 9110 §8.3.1: type and subtype in any case, parameters after a semicolon.
        let essence = value.utf8.prefix { $0 != UInt8(ascii: ";") }.trimmed
        if route.mediaTypes.contains(where: { essence.equalsIgnoringCase($0) }) { return nil }
        let wanted = route.mediaTypes.joined(separator: " or ")
        // What curl sends unless it is told otherwise is a form, by far the most common mistake.
        let hint = route.mediaTypes.contains("application/json") ? "; curl --json sets it" : ""
        return Refusal(415, "the body must be \(wanted); Content-Type is \(value.prefix(128))\(hint)")
    }
}

extension Router {
    private func notAcceptable(_ head: RequestHead, _ route: Route) -> Refusal? {
        guard !route.answers.isEmpty, head.fields.contains("Accept"), Accept(head).choose(among: route.answers) == nil
        else { return nil }
        let forms = route.answers.joined(separator: " or ")
        return Refusal(406, "the answer is \(forms); Accept is \((head.fields["Accept"] ?? "").prefix(128))")
    }
}

// MARK: - Paths

extension Router {
    private static func allowed(by routes: [Route]) -> [Method] {
        var methods = Set(routes.map(\.method))
        if methods.contains(.get) { methods.insert(.head) }
        methods.insert(.options)
        return methods.sorted { $0.name < $1.name }
    }

    private static func segments(of template: String) -> [Segment] {
        precondition(template.utf8.first == UInt8(ascii: "/"), "a template begins with a slash")
        return template.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
            $0.first == UInt8(ascii: "{") && $0.last == UInt8(ascii: "}")
                ? .parameter(String(decoding: $0.dropFirst().dropLast(), as: UTF8.self)) : .literal(Array($0))
        }
    }

    package func match(_ head: RequestHead) -> RouteMatch? {
        let path = head.rawPath
        if !path.contains(UInt8(ascii: "%")) {
            if let resource = literals[path] { return RouteMatch(resource: resource, parameters: PathParameters()) }
            if templates.isEmpty { return nil }
        }
        guard path.first == UInt8(ascii: "/") else { return nil }
        // RFC 3986 §2.2: segments are split before their escapes are decoded, once, so %2F is data and %2568 is %68.
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(percentDecoded)
        if let resource = literals.values.first(where: { match($0.segments, segments) != nil }) {
            return RouteMatch(resource: resource, parameters: PathParameters())
        }
        for resource in templates {
            if let parameters = match(resource.segments, segments) {
                return RouteMatch(resource: resource, parameters: parameters)
            }
        }
        return nil
    }

    /// What has the path of a head, by the match that it brings if it has been looked for.
    private func find(_ head: RequestHead) -> RouteMatch? { head.match ?? match(head) }

    private func match(_ template: [Segment], _ segments: [[UInt8]]) -> PathParameters? {
        guard template.count == segments.count else { return nil }
        var values: [(name: String, bytes: [UInt8])] = []
        for (part, bytes) in zip(template, segments) {
            switch part {
            case .literal(let literal): if literal != bytes { return nil }
            case .parameter(let name):
                if bytes.isEmpty { return nil }
                values.append((name, bytes))
            }
        }
        return PathParameters(values)
    }
}

/// The bytes that a segment stands for; the parser has checked that every escape is whole.
private func percentDecoded(_ segment: ArraySlice<UInt8>) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(segment.count)
    var rest = segment
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2, let high = rest[rest.startIndex].hexadecimalValue,
            let low = rest[rest.startIndex + 1].hexadecimalValue
        {
            decoded.append(high << 4 | low)
            rest = rest.dropFirst(2)
        } else {
            decoded.append(byte)
        }
    }
    return decoded
}
