import Foundation
import GradientService
import Testing

/// What the README shows is run as it stands, but for the port.
@Suite struct ReadmeTests {
    private let text: String

    init() throws { text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8) }

    /// The code blocks of a language, in order.
    private func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```" + language + "\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func `the first curl answers with what stands below it`() throws {
        let server = try RunningServer()
        let curl = try #require(blocks("sh").first { $0.hasPrefix("curl") })
        let command = curl.replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(server.port)")
        let answer = try run("/bin/bash", ["-c", command])
        #expect(answer.status == 0)
        let shown = try #require(blocks("json").first)
        #expect(String(decoding: answer.output, as: UTF8.self) == shown + "\n")
    }

    @Test func `the Python call prints what is said below it`() throws {
        let server = try RunningServer()
        let script = try #require(blocks("python").first)
            .replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(server.port)")
        let answer = try run("/usr/bin/env", ["python3", "-c", script])
        #expect(answer.status == 0)
        #expect(text.contains("It prints `\(String(decoding: answer.output, as: UTF8.self).dropLast())`"))
    }

    @Test func `every endpoint stands in the table`() {
        for endpoint in endpoints { #expect(text.contains("`\(endpoint.path)`") || text.contains("\(endpoint.path)`")) }
    }
}
