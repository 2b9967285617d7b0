package import Backprop
package import HTTPServer

/// One operation on a posted network, kept whole in one file.
///
/// HTTP (`POST /v1/<name>`), the command (`nabla <name> FILE`), the contract and the reference are made from it. A new
/// one is a new file and a line in ``operations``.
package protocol Operation: Sendable {
    /// Its name in the path and on the command line.
    static var name: String { get }

    /// The name that client generators give it.
    static var operationID: String { get }

    /// One sentence that says what it does.
    static var summary: String { get }

    /// What a user needs to know of it.
    static var description: String { get }

    /// The members that it has a use for, beside those that every operation uses.
    static var needs: Needs { get }

    /// The schema of its answer.
    static var responseSchema: JSONTree { get }

    /// Requests that run as they are.
    static var exampleRequests: [(name: String, value: JSONTree)] { get }

    /// The forms that its answer can be had in, the first where the client does not care.
    static var forms: [AnswerForm] { get }

    /// The multiply-adds that answering takes, about.
    static func work<S>(_ submission: Submission<S>) -> Double

    /// The memory that answering takes, at most.
    static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed

    /// Why the answer would pass a limit of its own, found before anything is computed or allocated.
    static func refusal<S: Scalar & TextScalar>(_ submission: Submission<S>) -> Rejection?

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - submission: The validated request.
    ///   - isCancelled: Asked between layers; `true` gives the run up.
    /// - Returns: The answer as JSON, or why there is none.
    /// - Throws: ``Cancelled``.
    static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer

    /// Answers a request in float64, in one of ``forms``.
    ///
    /// A requirement with a default, as is the next, so that each operation is compiled for each type of number.
    static func answerDouble(
        _ submission: Submission<Double>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer

    /// Answers a request in float32, in one of ``forms``.
    static func answerFloat(
        _ submission: Submission<Float>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer

    /// Answers a request in another form than JSON, one of ``forms``.
    ///
    /// - Parameters:
    ///   - submission: The validated request.
    ///   - form: The form.
    ///   - isCancelled: Asked between layers; `true` gives the run up.
    /// - Returns: The answer in that form, or why there is none.
    /// - Throws: ``Cancelled``.
    static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer
}

extension Operation {
    package static var forms: [AnswerForm] { [.json] }
    package static func refusal<S: Scalar & TextScalar>(_ submission: Submission<S>) -> Rejection? { nil }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        try answer(submission, isCancelled: isCancelled)
    }

    package static func answerDouble(
        _ submission: Submission<Double>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        if form == .json { return try answer(submission, isCancelled: isCancelled) }
        return try answer(submission, as: form, isCancelled: isCancelled)
    }

    package static func answerFloat(
        _ submission: Submission<Float>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        if form == .json { return try answer(submission, isCancelled: isCancelled) }
        return try answer(submission, as: form, isCancelled: isCancelled)
    }
}

/// A form of answer that a client may ask for by its media type.
package enum AnswerForm: String, Sendable, CaseIterable {
    case json = "application/json"
    case markdown = "text/markdown"
    case html = "text/html"
    case graphviz = "text/vnd.graphviz"
    case mermaid = "text/vnd.mermaid"
    /// For the command line alone.
    case terminal = "text/plain"
    /// For the command line alone, with ANSI colours.
    case colouredTerminal = "text/x-ansi"

    /// The value of `Content-Type`.
    var contentType: String { self == .json ? rawValue : rawValue + "; charset=utf-8" }
}

/// Every operation there is.
package let operations: [any Operation.Type] = [
    GradientsOperation.self,
    ForwardOperation.self,
    JacobiansOperation.self,
    ExplainOperation.self,
    JVPOperation.self,
    HVPOperation.self,
    CheckOperation.self,
]

/// An answer's text, or what was found in computing it that makes the request one that can't be answered.
package typealias Answer = Result<AnswerText, Rejection>

/// A request that has been read and validated and is ready to be computed.
package struct PreparedAnswer: Sendable {
    /// The multiply-adds that it takes, about.
    package let work: Double
    /// The memory that it takes, at most.
    package let memory: MemoryNeed
    /// How much the request holds.
    package let content: ContentSize
    /// Computes the answer.
    package let compute: @Sendable (_ isCancelled: () -> Bool) throws(Cancelled) -> Answer
}

extension ContentSize {
    /// The layers of a network, and the elements of its inputs and parameters.
    init(of network: Network) {
        self.init(parts: network.steps.count, numbers: Int(min(network.cost.givenElements, 1e15)))
    }
}

extension Submission {
    /// The tensor that back-propagation starts from, given the loss at the output if there is one.
    func cotangent(_ loss: LossEvaluation<S>?) -> Tensor<S> {
        if let loss { return loss.gradient() }
        return outputGradient ?? Tensor(shape: network.outputShape, repeating: 1)
    }

    /// The loss at the network's output, if there is one.
    func evaluateLoss(at output: Tensor<S>) -> LossEvaluation<S>? { loss.map { S.entries.loss($0, output) } }

    /// The scalar that derivatives of more than first order, or other than by a backward pass, are taken of.
    var objective: Objective {
        if let loss { return Objective(loss) }
        return Objective(
            weights: outputGradient?.map(\.value) ?? Tensor(shape: network.outputShape, repeating: 1)
        )
    }

    /// Whether several directions are followed in one run: where the memory that this takes, more than that of one after
    /// another, is there for one request.
    ///
    /// - Parameter memory: What the operation takes on a type of number.
    /// - Returns: Whether they are.
    func runsTogether(_ memory: (Submission, Duals.Type) -> MemoryNeed) -> Bool {
        directions.count > 1 && memory(self, Duals.self).total <= Double(limits.memory)
    }

    /// The directions in groups, each of which is followed in one run.
    func directionGroups(together: Bool) -> [[VariableTensors<S>]] {
        let most = together ? Duals.lanes : 1
        return stride(from: 0, to: directions.count, by: most).map { start in
            Array(directions[start..<min(start + most, directions.count)])
        }
    }
}
