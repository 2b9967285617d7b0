import Foundation
import GradientService
import HTTPServer
import TestSupport
import Testing

@Suite struct AccessTests {
    private let readerKey: String
    private let writerKey: String
    private let oldKey: String
    private let slowKey: String
    private let api: ModelAPI

    init() throws {
        let reader = Key.make(name: "reader", rights: [.read, .compute])
        let writer = Key.make(name: "writer", rights: .write)
        let old = Key.make(name: "old", rights: [.read, .write, .compute], expires: "2020-01-01")
        let slow = Key.make(name: "slow", rights: .read, rate: 2)
        (readerKey, writerKey, oldKey, slowKey) = (reader.secret, writer.secret, old.secret, slow.secret)
        let text = [reader.line, "", "# a comment", writer.line, old.line, slow.line].joined(separator: "\n")
        api = try ModelAPI(keys: KeyFile.keys(text))
    }

    private func bearer(_ key: String) -> Fields { ["Authorization": "Bearer \(key)"] }

    @Test func `without a key, with a wrong one and with an expired one there is nothing but 401`() throws {
        for fields in [[:], bearer("nabla_00"), bearer(oldKey), ["Authorization": "Basic !!"]] as [Fields] {
            for path in ["/v1/models", "/v1/layers", "/nowhere"] {
                let response = api.ask(.get, path, [], fields)
                #expect(response.status == 401)
                #expect(response.fields["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                #expect(!String(decoding: response.bytes, as: UTF8.self).contains("nabla_0"))
            }
        }
        // Pages are open with all that they are made of.
        for path in [
            "/healthz", "/livez", "/readyz", "/openapi.yaml", "/openapi.json", "/", "/assets/css/page.css",
            "/docs/licences", "/v2/health/live", "/v2/health/ready",
        ] {
            #expect(api.ask(.get, path).status == 200)
        }
    }

    @Test func `a key does what its rights allow`() throws {
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh, bearer(readerKey)).0 == 403)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh, bearer(writerKey)).0 == 201)
        #expect(api.ask(.get, "/v1/models/m", [], bearer(readerKey)).status == 200)
        #expect(api.ask(.get, "/v1/models/m", [], bearer(writerKey)).status == 403)
        let request: JSONTree = ["model": "m", "inputs": ["x": [1, 2, 3]]]
        #expect(try api.ask(.post, "/v1/forward", request, bearer(readerKey)).0 == 200)
        #expect(try api.ask(.post, "/v1/forward", request, bearer(writerKey)).0 == 403)
    }

    @Test func `clients that know only Basic put the key in the URL`() {
        for pair in ["me:\(readerKey)", "\(readerKey):"] {
            let encoded = Data(pair.utf8).base64EncodedString()
            #expect(api.ask(.get, "/v1/models", [], ["Authorization": "Basic \(encoded)"]).status == 200)
        }
    }

    @Test func `a mount words refusals for its own clients`() throws {
        let umbridge = try JSONTree(parsing: api.ask(.get, "/umbridge/Info").bytes)
        #expect(umbridge["error"]?["type"] == "InvalidInput")
        #expect(try JSONTree(parsing: api.ask(.get, "/tesseract/m/health").bytes)["detail"]?.text != nil)
        #expect(try JSONTree(parsing: api.ask(.get, "/v2").bytes)["error"]?.text != nil)
    }

    @Test func `past its rate a key gets 429 and is told when to come again`() {
        let statuses = (0..<4).map { _ in api.ask(.get, "/v1/models", [], bearer(slowKey)) }
        #expect(statuses.map(\.status.code).prefix(2) == [200, 200] && statuses[3].status == 429)
        #expect(statuses[3].fields["Retry-After"] == "1")
    }

    @Test(arguments: ["nonsense", "a:read", "a:fly:00", "a:read:zz", "a:read:00", ""])
    func `a line that is none is pointed at and not repeated`(_ line: String) {
        let fault = #expect(throws: KeyFile.Fault.self) { try KeyFile.keys("\n" + line) }
        if !line.isEmpty { #expect(fault?.description.contains("line 2") == true) }
        #expect(fault?.description.contains("zz") == false)
    }

    @Test func `a file that others can read is refused`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let line = Key.make(name: "a", rights: .read).line
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (mode, isTaken) in [(0o600, true), (0o640, true), (0o644, false), (0o660, false)] {
            try Data(line.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let fault = Result { try KeyFile(path: path) }
            if isTaken {
                #expect((try? fault.get())?.keys.count == 1)
            } else {
                let error = #expect(throws: KeyFile.Fault.self) { try fault.get() }
                #expect(error?.description.contains("chmod 600") == true && error?.description.contains(line) == false)
            }
        }
        let missing = #expect(throws: KeyFile.Fault.self) { try KeyFile(path: "/nowhere/keys") }
        #expect(missing?.description == "/nowhere/keys can't be read: No such file or directory")
        #expect(throws: KeyFile.Fault.self) { try KeyFile(path: "/tmp") }
    }

    @Test func `a key that is added leaves the file's permissions and links as they are`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, link) = (folder.path + "/keys", folder.path + "/link")
        func permissions() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        }
        try KeyFile.add(Key.make(name: "a", rights: .read).line, named: "a", to: file)
        #expect(try permissions() == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            try? KeyFile.add(Key.make(name: "b\(index)", rights: .read).line, named: "b\(index)", to: link)
        }
        #expect(try permissions() == 0o640 && KeyFile(path: link).keys.count == 9)
        #expect(throws: KeyFile.Fault.self) { try KeyFile.add("a:read:00", named: "a", to: link) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
}
