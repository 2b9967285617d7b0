import HTTPServer
import Synchronization

/// Contents that are made in pieces, and what becomes of them.
final class Pieces: Sendable {
    struct Counts {
        /// Contents of which there are pieces to be made, or were.
        var living = 0
        /// Pieces that have been made.
        var made = 0
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    /// The bytes of a piece; each differs from its neighbours.
    static func piece(_ index: Int, of size: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(ascii: "a") + UInt8(index % 26), count: size)
    }

    static func content(_ count: Int, of size: Int) -> [UInt8] { (0..<count).flatMap { piece($0, of: size) } }

    func response(_ count: Int, of size: Int) -> Response {
        var response = Response(200, fields: ["Content-Type": "text/plain"])
        response.body = .pieces(PiecedContent(Source(count, of: size, self)))
        return response
    }

    private final class Source: PieceSource {
        private let pieces: Pieces
        private let count: Int
        private let size: Int
        private let next = Mutex(0)

        init(_ count: Int, of size: Int, _ pieces: Pieces) {
            (self.count, self.size, self.pieces) = (count, size, pieces)
            pieces.state.withLock { $0.living += 1 }
        }

        deinit { pieces.state.withLock { $0.living -= 1 } }

        var mostBytes: Int { count * size }

        func appendPiece(to content: inout [UInt8]) -> Bool {
            pieces.state.withLock { $0.made += 1 }
            return next.withLock { next in
                content += Pieces.piece(next, of: size)
                next += 1
                return next < count
            }
        }
    }
}
