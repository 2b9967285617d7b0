import HTTPServer
import Testing

private let json = Array("{\"numbers\": [\((0..<400).map { "\($0)" }.joined(separator: ", "))]}\n".utf8)

private func gzip(_ bytes: [UInt8]) throws -> [UInt8] { try #require(Deflation.encode(bytes, .gzip)) }

@Test func `a body's coding is taken off, here or by the pool`() async throws {
    let large = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    try await withServer { running in
        let client = try running.client()
        for body in [json, large] {
            for coding in ContentCoding.allCases {
                let encoded = try #require(Deflation.encode(body, coding))
                let answer = try client.ask("POST", "/echo", "Content-Encoding: \(coding)\r\n", body: encoded)
                #expect(answer?.status == 200 && answer?.body == body)
            }
        }
        let plain = try client.ask("POST", "/echo", "Content-Encoding: identity\r\n", body: json)
        #expect(plain?.body == json)
    }
}

@Test func `a coded body's work is done and cancelled like any other`() async throws {
    try await withServer { running in
        let client = try running.client()
        let done = try client.ask("POST", "/work/quick/10", "Content-Encoding: gzip\r\n", body: gzip(json))
        #expect(done?.text == "quick")
    }
    try await withServer({ $0.computeTimeout = .milliseconds(300) }) { running in
        let client = try running.client()
        let body = try gzip([UInt8](repeating: 49, count: 500_000))
        let late = try client.ask("POST", "/work/late/20000", "Content-Encoding: gzip\r\n", body: body)
        #expect(late?.status == 503)
        #expect(running.demo.events.contains("late deadline"))
    }
}

@Test func `a body that cannot be inflated is refused and the connection stays in step`() async throws {
    let good = try gzip(json)
    var wrong = good
    wrong[wrong.count - 5] ^= 1
    let many = try Array(repeating: gzip([49]), count: 65).flatMap(\.self)
    let bomb = try gzip([UInt8](repeating: 49, count: 8 << 20))
    let long = try gzip((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) })
    let cases: [(String, [UInt8], Int)] = [
        ("gzip", Array(good.dropLast()), 400), ("gzip", good + [0], 400), ("gzip", wrong, 400), ("gzip", json, 400),
        ("deflate", good, 400), ("gzip", many, 413), ("gzip", bomb, 413), ("gzip", long, 413),
        ("br", json, 415), ("gzip, gzip", good, 415), ("gzip, br", good, 415), ("bogus", json, 415),
    ]
    try await withServer({ $0.body = 280_000 }) { running in
        let client = try running.client()
        for (coding, body, status) in cases {
            let answer = try client.ask("POST", "/echo", "Content-Encoding: \(coding)\r\n", body: body)
            #expect(answer?.status == status, "\(coding), \(body.count) bytes")
            #expect(answer?["accept-encoding"] == (status == 415 ? "gzip, deflate" : nil))
            #expect(answer?["content-type"] == "application/problem+json")
        }
        #expect(try client.ask("GET", "/hello")?.status == 200)
    }
}

@Test func `an answer is compressed where that is asked for and worth it`() async throws {
    try await withServer { running in
        let client = try running.client()
        for size in [1024, 10_000, 100_000, 1 << 20] {
            let answer = try #require(try client.ask("GET", "/text/\(size)", "Accept-Encoding: gzip\r\n"))
            #expect(answer["content-encoding"] == "gzip" && answer["vary"] == "Accept-Encoding", "\(size)")
            let content = try Inflation.content(of: answer.body, .gzip, most: size, members: 1)
            #expect(content.count == size && answer.body.count < size)
            let head = try #require(try client.ask("HEAD", "/text/\(size)", "Accept-Encoding: gzip\r\n"))
            #expect(head["content-length"] == "\(answer.body.count)" && head["content-encoding"] == "gzip")
        }
        let plain = try #require(try client.ask("GET", "/text/10000"))
        #expect(plain["content-encoding"] == nil && plain["vary"] == "Accept-Encoding" && plain.body.count == 10_000)
        for path in ["/text/1023", "/text/1048577", "/big/10000", "/tagged/10000", "/nothing"] {
            let answer = try #require(try client.ask("GET", path, "Accept-Encoding: gzip\r\n"))
            #expect(answer["content-encoding"] == nil && answer["vary"] == nil, "\(path)")
        }
        let only = try #require(try client.ask("GET", "/hello", "Accept-Encoding: gzip, identity;q=0\r\n"))
        #expect(only["content-encoding"] == "gzip")
        #expect(try Inflation.content(of: only.body, .gzip, most: 6, members: 1) == Array("hello\n".utf8))
        #expect(try client.ask("GET", "/hello", "Accept-Encoding: br, identity;q=0\r\n")?.status == 406)
    }
}

@Test(arguments: Compression.allCases)
func `compression is done always, never or where it pays`(_ compression: Compression) async throws {
    try await withServer(compression: compression) { running in
        let client = try running.client()
        let large = try client.ask("GET", "/text/2000000", "Accept-Encoding: deflate\r\n")
        #expect(large?["content-encoding"] == (compression == .always ? "deflate" : nil))
        let medium = try client.ask("GET", "/text/20000", "Accept-Encoding: deflate\r\n")
        #expect(medium?["content-encoding"] == (compression == .never ? nil : "deflate"))
        #expect(medium?["vary"] == (compression == .never ? nil : "Accept-Encoding"))
    }
}
