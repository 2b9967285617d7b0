import Backprop
import HTTPServer

extension Operation {
    /// Reads and validates a body.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - form: The form of the answer.
    ///   - limits: The bounds.
    ///   - models: Where stored models are.
    ///   - timing: What is told how long the parts take.
    ///   - spare: The cores that may help with a large body and a large answer.
    ///   - known: Where the request's outline is kept if it is one that came before.
    /// - Returns: What is left to do.
    /// - Throws: What is wrong with the body.
    package static func prepare(
        _ body: [UInt8],
        as form: AnswerForm = .json,
        limits: RequestLimits,
        models: ModelLibrary? = nil,
        timing: RequestTiming? = nil,
        spare: SpareCores? = nil,
        known: KnownRequests? = nil
    ) throws(Rejection) -> PreparedAnswer {
        let key = known == nil ? nil : KnownRequests.key(of: body, for: Self.self)
        // What has come but once may never come again.
        let outlined = key.flatMap { known?.hasMet($0) } ?? false
        let read = try AnySubmission.decode(
            body,
            needs,
            limits: limits,
            models: models,
            spare: spare,
            outlined: outlined
        )
        switch read {
        case .float64(let read):
            let (work, memory) = (work(read), try boundedMemory(read))
            if let key, let outline = read.outline {
                known?.add(.float64(.init(outline, of: read, work: work, memory: memory)), key)
            }
            return prepared(read, work, memory, as: form, timing, spare)
        case .float32(let read):
            let (work, memory) = (work(read), try boundedMemory(read))
            if let key, let outline = read.outline {
                known?.add(.float32(.init(outline, of: read, work: work, memory: memory)), key)
            }
            return prepared(read, work, memory, as: form, timing, spare)
        }
    }

    /// Reads a body that has a known outline, which that of a stored model's request never is.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - known: The outlines of requests that came before.
    ///   - form: The form of the answer.
    ///   - timing: What is told how long the parts take.
    ///   - spare: The cores that may help with a large answer.
    /// - Returns: What is left to do; `nil` where the outline is another, or a number has a fault.
    package static func prepare(
        _ body: [UInt8],
        by known: KnownRequests,
        as form: AnswerForm = .json,
        timing: RequestTiming? = nil,
        spare: SpareCores? = nil
    ) -> PreparedAnswer? {
        guard let key = KnownRequests.key(of: body, for: Self.self) else { return nil }
        for (position, candidate) in known.outlines(key).enumerated() {
            guard let prepared = prepare(body, like: candidate, as: form, timing, spare) else { continue }
            known.prefer(position, key)
            return prepared
        }
        return nil
    }

    private static func prepare(
        _ body: [UInt8],
        like candidate: KnownRequests.AnyKnown,
        as form: AnswerForm,
        _ timing: RequestTiming?,
        _ spare: SpareCores?
    ) -> PreparedAnswer? {
        switch candidate {
        case .float64(let known):
            guard let read = known.outline.request(of: body, like: known.request) else { return nil }
            return prepared(read, known.work, known.memory, as: form, timing, spare)
        case .float32(let known):
            guard let read = known.outline.request(of: body, like: known.request) else { return nil }
            return prepared(read, known.work, known.memory, as: form, timing, spare)
        }
    }

    private static func prepared(
        _ read: consuming Submission<Double>,
        _ work: Double,
        _ memory: MemoryNeed,
        as form: AnswerForm,
        _ timing: RequestTiming?,
        _ spare: SpareCores?
    ) -> PreparedAnswer {
        read.expect(memory, spare: spare, timing: timing)
        let submission = read
        let content = ContentSize(of: submission.network)
        return PreparedAnswer(work: work, memory: memory, content: content) { isCancelled throws(Cancelled) in
            try answerDouble(submission, as: form, isCancelled: isCancelled)
        }
    }

    private static func prepared(
        _ read: consuming Submission<Float>,
        _ work: Double,
        _ memory: MemoryNeed,
        as form: AnswerForm,
        _ timing: RequestTiming?,
        _ spare: SpareCores?
    ) -> PreparedAnswer {
        read.expect(memory, spare: spare, timing: timing)
        let submission = read
        let content = ContentSize(of: submission.network)
        return PreparedAnswer(work: work, memory: memory, content: content) { isCancelled throws(Cancelled) in
            try answerFloat(submission, as: form, isCancelled: isCancelled)
        }
    }

    /// Answers a body from front to back, as the command line does.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - form: The form of the answer.
    ///   - limits: The bounds.
    ///   - models: Where stored models are.
    ///   - isIndented: Whether an answer in JSON is laid out for reading.
    /// - Returns: The answer.
    /// - Throws: What is wrong with the body.
    package static func run(
        on body: [UInt8],
        as form: AnswerForm = .json,
        limits: RequestLimits,
        models: ModelLibrary? = nil,
        isIndented: Bool = false
    ) throws(Rejection) -> [UInt8] {
        let prepared = try prepare(body, as: form, limits: limits, models: models)
        let answer: Answer
        do throws(Cancelled) {
            answer = try prepared.compute { false }
        } catch {
            preconditionFailure("nobody cancels")
        }
        let text = try answer.get().printed()
        return isIndented && form == .json ? indented(text) : text
    }

    /// The memory that answering takes, or why it will not be taken.
    static func boundedMemory<S: Scalar & TextScalar>(_ submission: Submission<S>) throws(Rejection) -> MemoryNeed {
        if let refusal = refusal(submission) { throw refusal }
        let (memory, limit) = (memory(submission), submission.limits.memory)
        guard memory.total <= Double(limit) else { throw Rejection(memory, limit: limit) }
        return memory
    }
}
