import Foundation
import GradientService
import Observability
import Testing

@Suite struct MetricsDocumentTests {
    @Test func `the operations guide explains every metric, and no other`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Documentation/operations.md"), encoding: .utf8)
        let listed = text.split(separator: "\n").compactMap { line -> String? in
            guard let name = line.firstMatch(of: /^\| `([a-z_]+)`/)?.1 else { return nil }
            return String(name)
        }
        #expect(listed.sorted() == Metrics.definitions.map(\.name).sorted())
    }
}
