/// A whole request, body included.
package struct Request: Sendable {
    package var head: RequestHead
    package var body: [UInt8]
    /// When the last byte of the head arrived.
    package var received: Moment

    package init(head: RequestHead, body: [UInt8] = [], received: Moment = .zero) {
        self.head = head
        self.body = body
        self.received = received
    }

    /// The request's name, see `RequestHead`.
    package var id: String { head.id }
}
