import Fuzz
import HTTPServer

/// Compressed bodies: what comes out is within its bound, is the same with every bound that it keeps and refused with
/// every bound that it passes, and comes out again when it is compressed here.
@c(LLVMFuzzerTestOneInput)
public func fuzzInflation(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = bytes(start, count)[...]
    var choices = Choices(takenOff: &input)
    let body = Array(input)
    let coding = ContentCoding.allCases[choices.next(below: 2)]
    let most = [0, 1, 100, 20_000, 1 << 20][choices.next(below: 5)]
    switch inflate(body, coding, most: most) {
    case .success(let content):
        require(content.count <= most, "\(content.count) bytes came out; at most \(most) were asked for")
        require(inflate(body, coding, most: content.count) == .success(content), "another content at the exact bound")
        if !content.isEmpty {
            let less = inflate(body, coding, most: content.count - 1)
            require(less == .failure(.longer), "with a bound of one byte less: \(less)")
        }
        for coding in ContentCoding.allCases {
            guard let again = Deflation.encode(content, coding) else { fatalError("it can't be compressed") }
            require(inflate(again, coding, most: most) == .success(content), "\(coding) gives back another content")
        }
    case .failure(.longer):
        if case .success(let content) = inflate(body, coding, most: 4 << 20) {
            require(content.count > most, "\(content.count) bytes are longer than \(most)")
        }
    case .failure(.cancelled): fatalError("nobody cancels")
    case .failure: break
    }
    return 0
}

@main enum FuzzInflation {
    static func main() { fuzz(fuzzInflation) }
}

private func inflate(_ body: [UInt8], _ coding: ContentCoding, most: Int) -> Result<[UInt8], Inflation.Failure> {
    Result { () throws(Inflation.Failure) in
        try Inflation.content(of: body, coding, most: most, members: 3)
    }
}
