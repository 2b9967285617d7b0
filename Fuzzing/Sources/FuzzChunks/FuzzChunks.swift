import Fuzz
import HTTPServer

/// Chunked bodies: the decoder takes, refuses and waits where a plain reading of RFC 9112 §7.1 does, gives the same
/// content and leaves the same bytes to the next request, however the bytes are split.
@c(LLVMFuzzerTestOneInput)
public func fuzzChunks(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = bytes(start, count)[...]
    var choices = Choices(takenOff: &input)
    let sent = Array(input)
    var limits = Limits()
    if choices.next(below: 2) == 0 {
        (limits.body, limits.trailers, limits.fields) = (32, 24, 2)
        (limits.chunkExtension, limits.chunkExtensions) = (10, 16)
    }
    let expected = PlainChunks.read(sent, limits)
    let whole = decode([sent], limits)
    require(whole == expected, "decoded as \(whole), and by the grammar \(expected)")
    let split = decode(choices.pieces(of: sent), limits)
    require(split == expected, "split \(split), and by the grammar \(expected)")
    return 0
}

@main enum FuzzChunks {
    static func main() { fuzz(fuzzChunks) }
}

/// What becomes of the bytes of a chunked body.
enum Outcome: Equatable {
    case waits
    case refused(Int)
    /// The content, and how many bytes its coding took.
    case content([UInt8], length: Int)
}

/// What a connection makes of the bytes after a head that announces chunks.
private func decode(_ pieces: [[UInt8]], _ limits: Limits) -> Outcome {
    var machine = ConnectionMachine(limits: SharedLimits(limits), at: .zero)
    let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    var index = 0
    guard case .head = machine.next(head.span, from: &index, at: .zero), index == head.count,
        case .success = machine.acceptBody(at: .zero)
    else { fatalError("the head is not accepted") }
    var length = 0
    for piece in pieces {
        var index = 0
        switch machine.next(piece.span, from: &index, at: .zero) {
        case .more: require(index == piece.count, "it wants more and has left \(piece.count - index) bytes")
        case .refusal(let refusal, _): return .refused(refusal.status.code)
        case .request(_, let body): return .content(body, length: length + index)
        default: fatalError("neither more, nor a refusal, nor a request")
        }
        length += index
    }
    return .waits
}
