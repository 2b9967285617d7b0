import Foundation
import GradientService
import Testing

@Suite struct ContractTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `openapi.yaml is what the endpoints declare`() throws {
        let document = try OpenAPIDocument(endpoints)
        let file = try Data(contentsOf: Self.root.appending(path: "openapi.yaml"))
        #expect([UInt8](file) == document.yaml, "run `make openapi`")
    }

    @Test func `operation ids are unique`() {
        let ids = endpoints.map(\.operationID)
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: operations.map { $0.name })
    func `the examples of an operation run`(_ name: String) throws {
        let operation = try #require(operations.first { $0.name == name })
        for example in operation.exampleRequests {
            var writer = JSONWriter()
            writer.tree(example.value)
            let (status, body) = operation.outcome(of: writer.take())
            #expect(status == 200, "\(example.name): \(String(decoding: body, as: UTF8.self))")
        }
    }
}
