/// Told what a server does, for metrics and logs; called on the I/O queues, so it must be quick.
package protocol ServerObserver: Sendable {
    /// A head has been read and accepted; `finished` or `abandoned` follows.
    func began(_ head: RequestHead)

    /// A response has been handed to the socket.
    func finished(_ exchange: Exchange)

    /// The connection went before its request was answered.
    func abandoned(_ head: RequestHead)

    /// The observer that one I/O queue is to tell, so that what it keeps at hand is shared with no other thread.
    func forQueue() -> any ServerObserver
}

extension ServerObserver {
    package func forQueue() -> any ServerObserver { self }
}

/// One answered request, for logs and metrics.
package struct Exchange: Sendable {
    package var id: String
    /// Nil where no head could be read.
    package var head: RequestHead?
    /// The template of the route that has the path; nil where none has.
    package var route: String?
    /// The number of the route's template, below the number of templates; nil where the responder numbers none.
    package var resource: Int?
    package var status: Status
    /// Which of the server's own bounds was passed, if one was.
    package var bound: Refusal.Bound?
    /// How much the request held, where its responder said so.
    package var content: ContentSize?
    /// Bytes of the request's body as received and of the response's body as sent.
    package var bytesIn: Int
    package var bytesOut: Int
    /// From the last byte of the head (from its first where it could not be read) to the response's first write, or, where
    /// it is made in pieces, to the last.
    package var nanoseconds: Int64
    /// Whether `began` was called for it.
    package var hasBegun: Bool

    /// The nanoseconds as a duration.
    package var duration: Duration { .nanoseconds(nanoseconds) }
}

/// How much a request held, in its responder's own terms.
package struct ContentSize: Sendable, Equatable {
    /// The parts that it is made of, such as layers.
    package var parts: Int
    /// The numbers in them.
    package var numbers: Int

    package init(parts: Int, numbers: Int) { (self.parts, self.numbers) = (parts, numbers) }
}
