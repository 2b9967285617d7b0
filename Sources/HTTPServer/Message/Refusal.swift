/// Why the server answers a request by itself, and with which status.
package struct Refusal: Error, Sendable {
    package var status: Status
    /// What was expected and what was given, for a person; quotes at most 128 bytes of the request.
    package var detail: String
    /// Fields that the status asks for, such as `Allow` with 405.
    package var fields: Fields

    package init(_ status: Status, _ detail: String, fields: Fields = [:]) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }
}

extension Refusal: Equatable {
    package static func == (left: Refusal, right: Refusal) -> Bool {
        left.status == right.status && left.detail == right.detail
            && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
}
