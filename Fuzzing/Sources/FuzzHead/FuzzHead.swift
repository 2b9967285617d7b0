import Fuzz
import HTTPServer

/// Heads and whole exchanges: what a connection does is the same however its bytes are split, it answers nothing after
/// it has refused, and a head that was accepted is accepted again, and read the same, when it is written out plainly.
@c(LLVMFuzzerTestOneInput)
public func fuzzHead(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = bytes(start, count)[...]
    var choices = Choices(takenOff: &input)
    let sent = Array(input)
    let limits = limits(&choices)
    let whole = play([sent], limits)
    let split = play(choices.pieces(of: sent), limits)
    require(split == whole, "split:\n\(split)\nwhole:\n\(whole)")
    checkOrder(whole)
    checkHeads(sent, limits)
    return 0
}

@main enum FuzzHead {
    static func main() { fuzz(fuzzHead) }
}

/// The service's limits, or some that short inputs pass.
private func limits(_ choices: inout Choices) -> Limits {
    var limits = Limits()
    guard choices.next(below: 2) == 0 else { return limits }
    (limits.requestLine, limits.head, limits.field, limits.fields) = (24, 96, 32, 3)
    (limits.body, limits.skippedBody, limits.linger) = (16, 8, 32)
    (limits.trailers, limits.chunkExtension, limits.chunkExtensions) = (16, 6, 12)
    (limits.leadingEmptyLines, limits.requestsPerConnection) = (2, 3)
    return limits
}

private func play(_ pieces: [[UInt8]], _ limits: Limits) -> Transcript {
    var player = Player(limits: limits)
    for piece in pieces {
        player.feed(piece)
        // Twice the head and the body, since arrays grow by doubling, and what a line of the head takes beside its bytes.
        let most = 2 * (limits.head + limits.body) + 64 * limits.fields + 4096
        require(player.machine.reservedBytes <= most, "a connection holds \(player.machine.reservedBytes) bytes")
    }
    player.end()
    return player.transcript
}

/// After a refusal come the connection's end and nothing else; statuses are those of refusals.
private func checkOrder(_ transcript: Transcript) {
    var isRefused = false
    for line in transcript.outline {
        let isEnd = line == "fin" || line == "close"
        require(!isRefused || isEnd, "after a refusal:\n\(transcript)")
        if let status = Int(line), status != 100 {
            require((400...599).contains(status), "refused with \(status)")
            isRefused = true
        }
    }
    for line in transcript.lines where line.utf8.count > 40_000 { fatalError("a line of \(line.utf8.count) bytes") }
}

/// Takes the heads out of the bytes, as long as they have no bodies, and writes each out plainly.
private func checkHeads(_ sent: [UInt8], _ limits: Limits) {
    guard let head = firstHead(sent, limits) else { return }
    require(head.path.utf8.first == UInt8(ascii: "/") || head.path == "*", "the path \(head.path)")
    require(!head.path.utf8.contains(UInt8(ascii: "?")), "the path \(head.path)")
    require(head.fields.count <= limits.fields, "\(head.fields.count) fields")
    if case .length(let length) = head.framing { require(length > 0, "a body of length 0") }
    var plain = Array("\(head.method.name) \(head.target) HTTP/1.\(head.version == .http10 ? 0 : 1)\r\n".utf8)
    for (name, _) in head.fields {
        require(!name.isEmpty && name.utf8.allSatisfy(\.isTokenByte), "the name \(name)")
        for value in head.fields.values(name) {
            require(value.allSatisfy(\.isFieldValueByte), "the value \(value)")
        }
    }
    // Each line once, by its place among those of its name.
    var seen: [String: Int] = [:]
    for (name, _) in head.fields {
        let position = seen[name.lowercased(), default: 0]
        seen[name.lowercased()] = position + 1
        plain += Array("\(name):".utf8) + head.fields.values(name)[position] + Array("\r\n".utf8)
    }
    plain += Array("\r\n".utf8)
    let text = String(decoding: plain, as: UTF8.self)
    guard let again = firstHead(plain, limits) else { fatalError("not read again: \(text)") }
    require(
        again.method == head.method && again.target == head.target && again.path == head.path
            && again.query == head.query && again.version == head.version && again.framing == head.framing
            && again.isKeptAlive == head.isKeptAlive && again.expectation == head.expectation
            && again.fields.elementsEqual(head.fields) { $0 == $1 },
        "read differently: \(text)"
    )
}

/// The first head in the bytes, if one is accepted.
private func firstHead(_ bytes: [UInt8], _ limits: Limits) -> RequestHead? {
    var machine = ConnectionMachine(limits: SharedLimits(limits), at: .zero)
    var index = 0
    guard case .head(let head) = machine.next(bytes.span, from: &index, at: .zero) else { return nil }
    require(index <= bytes.count, "read beyond the end")
    return head
}
