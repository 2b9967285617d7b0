import Foundation
import HTTPServer

/// A folder with certificates that `openssl` makes, removed with the value.
final class TLSFiles: Sendable {
    let folder: URL

    /// Makes `server.pem` with `server.key`, self-signed, for localhost.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try certify("server")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    subscript(name: String) -> String { folder.appending(path: name).path }

    var settings: TLSSettings { TLSSettings(certificate: self["server.pem"], key: self["server.key"]) }

    /// Makes a self-signed certificate and its key, in place of those that were there.
    func certify(_ name: String) throws {
        let made = try run(
            "openssl",
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
                + ["-keyout", self["\(name).key"], "-out", self["\(name).pem"]]
        )
        guard made.status == 0 else { throw ClientError.failed(made.errors) }
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
    }

    /// Asks by curl, which trusts the server's certificate alone.
    func curl(_ port: UInt16, _ path: String, _ options: [String] = [], trusting name: String = "server") throws
        -> Ran
    {
        let trust = ["-s", "--max-time", "20", "--cacert", self["\(name).pem"]]
        return try run("curl", trust + options + ["https://localhost:\(port)\(path)"])
    }

    /// Connects by `openssl s_client`, which sends a text and reads to the end.
    func openssl(_ port: UInt16, _ options: [String] = [], _ text: String = closing) throws -> Ran {
        let arguments = ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", self["server.pem"], "-ign_eof"]
        return try run("openssl", arguments + options, input: text)
    }

    static let closing = "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
}

/// What a program did.
struct Ran {
    let status: Int32
    let output: [UInt8]
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a program to its end, 30 s at most.
func run(_ program: String, _ arguments: [String], input: String = "") throws -> Ran {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    process.arguments = ["30", program] + arguments
    // Files, since a pipe that nobody empties meanwhile would stop the program.
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["in", "out", "err"].map { folder.appending(path: $0) }
    try Data(input.utf8).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return Ran(
        status: process.terminationStatus,
        output: [UInt8](try Data(contentsOf: files[1])),
        errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    )
}

/// A TLS connection by `openssl s_client` that stays open.
final class HeldSession {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = ""

    init(_ port: UInt16) throws {
        // A pipe to a program that has ended gives an error and no signal.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["30", "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-quiet"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { process.terminate() }

    /// Asks for `/hello` and waits for the answer; gives whether it came.
    func asks() throws -> Bool {
        received = ""
        try input.fileHandleForWriting.write(contentsOf: Data("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        while !received.hasSuffix("hello\n") {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return false }
            received += String(decoding: more, as: UTF8.self)
        }
        return received.hasPrefix("HTTP/1.1 200 ")
    }
}
