import Backprop
import HTTPServer
import Observability
import Synchronization

/// How operations are answered: what is small where the request was received, the rest on the pool, all within the memory
/// that there is for requests.
extension Service {
    /// A body larger than this is not read where the request was received.
    private static let inPlaceBytes = 16 << 10
    /// More multiply-adds than this, some 50 µs, are not computed there.
    private static let inPlaceWork = 50_000.0

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
