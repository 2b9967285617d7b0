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
    /// What requests in flight may take.
    let memory: MemoryBudget
    /// What is counted.
    package let metrics: MetricRegistry
    /// Counts where the time of answers goes.
    let computeMetrics: ComputeMetrics
    private let logger: Logger
    /// The cores that a lone large request may use.
    let spare: SpareCores
    /// The outlines of small requests that came before.
    let known = KnownRequests()
    private let reference = Mutex<PageFile?>(nil)
    private let serverReadiness = Mutex<(@Sendable () -> Bool)?>(nil)
    private let hasMetStore = Atomic<Bool>(false)

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
        spare = SpareCores(cores: cores, memory: memory)
        self.metrics = metrics
        computeMetrics = ComputeMetrics(metrics)
        self.logger = logger
        contract = try OpenAPIDocument.ofThisProgram.get()
        examples = try Dictionary(
            uniqueKeysWithValues: Example.all.map { ($0.name, try resources.read("Examples/\($0.name).json")) }
        )
        pages = try Pages(resources)
    }

    /// Whether the service takes requests; the server says so once it runs.
    private var isReady: Bool { serverReadiness.withLock { $0?() } ?? true }

    /// Why the service takes no requests, or how the model store is.
    ///
    /// A store that was never there is a setting that is wrong, and the replicas before this one had better stay. One that
    /// was there and is gone is gone for every replica, and most requests do without it.
    func readiness() throws(Rejection) -> StoreCondition {
        guard isReady else { throw Rejection(503, "the service is draining or full", fields: ["Retry-After": "1"]) }
        let condition = models.store.condition
        if condition != .unreachable {
            hasMetStore.store(true, ordering: .relaxed)
        } else if !hasMetStore.load(ordering: .relaxed) {
            throw Rejection(503, "the model store can't be reached", fields: ["Retry-After": "1"])
        }
        return condition
    }

    /// Sets who says whether the service takes requests.
    package func followReadiness(_ source: @escaping @Sendable () -> Bool) { serverReadiness.withLock { $0 = source } }

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

    // MARK: Responses

    /// Made once, since making them takes as long as a layer.
    private static let fieldsOfAnswers: Fields = ["Content-Type": AnswerForm.json.contentType, "Vary": "Accept"]

    /// An answer in the form that was asked for, indented where it is JSON and the request asks for that.
    func document(_ text: [UInt8], _ form: AnswerForm, for request: Request) -> Response {
        guard form == .json else {
            return Response(200, fields: ["Content-Type": form.contentType, "Vary": "Accept"], body: text)
        }
        let isIndented = request.head.pretty?.indents == true
        return Response(200, fields: Service.fieldsOfAnswers, body: isIndented ? indented(text) : text)
    }

    /// An answer that is printed while it is sent.
    func document(_ content: PiecedContent, _ form: AnswerForm) -> Response {
        var response = Response(200, fields: ["Content-Type": form.contentType, "Vary": "Accept"])
        response.body = .pieces(content)
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
        var response: Response
        if let mount = Mount(head.rawPath) {
            response = mount.response(rejection)
        } else {
            let body = rejection.json(instance: head.id)
            response = Response(rejection.status, Problem.mediaType, body, fields: rejection.fields)
        }
        response.bound = rejection.bound
        return response
    }
}

extension RequestHead {
    /// What the query says of `pretty`, which alone is `pretty=1`; `nil` if it says something else.
    var pretty: Parameters.Pretty? {
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
