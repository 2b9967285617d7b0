/// Why the server answers a request by itself, and with which status.
package struct Refusal: Error, Sendable {
    package var status: Status
    /// What was expected and what was given, for a person; quotes at most 128 bytes of the request.
    package var detail: String
    /// Fields that the status asks for, such as `Allow` with 405.
    package var fields: Fields
    /// The bound of the server that was passed, if it was one.
    package var bound: Bound?

    /// What a server has only so much of.
    package enum Bound: String, Sendable {
        case connections
        /// Places in the queue before the workers.
        case queue
        /// Memory for requests in flight.
        case memory
        /// Time to compute.
        case deadline
    }

    package init(_ status: Status, _ detail: String, fields: Fields = [:], bound: Bound? = nil) {
        self.status = status
        self.detail = detail
        self.fields = fields
        self.bound = bound
    }
}

extension Refusal: Equatable {
    package static func == (left: Refusal, right: Refusal) -> Bool {
        left.status == right.status && left.detail == right.detail
            && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
}
