import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// The folder that holds the programs under test.
let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

/// The project's folder.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// `nabla serve` on a free port of the loopback interface, ended with the value.
final class RunningServer: @unchecked Sendable {
    let port: UInt16
    private let process: ChildProcess
    private let errors = Pipe()

    var base: String { "http://127.0.0.1:\(port)" }

    init(
        _ options: [String] = [],
        environment: [String: String] = [:],
        output: FileHandle? = nil
    ) throws {
        // A server that outlived the tests would hold their output open.
        process = try ChildProcess(
            products.appending(path: "nabla").path,
            ["serve", "--port", "0"] + options,
            environment: environment,
            streams: (nil, output, errors.fileHandleForWriting)
        )
        // Reading comes to an end where the server ends instead.
        try errors.fileHandleForWriting.close()
        var line: [UInt8] = []
        while let byte = try errors.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("listening on http://127.0.0.1:"), let port = UInt16(text.split(separator: ":").last ?? "")
        else { throw Failure(text: text) }
        self.port = port
    }

    struct Failure: Error { let text: String }

    deinit {
        // What is in flight is nobody's any more.
        process.send(SIGKILL)
        process.wait()
    }

    /// Sends a signal.
    func send(_ signal: Int32) { process.send(signal) }

    /// Waits for the end and returns the status.
    func status() -> Int32 { process.wait() }

    /// The bytes of memory that the server holds.
    func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.split(whereSeparator: { !$0.isNumber }).joined())) * 1024
    }

    /// Requests a path.
    func get(_ path: String) async throws -> (status: Int, body: [UInt8], fields: [String: String]) {
        try await send(URLRequest(url: #require(URL(string: base + path))))
    }

    /// Posts JSON.
    func post(_ path: String, _ body: [UInt8]) async throws -> (status: Int, body: [UInt8], fields: [String: String]) {
        var request = URLRequest(url: try #require(URL(string: base + path)))
        request.httpMethod = "POST"
        request.httpBody = Data(body)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        return try await send(request)
    }

    /// Sends any request, with JSON if there is a body.
    func request(
        _ method: String,
        _ path: String,
        _ body: [UInt8]? = nil
    ) async throws -> (status: Int, body: [UInt8], fields: [String: String]) {
        var request = URLRequest(url: try #require(URL(string: base + path)))
        request.httpMethod = method
        request.httpBody = body.map { Data($0) }
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        return try await send(request)
    }

    private func send(_ request: URLRequest) async throws -> (status: Int, body: [UInt8], fields: [String: String]) {
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        let fields = http.allHeaderFields.reduce(into: [String: String]()) { fields, field in
            if let name = field.key as? String, let value = field.value as? String { fields[name.lowercased()] = value }
        }
        return (http.statusCode, [UInt8](data), fields)
    }
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]) throws
    -> (status: Int32, output: [UInt8], errors: String)
{
    // Files, since a pipe that nobody empties meanwhile would stop the program.
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["in", "out", "err"].map { folder.appending(path: $0) }
    try Data(input.utf8).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    let process = try ChildProcess(
        program,
        arguments,
        environment: environment,
        streams: (
            try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
            try FileHandle(forWritingTo: files[2])
        )
    )
    let status = process.wait()
    return (
        status, [UInt8](try Data(contentsOf: files[1])),
        String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    )
}
