/// The content of a response that is made piece by piece while it is sent, so that memory never holds all of it.
///
/// All that may fail, or take long, has been done before. The memory for what pieces are made of, and for two of them, is
/// reserved as long as the source lives; let go of before its end, it frees all that.
package protocol PieceSource: AnyObject, Sendable {
    /// How many bytes all of it is, at most.
    var mostBytes: Int { get }

    /// Appends the next piece, some hundred kilobytes, by one thread at a time; gives whether another follows.
    func appendPiece(to content: inout [UInt8]) -> Bool
}

/// The content of a response of which not all has been made.
package struct PiecedContent: Sendable {
    /// What has been made, from the first byte on.
    package private(set) var beginning: [UInt8] = []
    /// What makes the rest.
    package let rest: any PieceSource

    /// Content of which nothing has been made yet.
    package init(_ source: any PieceSource) { rest = source }

    /// The whole content, the rest of which is made here.
    package var bytes: [UInt8] {
        var content = beginning
        content.reserveCapacity(rest.mostBytes)
        while rest.appendPiece(to: &content) {}
        return content
    }

    /// Makes one piece at least, and others while there are no more than `most` bytes; the whole content, where that is
    /// all of it, else what is there with what makes the rest.
    func made(most: Int) -> ResponseBody {
        if most == .max { return .bytes(bytes) }
        var content = self
        while rest.appendPiece(to: &content.beginning) {
            if content.beginning.count > most { return .pieces(content) }
        }
        return .bytes(content.beginning)
    }
}
