import HTTPServer
import Synchronization

/// An answer that is printed piece by piece while it is sent, and what it holds of the memory for requests meanwhile.
final class AnswerPieces: PieceSource {
    private struct State {
        var printer: AnswerPrinter
        /// Nil once it has been told.
        var timing: RequestTiming?
    }

    /// A piece that is printed on one core still lies in that core's cache when the socket takes it.
    private static let size = 512 << 10
    /// Where several cores print there is more to do for each.
    private static let largeSize = 1 << 20

    let mostBytes: Int
    private let state: Mutex<State>
    private let spare: SpareCores
    private let room: MemoryBudget.Reservation

    /// Numbers are printed into room for the longest; a piece goes out with a little around it.
    private static let slack = 260 * 64

    /// The pieces of an answer.
    ///
    /// - Parameters:
    ///   - text: The answer.
    ///   - spare: The cores that may help.
    ///   - room: The memory that the request has reserved, of which is given back what is no longer used.
    ///   - timing: What is told how long printing takes.
    init(_ text: AnswerText, spare: SpareCores, room: MemoryBudget.Reservation, timing: RequestTiming?) {
        mostBytes = text.mostBytes
        (self.spare, self.room) = (spare, room)
        let pieces = 2 * (AnswerPieces.largeSize + AnswerPieces.slack)
        _ = room.resize(to: min(room.bytes, text.keptBytes + min(mostBytes, pieces)))
        state = Mutex(State(printer: AnswerPrinter(text, spare: spare), timing: timing))
    }

    // A client that leaves has been computed for.
    deinit { state.withLock { $0.timing.take()?.finish() } }

    func appendPiece(to content: inout [UInt8]) -> Bool {
        spare.running {
            state.withLock { state in
                state.timing?.resumes()
                let size = min(spare.isAlone ? AnswerPieces.largeSize : AnswerPieces.size, mostBytes)
                let end = content.count + size
                content.reserveCapacity(end + AnswerPieces.slack)
                // A stretch too short for a number is left to the next piece.
                while end - content.count > 64, state.printer.print(into: &content, end - content.count) {}
                state.timing?.hasWritten()
                guard state.printer.isDone else { return true }
                state.timing.take()?.finish()
                return false
            }
        }
    }
}
