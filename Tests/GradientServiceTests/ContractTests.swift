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

    @Test(arguments: Example.all.map(\.name))
    func `a shipped example runs at its endpoint`(_ name: String) throws {
        let example = try #require(Example.all.first { $0.name == name })
        let operation = try #require(operations.first { "/v1/\($0.name)" == example.endpoint })
        let body = try Resources.ofThisProgram.read("Examples/\(name).json")
        #expect(operation.outcome(of: body).0 == 200)
    }
}
