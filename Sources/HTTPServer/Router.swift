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
///
/// Numbers and no references: all requests of all queues match the same few routes, and to count references to them would
/// have the processors wait for each other.
package struct RouteMatch: Sendable {
    /// The number of the path's template among those of the router.
    let resource: Int
    fileprivate let parameters: PathParameters
    /// Which of the resource's routes has the request's method and takes its media types; nil where none does.
    fileprivate let taker: Int?
}

/// Finds a request's route: 404, 405 with `Allow`, HEAD served from GET, OPTIONS with `Allow`, 406, 415.
///
/// A responder that wants its own form for what is refused asks `refusal(of:)` and words the response itself.
package final class Router: Responder {
    fileprivate final class Resource: Sendable {
        let template: String
        let path: [UInt8]
        let segments: [Segment]
        let routes: [Route]
        /// For OPTIONS and 405.
        let allowed: [Method]

        init(_ template: String, _ routes: [Route]) {
            (self.template, self.routes, path) = (template, routes, Array(template.utf8))
            (segments, allowed) = (Router.segments(of: template), Router.allowed(by: routes))
        }
    }

    fileprivate enum Segment: Sendable {
        case literal([UInt8])
        case parameter(String)
    }

    /// Those whose paths have no parameter, then the others in the order of their routes.
    private let resources: [Resource]
    /// Where the others begin.
    private let firstTemplate: Int
    /// The numbers of those without parameters by the length of their paths, which tells most of them apart.
    private let literals: [[Int]]
    private let methods: [Method]

    /// Two routes with the same method and template are a defect; a literal path wins over a template, and of templates
    /// the first.
    package init(_ routes: [Route]) {
        methods = Router.allowed(by: routes)
        var (literals, templates): ([Resource], [Resource]) = ([], [])
        // In the order of the routes: a match, which is numbers, is good for every router of the same routes, such as each
        // queue has one.
        let grouped = Dictionary(grouping: routes.enumerated(), by: \.element.template)
        for entries in grouped.values.sorted(by: { $0[0].offset < $1[0].offset }) {
            let routes = entries.map(\.element)
            let template = routes[0].template
            precondition(Set(routes.map(\.method)).count == routes.count, "\(template) has a method twice")
            let resource = Resource(template, routes)
            if resource.segments.allSatisfy({ if case .literal = $0 { true } else { false } }) {
                literals.append(resource)
            } else {
                templates.append(resource)
            }
        }
        resources = literals + templates
        firstTemplate = literals.count
        var numbers = [[Int]](repeating: [], count: (literals.map(\.path.count).max() ?? 0) + 1)
        for (number, resource) in literals.enumerated() { numbers[resource.path.count].append(number) }
        self.literals = numbers
    }

    package func refuse(_ head: RequestHead) -> Response? {
        refusal(of: head).map { response(to: $0, head: head, id: head.id) }
    }

    /// The route of a request's path and method, if there is one.
    package func route(of head: RequestHead) -> Route? {
        guard let match = find(head) else { return nil }
        let resource = resources[match.resource]
        return index(for: head.method, in: resource).map { resource.routes[$0] }
    }

    /// Why no route takes this request, or nil; 404, 405 with `Allow`, 406, 415.
    package func refusal(of head: RequestHead) -> Refusal? {
        let match = find(head)
        if match?.taker != nil { return nil }
        if head.method == .options { return isServerWide(head) || match != nil ? nil : notFound(head) }
        guard let match else { return notFound(head) }
        let resource = resources[match.resource]
        guard let index = index(for: head.method, in: resource) else {
            // RFC 9110 §15.5.6: 405 carries Allow. A method that no resource knows could be 501 (§9.1), which says less.
            let allow = allow(resource.allowed)
            return Refusal(405, "\(head.path.prefix(128)) allows \(allow)", fields: ["Allow": allow])
        }
        return unsupportedMediaType(head, resource.routes[index]) ?? notAcceptable(head, resource.routes[index])
    }

    /// The answer of the request's route; of a request that `refusal(of:)` would refuse, that refusal.
    package func respond(to request: Request) -> Reply {
        let head = request.head
        if let match = find(head), let taker = match.taker {
            return resources[match.resource].routes[taker].handler(request, match.parameters)
        }
        if let refusal = refusal(of: head) { return .ready(response(to: refusal, head: head, id: request.id)) }
        return .ready(options(find(head).map { resources[$0.resource].allowed } ?? methods))
    }

    package func template(of head: RequestHead) -> String? { find(head).map { resources[$0.resource].template } }

    private func isServerWide(_ head: RequestHead) -> Bool { head.rawPath.elementsEqual("*".utf8) }

    private func notFound(_ head: RequestHead) -> Refusal {
        Refusal(404, "there is nothing at \(head.path.prefix(128))")
    }

    private func options(_ methods: [Method]) -> Response { Response(204, fields: ["Allow": allow(methods)]) }

    private func allow(_ methods: [Method]) -> String { methods.map(\.name).joined(separator: ", ") }

    /// The route of a method; HEAD is GET without the content (RFC 9110 §9.3.2), which the server leaves out.
    private func index(for method: Method, in resource: Resource) -> Int? {
        resource.routes.firstIndex { $0.method == method }
            ?? (method == .head ? resource.routes.firstIndex { $0.method == .get } : nil)
    }
}

// MARK: - Media types

extension Router {
    /// The route that takes a request: it has the method, takes the body's media type and gives one that is asked for.
    private func taker(of head: RequestHead, in resource: Resource) -> Int? {
        guard head.method != .options, let index = index(for: head.method, in: resource) else { return nil }
        return takes(head, resource.routes[index].mediaTypes) && gives(head, resource.routes[index].answers)
            ? index : nil
    }

    private func takes(_ head: RequestHead, _ mediaTypes: [String]) -> Bool {
        guard head.framing != .none, !mediaTypes.isEmpty, head.has("Content-Type") else { return true }
        // Nearly every request's has nothing but the type.
        if let value = head.fields.value("Content-Type"), mediaTypes.contains(where: value.equalsIgnoringCase) {
            return true
        }
        // RFC 9110 §8.3.1: type and subtype in any case, parameters after a semicolon.
        let essence = (head.fields["Content-Type"] ?? "").utf8.prefix { $0 != UInt8(ascii: ";") }.trimmed
        return mediaTypes.contains { essence.equalsIgnoringCase($0) }
    }

    private func gives(_ head: RequestHead, _ answers: [String]) -> Bool {
        answers.isEmpty || !head.has("Accept") || Accept(head).choose(among: answers) != nil
    }

    private func unsupportedMediaType(_ head: RequestHead, _ route: Route) -> Refusal? {
        if takes(head, route.mediaTypes) { return nil }
        let wanted = route.mediaTypes.joined(separator: " or ")
        // What curl sends unless it is told otherwise is a form, by far the most common mistake.
        let hint = route.mediaTypes.contains("application/json") ? "; curl --json sets it" : ""
        let value = head.fields["Content-Type"] ?? ""
        return Refusal(415, "the body must be \(wanted); Content-Type is \(value.prefix(128))\(hint)")
    }

    private func notAcceptable(_ head: RequestHead, _ route: Route) -> Refusal? {
        if gives(head, route.answers) { return nil }
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
            if let number = literal(path) { return match(head, number, PathParameters()) }
            if firstTemplate == resources.count { return nil }
        }
        guard path.first == UInt8(ascii: "/") else { return nil }
        // RFC 3986 §2.2: segments are split before their escapes are decoded, once, so %2F is data and %2568 is %68.
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(percentDecoded)
        for (number, resource) in resources.enumerated() {
            if let parameters = match(resource.segments, segments) { return match(head, number, parameters) }
        }
        return nil
    }

    /// The resource with exactly this path.
    private func literal(_ path: ArraySlice<UInt8>) -> Int? {
        guard path.count < literals.count else { return nil }
        return literals[path.count].first { resources[$0].path.elementsEqual(path) }
    }

    private func match(_ head: RequestHead, _ number: Int, _ parameters: PathParameters) -> RouteMatch {
        RouteMatch(resource: number, parameters: parameters, taker: taker(of: head, in: resources[number]))
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
