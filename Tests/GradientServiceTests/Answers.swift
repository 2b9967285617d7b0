import GradientService
import TestSupport
import Testing

/// What an operation answers to a request that is written as a tree.
func answer(_ operation: any GradientService.Operation.Type, _ request: JSONTree) throws -> (
    status: Int, body: JSONTree
) {
    var writer = JSONWriter()
    writer.tree(request)
    let (status, body) = operation.outcome(of: writer.take())
    return (status, try JSONTree(parsing: body))
}

/// The faults of a request: their pointers and details.
func faults(_ operation: any GradientService.Operation.Type, _ request: JSONTree) throws -> [String: String] {
    let (status, body) = try answer(operation, request)
    #expect(status == 422, "\(body)")
    let errors = body["errors"]?.elements ?? []
    return Dictionary(errors.map { ($0["pointer"]?.text ?? "", $0["detail"]?.text ?? "") }) { first, _ in first }
}

extension JSONTree {
    /// The same object with one more member, or another value of one.
    func with(_ name: String, _ value: JSONTree) -> JSONTree {
        var copy = self
        copy[name] = value
        return copy
    }
}
