import HTTPServer
import Testing

private let get = bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")

@Suite struct ChunkTests {
    @Test(arguments: [[1], [1, 15, 16, 17], [65_535, 65_536, 1], [3, 0], [70_000, 12, 0]])
    func `pieces in chunks are read as what they were`(_ sizes: [Int]) throws {
        let pieces = sizes.map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0) }
        var sent = Array(ChunkedEncoder.firstLine(size: pieces[0].count)) + pieces[0]
        for (index, piece) in pieces.enumerated().dropFirst() {
            var chunk = ChunkedEncoder.room + piece
            ChunkedEncoder.frame(&chunk, isLast: index == pieces.count - 1)
            #expect(chunk.count <= piece.count + ChunkedEncoder.overhead)
            sent += chunk
        }
        if pieces.count == 1 {
            var end = ChunkedEncoder.room
            ChunkedEncoder.frame(&end, isLast: true)
            sent += end
        }
        let head = bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        var machine = ConnectionMachine(limits: SharedLimits(Limits()), at: .zero)
        var index = 0
        let input = head + sent + get
        guard case .head = machine.next(input.span, from: &index, at: .zero) else {
            Issue.record("no head")
            return
        }
        _ = machine.acceptBody(at: .zero)
        guard case .request(_, let body) = machine.next(input.span, from: &index, at: .zero) else {
            Issue.record("no whole body")
            return
        }
        #expect(body == Array(pieces.joined()) && index == input.count - get.count)
    }

    @Test func `the size has eight digits`() {
        #expect(Array(ChunkedEncoder.firstLine(size: 0xABC)) == bytes("00000abc\r\n"))
        #expect(Array(ChunkedEncoder.firstLine(size: 0xFFFF_FFFF)) == bytes("ffffffff\r\n"))
    }

    /// A machine that has been told to answer its first request in pieces.
    private func streaming(_ more: [UInt8] = []) -> (machine: ConnectionMachine, rest: [UInt8], delivery: Delivery) {
        var machine = ConnectionMachine(limits: SharedLimits(Limits()), at: .zero)
        var index = 0
        let input = get + more
        _ = machine.next(input.span, from: &index, at: .zero)
        _ = machine.acceptBody(at: .zero)
        _ = machine.next(input.span, from: &index, at: .zero)
        let delivery = machine.deliver(at: .zero, inPieces: true)
        return (machine, Array(input[index...]), delivery)
    }

    @Test func `nothing is read until the last piece`() {
        var (machine, rest, delivery) = streaming(get)
        #expect(machine.phase == .streaming && !delivery.isLast)
        var index = 0
        guard case .held = machine.next(rest.span, from: &index, at: .zero) else {
            Issue.record("the next request is read")
            return
        }
        guard case .more = machine.outputDrained(at: .zero) else {
            Issue.record("a drained piece is not the end")
            return
        }
        machine.finishStream(at: .zero)
        #expect(machine.phase == .idle && index == 0)
        guard case .head = machine.next(rest.span, from: &index, at: .zero) else {
            Issue.record("the next request is not read")
            return
        }
    }

    @Test(arguments: [true, false])
    func `a half-closed client and a stopping server end after the last piece`(isStopping: Bool) {
        var machine = streaming().machine
        if isStopping {
            let isWaiting = machine.stopAfterCurrent()
            #expect(!isWaiting)
        } else if case .close = machine.inputEnded() {
            Issue.record("the answer is given up")
        }
        #expect(machine.phase == .streaming)
        machine.finishStream(at: .zero)
        #expect(machine.phase == .closing)
        guard case .close = machine.outputDrained(at: .zero) else {
            Issue.record("it goes on")
            return
        }
    }

    @Test func `only a socket that takes nothing has a deadline`() {
        var machine = streaming().machine
        #expect(machine.deadline == .never, "a piece is being made")
        machine.outputBlocked(at: .zero, progressed: true)
        #expect(machine.deadline == .zero + .seconds(10))
        machine.outputBlocked(at: .zero + .seconds(9), progressed: true)
        #expect(machine.deadline == .zero + .seconds(19))
        _ = machine.outputDrained(at: .zero + .seconds(12))
        #expect(machine.deadline == .never)
        machine.outputBlocked(at: .zero + .seconds(20), progressed: false)
        guard case .close = machine.tick(at: .zero + .seconds(30)) else {
            Issue.record("it is waited for")
            return
        }
    }
}
