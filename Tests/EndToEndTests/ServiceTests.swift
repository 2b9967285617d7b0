import Foundation
import GradientService
import Testing
import TestSupport

@Suite struct ServiceTests {
    private let server: RunningServer

    init() throws { server = try RunningServer() }

    @Test func `the reference cases hold over a socket`() async throws {
        for reference in ReferenceCase.all where reference.isCovered {
            let (status, body, _) = try await server.post(reference.endpoint, reference.request)
            let differences = reference.differences(status: status, body: try JSONTree(parsing: body))
            #expect(differences.isEmpty, "\(reference.name): \(differences.prefix(3))")
        }
    }

    @Test func `the command prints byte for byte what the server answers`() async throws {
        let file = root.appending(path: "Sources/GradientService/Resources/Examples/digits.json")
        let (_, answer, _) = try await server.post("/v1/gradients", [UInt8](Data(contentsOf: file)))
        let printed = try run(products.appending(path: "nabla").path, ["gradients", file.path])
        #expect(printed.status == 0 && printed.output == answer)
    }

    @Test func `equal requests get equal bodies`() async throws {
        let body = try Resources.ofThisProgram.read("Examples/digits.json")
        let first = try await server.post("/v1/gradients", body)
        let second = try await server.post("/v1/gradients", body)
        #expect(first.body == second.body)
    }

    @Test(arguments: ["/healthz", "/livez", "/readyz", "/v1", "/v1/examples", "/openapi.yaml", "/openapi.json"])
    func `what can be had is there`(_ path: String) async throws {
        let (status, body, fields) = try await server.get(path)
        #expect(status == 200 && !body.isEmpty && body.last == UInt8(ascii: "\n"))
        #expect(fields["x-request-id"]?.isEmpty == false)
    }

    @Test func `an example can be piped back in`() async throws {
        let (status, body, _) = try await server.get("/v1/examples/lecture")
        #expect(status == 200)
        let answer = try await server.post("/v1/gradients", body)
        #expect(answer.status == 200)
    }

    /// Each gets a clear problem, and the server goes on.
    @Test(
        arguments: [
            ("{", 400, "#"), ("", 400, "#"), ("[]", 422, "#"), ("{}", 422, "#/network"),
            (#"{"network":{"layers":[{"type":"tanh"}]},"input":[[1,2],[3]]}"#, 422, "#/input/1"),
            (#"{"network":{"layers":[{"type":"nope"}]},"input":[1]}"#, 422, "#/network/layers/0/type"),
            (
                #"{"network":{"layers":[{"type":"linear","weight":[[1,2]]}]},"input":[1,2,3]}"#, 422,
                "#/network/layers/0/weight"
            ),
        ]
    )
    func `a wrong body gets a problem that points at the fault`(_ body: String, _ status: Int, _ pointer: String)
        async throws
    {
        let answer = try await server.post("/v1/gradients", Array(body.utf8))
        let problem = try JSONTree(parsing: answer.body)
        #expect(answer.status == status && answer.fields["content-type"] == "application/problem+json")
        #expect(problem["status"] == .integer(status) && problem["detail"]?.text?.isEmpty == false)
        if status == 422 { #expect(problem["errors"]?.elements.contains { $0["pointer"]?.text == pointer } == true) }
        #expect(try await server.get("/healthz").status == 200)
    }

    @Test func `a body over the limit is refused before it is sent`() async throws {
        let size = 100 << 20
        let head = "POST /v1/gradients HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        let request = head + "Content-Length: \(size)\r\n\r\n"
        let before = try server.residentBytes()
        let answer = try RawConnection(to: server.port).exchange(request)
        #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("application/problem+json"))
        #expect(try server.residentBytes() - before < 8 << 20)
    }

    @Test func `a client that leaves half-way does no harm`() async throws {
        for _ in 0..<20 {
            let connection = try RawConnection(to: server.port)
            connection.send(
                "POST /v1/gradients HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"network\""
            )
            connection.close()
        }
        #expect(try await server.get("/healthz").status == 200)
    }

    @Test func `an answer is indented where the query asks for it`() async throws {
        let body = try Resources.ofThisProgram.read("Examples/lecture.json")
        let plain = try await server.post("/v1/gradients", body)
        let pretty = try await server.post("/v1/gradients?pretty=1", body)
        #expect(pretty.body.count > plain.body.count)
        #expect(try JSONTree(parsing: pretty.body) == JSONTree(parsing: plain.body))
        #expect(try await server.post("/v1/gradients?pretty", body).body == pretty.body)
        #expect(try await server.post("/v1/gradients?pretty=false", body).body == plain.body)
        let refused = try await server.post("/v1/gradients?pretty=perhaps", body)
        #expect(refused.status == 400)
        #expect(String(decoding: refused.body, as: UTF8.self).contains("pretty must be one of 0, 1, false, true"))
    }

    @Test func `memory that a large answer took is given back`() async throws {
        let server = try RunningServer()
        #expect(try await server.get("/healthz").status == 200)
        let before = try server.residentBytes()
        let row = "[" + Array(repeating: "0.123456789", count: 1000).joined(separator: ",") + "]"
        let weight = "[" + Array(repeating: row, count: 1000).joined(separator: ",") + "]"
        let body =
            #"{"network":{"layers":[{"type":"linear","weight":\#(weight)}]},"input":\#(row),"#
            + #""loss":{"type":"mse","target":\#(row)}}"#
        let answer = try await server.post("/v1/gradients", Array(body.utf8))
        #expect(answer.status == 200 && answer.body.count > 10 << 20)
        for _ in 0..<100 {
            if try server.residentBytes() < before + 32 << 20 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(try server.residentBytes() >> 20) MiB are held, \(before >> 20) MiB before")
    }

    @Test func `memory is refused past its limits`() async throws {
        let server = try RunningServer(["--max-memory", "2MiB"])
        let row = "[" + Array(repeating: "0.5", count: 10_000).joined(separator: ",") + "]"
        let (status, body, _) = try await server.post(
            "/v1/gradients",
            Array(#"{"network":{"layers":[{"type":"tanh"},{"type":"sum"}]},"input":\#(row)}"#.utf8)
        )
        let text = String(decoding: body, as: UTF8.self)
        #expect(status == 422 && text.contains("one request may take 1.0 MiB"), "\(text)")
        let small = #"{"network":{"layers":[{"type":"tanh"}]},"input":1}"#
        #expect(try await server.post("/v1/gradients", Array(small.utf8)).status == 200)
        let tight = try RunningServer(environment: ["NABLA_MAX_MEMORY": "2KiB"])
        #expect(try await tight.post("/v1/gradients", Array(small.utf8)).status == 413)
    }
}
