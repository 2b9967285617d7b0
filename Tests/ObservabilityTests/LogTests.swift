import Foundation
import Logging
import Observability
import Testing

@Suite struct LogTests {
    private let pipe = Pipe()

    private func logger(_ format: LogFormat, _ sink: LogSink) -> Logger {
        Logger(label: "test") { _ in LineLogHandler(format, sink) }
    }

    /// What was written in all.
    private func written(_ sink: LogSink) throws -> String {
        sink.flush(within: 5)
        try pipe.fileHandleForWriting.close()
        return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    @Test func `an event is one JSON object on one line`() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        var logger = logger(.json, sink)
        logger[metadataKey: "who"] = "me"
        logger.warning(
            "two\nlines \"quoted\" \u{1}é",
            metadata: ["count": .stringConvertible(3), "part": .stringConvertible(0.5), "level": "mine", "list": ["a"]]
        )
        let text = try written(sink)
        #expect(text.filter(\.isNewline) == "\n")
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["msg"] as? String == "two\nlines \"quoted\" \u{1}é")
        #expect(object?["level"] as? String == "warning" && object?["_level"] as? String == "mine")
        #expect(object?["count"] as? Int == 3 && object?["part"] as? Double == 0.5)
        #expect(object?["who"] as? String == "me" && object?["list"] as? [String] == ["a"])
        let time = try #require(object?["time"] as? String)
        #expect(
            abs(try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(time).timeIntervalSinceNow) < 60
        )
    }

    @Test func `an event as text cannot begin a line of its own`() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        logger(.text, sink).info("a\nb", metadata: ["name": "two words", "number": .stringConvertible(1)])
        let text = try written(sink)
        #expect(text.hasSuffix("Z info a\\nb name=\"two words\" number=1\n"))
        #expect(text.filter(\.isNewline) == "\n")
    }

    @Test(arguments: LogFormat.allCases)
    func `an event with members of its own reads as any other`(_ format: LogFormat) throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        EventLog(format, sink).write(.info, "request") { line in
            line.member("path", "/a \"b\"\n")
            line.member("status", 200)
            line.member("duration_ms", 0.25)
        }
        let text = try written(sink)
        switch format {
        case .json:
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            #expect(object?["path"] as? String == "/a \"b\"\n" && object?["status"] as? Int == 200)
            #expect(object?["duration_ms"] as? Double == 0.25 && object?["msg"] as? String == "request")
        case .text: #expect(text.hasSuffix("Z info request path=\"/a \\\"b\\\"\\n\" status=200 duration_ms=0.25\n"))
        }
    }

    @Test func `lines that nobody flushes come by themselves and in order`() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        var text = ""
        for number in 0..<100 {
            sink.write(Array("\(number)\n".utf8), isUrgent: number % 10 == 9)
            if number % 7 == 0 { usleep(3_000) }
        }
        while !text.hasSuffix("\n99\n") {
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        }
        #expect(text == (0..<100).map { "\($0)\n" }.joined())
    }

    /// Whoever logs goes on, memory is bounded, and every line is either written or counted.
    @Test func `a reader that has stopped holds nobody up`() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor, capacity: 4096)
        let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
        let total = 10_000
        let time = ContinuousClock().measure { for _ in 0..<total { sink.write(line) } }
        #expect(time < .seconds(5))
        #expect(sink.dropped > 0)
        let reader = pipe.fileHandleForReading
        var lines = 0
        while lines + sink.dropped < total {
            lines += reader.availableData.filter { $0 == UInt8(ascii: "\n") }.count
        }
        #expect(lines + sink.dropped == total)
    }

    @Test func `a reader that is gone is no fault, and the lines are counted`() throws {
        signal(SIGPIPE, SIG_IGN)
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForReading.close()
        sink.write(Array("a\nb\n".utf8))
        sink.flush(within: 5)
        #expect(sink.dropped == 2)
    }
}
