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
    private let known = KnownRequests()
    private let reference = Mutex<PageFile?>(nil)
    private let serverReadiness = Mutex<(@Sendable () -> Bool)?>(nil)
    private let hasMetStore = Atomic<Bool>(false)

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

    // MARK: Operations

    /// Answers with an operation: what is small where the request was received, the rest on the pool.
    func reply<O: Operation>(to request: Request, with operation: O.Type) -> Reply {
        let form = AnswerForm(for: request.head, among: operation.forms)
        guard request.body.count <= Service.inPlaceBytes else { return pooledReply(to: request, with: operation, form) }
        let room: MemoryBudget.Reservation
        do throws(Rejection) {
            room = try roomToRead(request.body)
        } catch {
            return .ready(response(error, for: request.head))
        }
        let timing = computeMetrics.timing(of: operation.name, isSmall: true)
        let prepared: Result<PreparedAnswer, Rejection>
        if let alike = operation.prepare(request.body, by: known, as: form, timing: timing, spare: spare) {
            timing?.hasRead()
            prepared = .success(alike)
        } else if mayNameModel(request.body) {
            return pooledReply(to: request, with: operation, form)
        } else {
            prepared = prepare(request, operation, form, timing)
        }
        if case .success(let answer) = prepared, answer.work > Service.inPlaceWork {
            return .work { [self] in self.answer(prepared, request, form, room, timing, $0, inPieces: true) }
        }
        return .ready(answer(prepared, request, form, room, timing, Cancellation(), inPieces: false))
    }

    /// Answers on the pool, from reading the body on.
    private func pooledReply<O: Operation>(to request: Request, with operation: O.Type, _ form: AnswerForm) -> Reply {
        .work { [self] cancellation in
            do throws(Rejection) {
                return try spare.running { () throws(Rejection) in
                    let room = try roomToRead(request.body)
                    let timing = computeMetrics.timing(of: operation.name, isSmall: false)
                    let prepared = prepare(request, operation, form, timing)
                    return answer(prepared, request, form, room, timing, cancellation, inPieces: true)
                }
            } catch {
                return response(error, for: request.head)
            }
        }
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
            try O.prepare(
                request.body,
                as: form,
                limits: limits,
                models: models,
                timing: timing,
                spare: spare,
                known: known
            )
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
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - operation: What it is counted as where it runs a network.
    ///   - answer: Makes the answer.
    /// - Returns: The work.
    func work(
        for request: Request,
        as operation: String? = nil,
        _ answer: @escaping @Sendable (PooledWork) throws(Rejection) -> Response
    ) -> Reply {
        .work { [self] cancellation in
            do throws(Rejection) {
                let room = try roomToRead(request.body)
                let isSmall = request.body.count <= Service.inPlaceBytes
                let timing = operation.flatMap { computeMetrics.timing(of: $0, isSmall: isSmall) }
                let work = PooledWork(cancellation: cancellation, timing: timing, room: room)
                var response = try answer(work)
                timing?.hasWritten()
                timing?.finish()
                response.content = work.content
                return response
            } catch {
                return response(error, for: request.head)
            }
        }
    }

    /// Answers on the pool what takes little memory, whether or not anyone waits.
    func work(for request: Request, _ answer: @escaping @Sendable () throws(Rejection) -> Response) -> Reply {
        work(for: request) { (_: PooledWork) throws(Rejection) in try answer() }
    }

    private func answer(
        _ prepared: Result<PreparedAnswer, Rejection>,
        _ request: Request,
        _ form: AnswerForm,
        _ room: MemoryBudget.Reservation,
        _ timing: RequestTiming?,
        _ cancellation: Cancellation,
        inPieces: Bool
    ) -> Response {
        timing?.resumes()
        var isWritten = true
        defer {
            timing?.hasWritten()
            // Else it goes on.
            if isWritten { timing?.finish() }
        }
        switch prepared {
        case .failure(let rejection): return response(rejection, for: request.head)
        case .success(let prepared):
            // An indented answer is another text beside the first.
            let isIndented = request.head.pretty?.indents == true
            let need = prepared.memory.total + (isIndented ? 4 * prepared.memory.text : 0)
            guard room.resize(to: Int(min(need, 0x1p62))) else { return response(.outOfMemory, for: request.head) }
            do throws(Cancelled) {
                switch try prepared.compute({ cancellation.isCancelled }) {
                case .success(let text):
                    var response: Response
                    if inPieces, !isIndented, text.whole == nil {
                        isWritten = false
                        let pieces = AnswerPieces(text, spare: spare, room: room, timing: timing)
                        response = document(PiecedContent(pieces), form)
                    } else {
                        response = document(text.printed(with: spare), form, for: request)
                    }
                    response.content = prepared.content
                    return response
                case .failure(let rejection): return response(rejection, for: request.head)
                }
            } catch {
                // The deadline has been answered and a client that left reads nothing: this is for neither.
                return response(Rejection(503, "the computation was given up"), for: request.head)
            }
        }
    }

    // MARK: Responses

    /// Made once, since making them takes as long as a layer.
    private static let fieldsOfAnswers: Fields = ["Content-Type": AnswerForm.json.contentType, "Vary": "Accept"]

    /// An answer in the form that was asked for, indented where it is JSON and the request asks for that.
    private func document(_ text: [UInt8], _ form: AnswerForm, for request: Request) -> Response {
        guard form == .json else {
            return Response(200, fields: ["Content-Type": form.contentType, "Vary": "Accept"], body: text)
        }
        let isIndented = request.head.pretty?.indents == true
        return Response(200, fields: Service.fieldsOfAnswers, body: isIndented ? indented(text) : text)
    }

    /// An answer that is printed while it is sent.
    private func document(_ content: PiecedContent, _ form: AnswerForm) -> Response {
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

/// Work on the pool: what gives it up, the memory that it may take, and what is told of it.
final class PooledWork: Sendable {
    /// Whether its answer is no longer wanted.
    let cancellation: Cancellation
    /// What is told how long the parts take, if this request is timed.
    let timing: RequestTiming?
    private let room: MemoryBudget.Reservation
    private let size = Mutex<ContentSize?>(nil)

    /// How much the request held, as far as is known.
    var content: ContentSize? { size.withLock { $0 } }

    fileprivate init(cancellation: Cancellation, timing: RequestTiming?, room: MemoryBudget.Reservation) {
        (self.cancellation, self.timing, self.room) = (cancellation, timing, room)
    }

    /// A network is about to be run, and the request has been read.
    func willRun(_ network: Network) {
        timing?.hasRead()
        size.withLock { $0 = ContentSize(of: network) }
    }

    /// Reserves memory until the work is done, beside what reading the body takes.
    ///
    /// - Parameter bytes: How much.
    /// - Throws: 503 where there is no room for it now.
    func reserve(_ bytes: Double) throws(Rejection) {
        guard room.resize(to: room.bytes + Int(min(bytes, 0x1p61))) else { throw .outOfMemory }
    }
}

extension Rejection {
    /// A request that there is no memory for now.
    fileprivate static var outOfMemory: Rejection {
        let refusal = MemoryBudget.refusal
        var rejection = Rejection(refusal.status, refusal.detail, fields: refusal.fields)
        rejection.bound = refusal.bound
        return rejection
    }
}

extension AnswerForm {
    /// The form that a client likes best; the router has refused one that takes none.
    fileprivate init(for head: RequestHead, among forms: [AnswerForm]) {
        guard forms.count > 1, head.fields.contains("Accept") else {
            self = forms.first ?? .json
            return
        }
        let chosen = Accept(head).choose(among: forms.map(\.rawValue))
        self = chosen.flatMap(AnswerForm.init) ?? .json
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
