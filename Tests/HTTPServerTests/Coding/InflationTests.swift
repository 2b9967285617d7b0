import HTTPServer
import Testing

/// `hello, hello, hello` and a line feed as Python's gzip and zlib write it.
private enum Sample {
    static let text = Array("hello, hello, hello\n".utf8)
    static let gzip: [UInt8] = [
        31, 139, 8, 8, 0, 241, 83, 101, 2, 255, 110, 97, 109, 101, 46, 116, 120, 116, 0, 203, 72, 205, 201, 201,
        215, 81, 200, 64, 162, 184, 0, 231, 66, 110, 82, 20, 0, 0, 0,
    ]
    static let zlib: [UInt8] = [
        120, 218, 203, 72, 205, 201, 201, 215, 81, 200, 64, 162, 184, 0, 75, 7, 6, 223,
    ]
    static let bare: [UInt8] = [
        203, 72, 205, 201, 201, 215, 81, 200, 64, 162, 184, 0,
    ]
    static let dictionary: [UInt8] = [
        120, 187, 6, 44, 2, 21, 203, 0, 17, 58, 10, 200, 20, 23, 0, 75, 7, 6, 223,
    ]
}

private func content(_ body: [UInt8], _ coding: ContentCoding, most: Int = 1 << 20, members: Int = 64)
    throws(Inflation.Failure) -> [UInt8]
{
    try Inflation.content(of: body, coding, most: most, members: members)
}

@Test func `gzip with a name and a date, zlib and bare deflate are read`() throws {
    #expect(try content(Sample.gzip, .gzip) == Sample.text)
    #expect(try content(Sample.zlib, .deflate) == Sample.text)
    #expect(try content(Sample.bare, .deflate) == Sample.text)
}

@Test(arguments: ContentCoding.allCases, [0, 1, 100, 1000, 16_384, 16_385, 100_000, 3_000_000])
func `what is put on comes off`(_ coding: ContentCoding, _ count: Int) throws {
    var state: UInt32 = 7
    let bytes = (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(48 + (state >> 24) % 10)
    }
    let encoded = try #require(Deflation.encode(bytes, coding))
    #expect(count < 100 || encoded.count < count)
    #expect(try content(encoded, coding, most: count) == bytes)
    #expect(Deflation.encode(bytes, coding) == encoded, "equal contents give equal bytes")
    #expect(throws: Inflation.Failure.longer) {
        guard count > 0 else { throw Inflation.Failure.longer }
        _ = try content(encoded, coding, most: count - 1)
    }
}

@Test func `members follow one another up to a bound`() throws {
    let two = Sample.gzip + Sample.gzip
    #expect(try content(two, .gzip) == Sample.text + Sample.text)
    #expect(try content(two, .gzip, members: 2) == Sample.text + Sample.text)
    #expect(throws: Inflation.Failure.members) { try content(two + Sample.gzip, .gzip, members: 2) }
}

@Test func `every cut is damage`() {
    for (body, coding) in [(Sample.gzip, ContentCoding.gzip), (Sample.zlib, .deflate), (Sample.bare, .deflate)] {
        for count in body.indices {
            #expect(throws: Inflation.Failure.damaged("it ends too soon"), "\(coding) cut at \(count)") {
                try content(Array(body[..<count]), coding)
            }
        }
    }
}

@Test func `what follows the end, a wrong sum and a dictionary are damage`() {
    func isDamage(_ body: [UInt8], _ coding: ContentCoding) -> Bool {
        do throws(Inflation.Failure) {
            _ = try content(body, coding)
            return false
        } catch {
            guard case .damaged(let reason) = error else { return false }
            return !reason.isEmpty
        }
    }
    #expect(isDamage(Sample.gzip + [0], .gzip))
    #expect(isDamage(Sample.gzip + Array("tail".utf8), .gzip))
    #expect(isDamage(Sample.gzip + Sample.gzip.dropLast(), .gzip), "a second member that is cut")
    #expect(isDamage(Sample.zlib + [0x1F, 0x8B], .deflate), "only gzip has members")
    #expect(isDamage(Sample.zlib, .gzip))
    #expect(isDamage(Sample.gzip, .deflate))
    #expect(isDamage(Sample.dictionary, .deflate))
    for index in Sample.gzip.indices.suffix(8) {
        var wrong = Sample.gzip
        wrong[index] ^= 1
        #expect(isDamage(wrong, .gzip), "byte \(index)")
    }
    var wrong = Sample.zlib
    wrong[wrong.count - 1] ^= 1
    #expect(isDamage(wrong, .deflate))
}

@Test func `a bomb is given up at its bound`() throws {
    let bomb = try #require(Deflation.encode([UInt8](repeating: 32, count: 32 << 20), .gzip))
    #expect(bomb.count < 200_000)
    var limits = Limits()
    #expect(Inflation.most(of: bomb.count, limits) == 200 * bomb.count)
    #expect(Inflation.most(of: 100, limits) == 1 << 20, "the ratio holds beyond the first MiB")
    #expect(Inflation.most(of: 1 << 20, limits) == 64 << 20, "never more than a body may have")
    limits.inflationRatio = .max
    #expect(Inflation.most(of: 100, limits) == 64 << 20)
    #expect(throws: Inflation.Failure.longer) { try content(bomb, .gzip, most: 1 << 20) }
    let cancellation = Cancellation()
    cancellation.cancel(.clientGone)
    #expect(throws: Inflation.Failure.cancelled) {
        try Inflation.content(of: bomb, .gzip, most: 64 << 20, members: 64, cancellation)
    }
}
