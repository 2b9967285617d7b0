import Backprop
package import HTTPServer
package import Logging
package import Observability
import Synchronization

/// What endpoints work with: the limits, the contract, the examples and the state of the server.
package final class Service: Sendable {
    /// The bounds of a request.
    package let limits: RequestLimits
    /// The stored models.
    package let models: ModelLibrary
    /// Who may do what.
    package let accessControl: AccessControl
    /// The contract.
    let contract: OpenAPIDocument
    /// The examples' bodies by name.
    let examples: [String: [UInt8]]
    /// The pages for people and the files that they are made of.
    let pages: Pages
    private let memory: MemoryBudget
    /// What is counted.
    package let metrics: MetricRegistry
    private let computeMetrics: ComputeMetrics
    private let logger: Logger
    private let spare: SpareCores
    private let reference = Mutex<PageFile?>(nil)
    private let readiness = Mutex<(@Sendable () -> Bool)?>(nil)

    /// A body larger than this is not read where the request was received.
    private static let inPlaceBytes = 16 << 10
    /// More multiply-adds than this, some 50 µs, are not computed there.
    private static let inPlaceWork = 50_000.0

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - limits: The bounds of a request.
    ///   - models: The stored models; `nil` for a store in memory.
    ///   - accessControl: Who may do what; by default everyone everything.
    ///   - memory: What requests in flight may take, together with what the server holds for them.
    ///   - cores: How many cores a lone large request may use.
    ///   - resources: The files that are shipped with the program.
    ///   - metrics: Where is counted what is done.
    ///   - logger: Where defects are reported.
    /// - Throws: A file that is missing.
    package init(
        limits: RequestLimits = RequestLimits(),
        models: ModelLibrary? = nil,
        accessControl: AccessControl = AccessControl(),
        memory: MemoryBudget = MemoryBudget(),
        cores: Int = 1,
        resources: Resources,
        metrics: MetricRegistry = MetricRegistry(Metrics.definitions),
        logger: Logger
    ) throws {
        self.limits = limits
        self.accessControl = accessControl
        self.models =
            try models
            ?? ModelLibrary(SQLiteModelStore(path: nil, mostBytes: 1 << 30), limits: limits, logger: logger)
        self.memory = memory
        spare = SpareCores(cores: cores)
        self.metrics = metrics
        computeMetrics = ComputeMetrics(metrics)
        self.logger = logger
        contract = try OpenAPIDocument(endpoints)
        examples = try Dictionary(
            uniqueKeysWithValues: Example.all.map { ($0.name, try resources.read("Examples/\($0.name).json")) }
        )
        pages = try Pages(resources)
    }

    /// Whether the service takes requests; the server says so once it runs.
    var isReady: Bool { readiness.withLock { $0?() } ?? true }

    /// Sets who says whether the service takes requests.
    package func followReadiness(_ source: @escaping @Sendable () -> Bool) { readiness.withLock { $0 = source } }

    // MARK: Pages

    /// Answers with the reference page, which is made when it is first asked for: its examples are computed.
    func referencePage(for request: Request) -> Reply {
        if let page = reference.withLock({ $0 }) { return .ready(page.response(to: request.head, policy: .strict)) }
        return .work { [self] _ in
            let page = ReferencePage.file(for: self)
            reference.withLock { $0 = page }
            return page.response(to: request.head, policy: .strict)
        }
    }

    // MARK: Operations

    /// Answers with an operation: what is small where the request was received, the rest on the pool.
    func reply<O: Operation>(to request: Request, with operation: O.Type) -> Reply {
        let form = AnswerForm(for: request.head, among: operation.forms)
        guard request.body.count <= Service.inPlaceBytes, !mayNameModel(request.body) else {
            return .work { [self] cancellation in
                do throws(Rejection) {
                    return try spare.running { () throws(Rejection) in
                        let room = try roomToRead(request.body)
                        let timing = computeMetrics.timing(of: operation.name, isSmall: false)
                        let prepared = prepare(request, operation, form, timing)
                        return answer(prepared, request, form, room, timing, cancellation)
                    }
                } catch {
                    return response(error, for: request.head)
                }
            }
        }
        let room: MemoryBudget.Reservation
        do throws(Rejection) {
            room = try roomToRead(request.body)
        } catch {
            return .ready(response(error, for: request.head))
        }
        let timing = computeMetrics.timing(of: operation.name, isSmall: true)
        let prepared = prepare(request, operation, form, timing)
        if case .success(let answer) = prepared, answer.work > Service.inPlaceWork {
            return .work { [self] in self.answer(prepared, request, form, room, timing, $0) }
        }
        return .ready(answer(prepared, request, form, room, timing, Cancellation()))
    }

    /// Reserves the memory that reading a body takes.
    private func roomToRead(_ body: [UInt8]) throws(Rejection) -> MemoryBudget.Reservation {
        let need = readingNeed(of: body, limits: limits)
        guard need <= memory.limit else {
            let (given, limit) = (MemoryNeed.text(Double(need)), MemoryNeed.text(Double(memory.limit)))
            throw Rejection(
                413,
                "reading the body would take up to \(given) of memory; the server has \(limit) for requests"
            )
        }
        guard let room = memory.reserve(need) else { throw .outOfMemory }
        return room
    }

    private func prepare<O: Operation>(
        _ request: Request,
        _ operation: O.Type,
        _ form: AnswerForm,
        _ timing: RequestTiming?
    ) -> Result<PreparedAnswer, Rejection> {
        defer { timing?.hasRead() }
        return Result { () throws(Rejection) in
            try O.prepare(request.body, as: form, limits: limits, models: models, timing: timing, spare: spare)
        }
    }

    /// Whether a body may name a stored model.
    ///
    /// That is fetched by a call that blocks, and so not where requests are received. A name can be written with escapes.
    private func mayNameModel(_ body: [UInt8]) -> Bool {
        let (text, word) = (body.span, "\"model\"".utf8.span)
        for index in 0..<text.count {
            if text[index] == UInt8(ascii: "\\") { return true }
            guard text[index] == UInt8(ascii: "m"), index > 0, index - 1 + word.count <= text.count else { continue }
            var length = 0
            while length < word.count, text[index - 1 + length] == word[length] { length += 1 }
            if length == word.count { return true }
        }
        return false
    }

    /// Answers on the pool: for what blocks or takes long.
    func work(
        for request: Request,
        _ answer: @escaping @Sendable (Cancellation) throws(Rejection) -> Response
    ) -> Reply {
        .work { [self] cancellation in
            do throws(Rejection) {
                let room = try roomToRead(request.body)
                defer { withExtendedLifetime(room) {} }
                return try answer(cancellation)
            } catch {
                return response(error, for: request.head)
            }
        }
    }

    /// Answers on the pool, whether or not anyone waits.
    func work(for request: Request, _ answer: @escaping @Sendable () throws(Rejection) -> Response) -> Reply {
        work(for: request) { (_: Cancellation) throws(Rejection) in try answer() }
    }

    private func answer(
        _ prepared: Result<PreparedAnswer, Rejection>,
        _ request: Request,
        _ form: AnswerForm,
        _ room: MemoryBudget.Reservation,
        _ timing: RequestTiming?,
        _ cancellation: Cancellation
    ) -> Response {
        timing?.willCompute()
        defer {
            timing?.hasWritten()
            if let timing { computeMetrics.record(timing) }
        }
        switch prepared {
        case .failure(let rejection): return response(rejection, for: request.head)
        case .success(let prepared):
            // An indented answer is another text beside the first.
            let need = prepared.memory.total + (request.head.pretty?.indents == true ? 3 * prepared.memory.reply : 0)
            guard room.resize(to: Int(min(need, 0x1p62))) else { return response(.outOfMemory, for: request.head) }
            do throws(Cancelled) {
                switch try prepared.compute({ cancellation.isCancelled }) {
                case .success(let text): return document(text, form, for: request)
                case .failure(let rejection): return response(rejection, for: request.head)
                }
            } catch {
                // The deadline has been answered and a client that left reads nothing: this is for neither.
                return response(Rejection(503, "the computation was given up"), for: request.head)
            }
        }
    }

    // MARK: Responses

    /// An answer in the form that was asked for, indented where it is JSON and the request asks for that.
    private func document(_ text: [UInt8], _ form: AnswerForm, for request: Request) -> Response {
        var response = form == .json ? json(text, for: request) : Response(200, form.contentType, text)
        response.fields["Vary"] = "Accept"
        return response
    }

    /// A JSON document as a response, indented where the request asks for it.
    func json(_ text: [UInt8], for request: Request) -> Response {
        Response(200, "application/json", request.head.pretty?.indents == true ? indented(text) : text)
    }

    /// A small document as a response.
    func json(_ tree: JSONTree, for request: Request) -> Response {
        var writer = JSONWriter()
        writer.tree(tree)
        writer.endLine()
        return json(writer.take(), for: request)
    }

    /// A rejection as a response, in the form of the protocol that the path belongs to.
    func response(_ rejection: Rejection, for head: RequestHead) -> Response {
        if let mount = Mount(head.rawPath) { return mount.response(rejection) }
        let body = rejection.json(instance: head.id)
        return Response(rejection.status, Problem.mediaType, body, fields: rejection.fields)
    }
}

/// The service behind the server: routes requests to endpoints.
package struct API: Responder {
    private let service: Service
    private let router: Router
    /// Who may use an endpoint, by its path and method.
    private let accesses: [String: [Method: Access]]

    /// Makes the API of a service.
    ///
    /// - Parameter service: What the endpoints work with.
    package init(_ service: Service) {
        self.service = service
        accesses = Dictionary(grouping: endpoints, by: \.path).mapValues { endpoints in
            Dictionary(endpoints.map { ($0.method, $0.access) }) { first, _ in first }
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
            } + service.pages.routes
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
        guard let head, let mount = Mount(head.rawPath) else {
            return Response(
                refusal.status,
                Problem.mediaType,
                Problem(refusal, instance: id).json,
                fields: refusal.fields
            )
        }
        return mount.response(Rejection(refusal.status, refusal.detail, fields: refusal.fields))
    }

    package func respond(to request: Request) -> Reply { router.respond(to: request) }

    package func template(of head: RequestHead) -> String? { router.template(of: head) }

    package func match(_ head: RequestHead) -> RouteMatch? { router.match(head) }
}

extension Rejection {
    /// A request that there is no memory for now.
    fileprivate static var outOfMemory: Rejection {
        let refusal = MemoryBudget.refusal
        return Rejection(refusal.status, refusal.detail, fields: refusal.fields)
    }

    /// A query that says of `pretty` what it can't say.
    fileprivate static var badPretty: Rejection {
        let values = Parameters.Pretty.allCases.map(\.rawValue).joined(separator: ", ")
        return Rejection(400, "the query's pretty must be one of \(values)")
    }
}

extension AnswerForm {
    /// The form that a client likes best; the router has refused one that takes none.
    fileprivate init(for head: RequestHead, among forms: [AnswerForm]) {
        let chosen = forms.count > 1 ? Accept(head).choose(among: forms.map(\.rawValue)) : nil
        self = chosen.flatMap(AnswerForm.init) ?? .json
    }
}

extension RequestHead {
    /// What the query says of `pretty`, which alone is `pretty=1`; `nil` if it says something else.
    fileprivate var pretty: Parameters.Pretty? {
        var found = Parameters.Pretty.no
        for part in query?.split(separator: "&") ?? [] {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair[0] == "pretty" else { continue }
            guard let value = Parameters.Pretty(rawValue: pair.count == 1 ? "1" : String(pair[1])) else { return nil }
            found = value
        }
        return found
    }
}
