package import Backprop

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

    /// Whether it needs a gradient to start from.
    static var cotangentNeed: CotangentNeed { get }

    /// The schema of its answer.
    static var responseSchema: JSONTree { get }

    /// Requests that run as they are.
    static var exampleRequests: [(name: String, value: JSONTree)] { get }

    /// The multiply-adds that answering takes, about.
    static func work(_ cost: Cost) -> Double

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - submission: The validated request.
    ///   - isCancelled: Asked between layers; `true` gives the run up.
    /// - Returns: The answer as JSON.
    /// - Throws: ``Cancelled``.
    static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> [UInt8]
}

/// Every operation there is.
package let operations: [any Operation.Type] = [
    GradientsOperation.self,
    ForwardOperation.self,
]

/// A request that has been read and validated and is ready to be computed.
package struct PreparedAnswer: Sendable {
    /// The multiply-adds that it takes, about.
    package let work: Double
    /// Computes the answer.
    package let compute: @Sendable (_ isCancelled: () -> Bool) throws(Cancelled) -> [UInt8]
}

extension Operation {
    /// Reads and validates a body.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - limits: The bounds.
    /// - Returns: What is left to do.
    /// - Throws: What is wrong with the body.
    package static func prepare(_ body: [UInt8], limits: RequestLimits) throws(Rejection) -> PreparedAnswer {
        switch try AnySubmission.decode(body, cotangentNeed, limits: limits) {
        case .float64(let submission): prepare(submission)
        case .float32(let submission): prepare(submission)
        }
    }

    /// Answers a body from front to back, as the command line does.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - limits: The bounds.
    ///   - isIndented: Whether the answer is laid out for reading.
    /// - Returns: The answer as JSON.
    /// - Throws: What is wrong with the body.
    package static func run(
        on body: [UInt8],
        limits: RequestLimits,
        isIndented: Bool = false
    ) throws(Rejection) -> [UInt8] {
        let prepared = try prepare(body, limits: limits)
        do throws(Cancelled) {
            let answer = try prepared.compute { false }
            return isIndented ? indented(answer) : answer
        } catch {
            preconditionFailure("nobody cancels")
        }
    }

    private static func prepare<S: Scalar & TextScalar>(_ submission: Submission<S>) -> PreparedAnswer {
        PreparedAnswer(work: work(submission.network.cost)) { isCancelled throws(Cancelled) in
            try answer(submission, isCancelled: isCancelled)
        }
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
}
