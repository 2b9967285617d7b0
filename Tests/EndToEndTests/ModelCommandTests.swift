import Foundation
import GradientService
import Testing
import TestSupport

@Suite struct ModelCommandTests {
    private let folder: URL
    private let program = products.appending(path: "nabla").path

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private static let model = """
        {"network":{"layers":[{"type":"linear","inputs":["x"],"weight":[[2,3]]}]},"inputs":{"x":{"shape":[2]}}}
        """

    @Test func `models can be stored, named, printed and removed without a server`() throws {
        let store = ["NABLA_MODELS": folder.path + "/models.db"]
        let put = try run(program, ["models", "put", "m", "-"], input: Self.model, environment: store)
        #expect(put.status == 0 && String(decoding: put.output, as: UTF8.self) == "created m\n", "\(put.errors)")
        let request = #"{"model":"m","inputs":{"x":[1,10]}}"#
        let answer = try run(program, ["gradients", "-"], input: request, environment: store)
        #expect(try JSONTree(parsing: answer.output)["output"] == [32.0])
        let list = try run(program, ["models", "list", "--models", folder.path + "/models.db"])
        #expect(try JSONTree(parsing: list.output)["models"]?.elements.first?["name"] == "m")
        let shown = try run(program, ["models", "get", "m"], environment: store)
        #expect(try JSONTree(parsing: shown.output)["batched"] == true)
        #expect(try run(program, ["models", "delete", "m"], environment: store).status == 0)
        let gone = try run(program, ["models", "get", "m"], environment: store)
        #expect(gone.status == 1 && gone.errors.contains("404"))
        let nowhere = try run(program, ["models", "list", "--models", "/nowhere/models.db"])
        #expect(nowhere.status == 1 && nowhere.errors.contains("can't be opened"))
    }

    @Test func `a key made by the command is asked for, and read again on SIGHUP`() async throws {
        let file = folder.path + "/keys"
        func add(_ name: String, _ more: [String] = []) throws -> String {
            let made = try run(program, ["keys", "add", name, "--keys", file] + more)
            #expect(made.status == 0, "\(made.errors)")
            return String(decoding: made.output.dropLast(), as: UTF8.self)
        }
        let first = try add("first", ["--rights", "read,write,compute"])
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains(first) == false)
        let server = try RunningServer(["--keys", file])
        #expect(try status(server, "/v1/models") == "401")
        #expect(try status(server, "/healthz") == "200")
        #expect(try status(server, "/v1/models", key: first) == "200")
        let second = try add("second")
        #expect(try status(server, "/v1/models", key: second) == "401")
        server.send(SIGHUP)
        for _ in 0..<100 where try status(server, "/v1/models", key: second) != "200" {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try status(server, "/v1/models", key: second) == "200")
        #expect(try run(program, ["keys", "add", "first", "--keys", file]).status == 1)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let refused = try run(program, ["serve", "--port", "0", "--keys", file])
        #expect(refused.status == 2 && refused.errors.contains("--keys") && refused.errors.contains("chmod 600"))
    }

    @Test func `a connection URI that can't be read ends with status 2, and its password is not shown`() throws {
        let uri = "postgres://someone:geheim@[::1/models"
        let option = try run(program, ["serve", "--port", "0", "--models", uri])
        #expect(option.status == 2 && option.errors.contains("--models"))
        let variable = try run(program, ["serve", "--port", "0"], environment: ["NABLA_MODELS": uri])
        #expect(variable.status == 2 && variable.errors.contains("NABLA_MODELS"))
        #expect(!option.errors.contains("geheim") && !variable.errors.contains("geheim"))
    }

    /// The status of a request, by curl: Foundation does not come back from a 401 that names two schemes.
    private func status(_ server: RunningServer, _ path: String, key: String? = nil) throws -> String {
        let fields = key.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
        let arguments = ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"] + fields
        return String(decoding: try run("/usr/bin/env", arguments + [server.base + path]).output, as: UTF8.self)
    }

    @Test(arguments: ["named_model", "umbridge", "tesseract", "open_inference", "many_vectors"])
    func `an example script runs`(_ name: String) throws {
        let server = try RunningServer()
        let script = root.appending(path: "Examples/\(name).py").path
        let result = try run("/usr/bin/env", ["python3", script, server.base])
        #expect(result.status == 0 && !result.output.isEmpty, "\(result.errors)")
    }
}
