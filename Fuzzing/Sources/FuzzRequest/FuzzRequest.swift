import Backprop
import Fuzz
import GradientService
import HTTPServer

/// Whole requests, under small limits: decoding ends with a submission that computes, or with a rejection whose
/// pointers lead to what is wrong; by an outline that is known from earlier requests it ends in the same way.
@c(LLVMFuzzerTestOneInput)
public func fuzzRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = bytes(start, count)
    var limits = RequestLimits()
    (limits.depth, limits.rank, limits.layers, limits.elements) = (24, 6, 24, 1 << 12)
    // Each operation has needs of its own; the text decides which is asked.
    let operation = operations[count % operations.count]
    let plain = prepared(operation, body, limits, nil)
    let likeOthers = prepared(operation, body, limits, known)
    switch plain {
    case .failure(let rejection):
        check(rejection, body)
        guard case .failure(let other) = likeOthers, other.json(instance: "") == rejection.json(instance: "") else {
            fatalError("a known outline makes a difference")
        }
    case .success(let prepared):
        // More is computed than decoding, but not much: a run has many inputs.
        guard prepared.work < 20_000 else { break }
        let answer = compute(prepared)
        check(answer, body)
        guard case .success(let other) = likeOthers, text(compute(other)) == text(answer) else {
            fatalError("a known outline makes a difference")
        }
    }
    return 0
}

private let known = KnownRequests()

private func prepared<O: GradientService.Operation>(
    _ operation: O.Type,
    _ body: [UInt8],
    _ limits: RequestLimits,
    _ known: KnownRequests?
) -> Result<PreparedAnswer, Rejection> {
    if let known, let alike = operation.prepare(body, by: known) { return .success(alike) }
    return Result { () throws(Rejection) in try operation.prepare(body, limits: limits, known: known) }
}

private func text(_ answer: Answer) -> [UInt8] {
    switch answer {
    case .success(let text): text.printed()
    case .failure(let rejection): rejection.json(instance: "")
    }
}

@main enum FuzzRequest {
    static func main() { fuzz(fuzzRequest) }
}

private func compute(_ prepared: PreparedAnswer) -> Answer {
    do {
        return try prepared.compute { false }
    } catch {
        fatalError("nobody cancels")
    }
}

/// An answer is a JSON object on a line.
private func check(_ computed: Answer, _ body: [UInt8]) {
    let answer: [UInt8]
    switch computed {
    case .failure(let rejection): return check(rejection, body)
    case .success(let text): answer = text.printed()
    }
    guard case .object? = try? JSONTree(parsing: answer) else {
        fatalError("answered with \(String(decoding: answer.prefix(1000), as: UTF8.self))")
    }
    require(answer.last == UInt8(ascii: "\n"), "no newline at the end")
}

private func check(_ rejection: Rejection, _ body: [UInt8]) {
    require([400, 422].contains(rejection.status.code), "status \(rejection.status.code)")
    require(rejection.errors.count <= FaultList.most, "\(rejection.errors.count) faults")
    require((try? JSONTree(parsing: rejection.json(instance: "-"))) != nil, "the problem is no JSON")
    require(rejection.detail.utf8.count < 4096, "a detail of \(rejection.detail.utf8.count) bytes")
    guard rejection.status.code == 422 else {
        return require(rejection.errors.isEmpty, "faults in what is no JSON")
    }
    require(!rejection.errors.isEmpty, "422 without a fault: \(rejection.detail)")
    guard let tree = try? JSONTree(parsing: body) else { fatalError("422 for what is no JSON") }
    for error in rejection.errors {
        require(error.detail.utf8.count < 4096, "a detail of \(error.detail.utf8.count) bytes")
        require(resolves(error.pointer.steps[...], in: tree), "\(error.pointer) is nowhere: \(error.detail)")
    }
}

/// Whether a pointer leads to a value, or to where a member is missing.
private func resolves(_ steps: ArraySlice<JSONPointer.Step>, in tree: JSONTree) -> Bool {
    guard let step = steps.first else { return true }
    switch (step, tree) {
    case (.index(let index), .array(let elements)):
        return elements.indices.contains(index) && resolves(steps.dropFirst(), in: elements[index])
    case (.name(let name), .object(let members)):
        guard let member = members.first(where: { JSONName($0.name) == name }) else { return steps.count <= 2 }
        return resolves(steps.dropFirst(), in: member.value)
    default: return false
    }
}
