package import HTTPServer

/// Why a request is not answered as asked: a status, what is wrong, and where in the body it lies.
package struct Rejection: Error, Sendable {
    /// The status.
    package let status: Status
    /// What is wrong.
    package let detail: String
    /// The faults in the body.
    package let errors: [FaultList.Entry]
    /// Header fields that the status asks for.
    package var fields: Fields = [:]
    /// The bound that was met, if it was one.
    package var bound: Refusal.Bound?

    /// Makes a rejection with at most one place.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - detail: What is wrong.
    ///   - pointer: Where in the body it lies, if it does.
    ///   - fields: Header fields that the status asks for.
    package init(_ status: Status, _ detail: String, at pointer: JSONPointer? = nil, fields: Fields = [:]) {
        self.status = status
        self.detail = detail
        errors = pointer.map { [FaultList.Entry(pointer: $0, detail: detail)] } ?? []
        self.fields = fields
    }

    /// Makes the rejection of a body that is not JSON: 400 with the byte offset, line and column.
    init(_ error: JSONSyntaxError) {
        self.init(400, "the body is not JSON: \(error.description)")
    }

    /// Makes the rejection of a body that is JSON and not a valid request: 422 with every place.
    init(_ faults: FaultList) {
        status = 422
        errors = faults.entries
        switch faults.count {
        case 1: detail = "the request has a fault: \(faults.entries[0].detail)"
        case ...FaultList.most: detail = "the request has \(faults.count) faults"
        default:
            detail = "the request has \(faults.count) faults; \(faults.count - FaultList.most) more than are listed"
        }
    }

    /// The body of the answer: a problem (RFC 9457) with the faults and their JSON Pointers.
    package func json(instance: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("type")
        writer.string("about:blank")
        writer.name("title")
        writer.string(status.reason)
        writer.name("status")
        writer.integer(status.code)
        writer.name("detail")
        writer.string(detail)
        writer.name("instance")
        writer.string(instance)
        if !errors.isEmpty {
            writer.name("errors")
            writer.beginArray()
            for error in errors {
                writer.beginObject()
                writer.name("detail")
                writer.string(error.detail)
                writer.name("pointer")
                writer.string(error.pointer.description)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        writer.endLine()
        return writer.take()
    }
}
