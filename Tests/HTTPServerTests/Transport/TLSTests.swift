import Foundation
import HTTPServer
import Testing

@Test(arguments: ["1.2", "1.3"])
func `requests and answers of any size pass through TLS`(_ version: String) async throws {
    let files = try TLSFiles()
    let body = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    try body.write(to: files.folder.appending(path: "body"))
    try await withServer(tls: files.settings) { running in
        let only = ["--tlsv\(version)", "--tls-max", version]
        #expect(try files.curl(running.port, "/hello", only).text == "hello\n")
        let posted = ["--data-binary", "@\(files["body"])", "-H", "Expect:"]
        #expect(try files.curl(running.port, "/echo", only + posted).output == [UInt8](body))
        let large = try files.curl(running.port, "/big/20000000", only)
        #expect(large.output.count == 20_000_000 && large.output.allSatisfy { $0 == 120 })
        let work = try files.curl(running.port, "/work/done/20", only + ["-X", "POST"])
        #expect(work.text == "done")
        let many = try files.curl(running.port, "/big/[40000-40019]", only + ["-w", "%{num_connects} "])
        #expect(many.output.count > 20 * 40_000)
        #expect(String(decoding: many.output.suffix(2), as: UTF8.self) == "0 ", "the connection is kept")
        #expect(running.settles(open: 0))
    }
}

@Test func `what is older or weaker than TLS 1,2 with forward secrecy is refused`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings) { running in
        for options in [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"]] {
            let ran = try files.openssl(running.port, options)
            #expect(ran.status != 0 && !ran.text.contains("HTTP/1.1"), "\(options)")
        }
        #expect(try files.openssl(running.port, ["-tls1_2"]).text.contains("HTTP/1.1 200 OK"))
    }
}

@Test func `the end is announced, and renegotiation is not to be had`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings) { running in
        for version in ["-tls1_2", "-tls1_3"] {
            let ran = try files.openssl(running.port, [version])
            #expect(ran.status == 0 && ran.text.contains("hello\n"))
            #expect(!ran.errors.contains("unexpected eof"), "\(version): close_notify comes before FIN")
        }
        let again = try run("openssl", ["s_client", "-connect", "127.0.0.1:\(running.port)", "-tls1_2"], input: "R\n")
        #expect(again.errors.contains("no renegotiation"))
        #expect(try files.curl(running.port, "/hello").text == "hello\n")
    }
}

@Test func `http/1,1 is the protocol, and nothing else`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings) { running in
        let both = try files.openssl(running.port, ["-alpn", "h2,http/1.1"])
        #expect(both.text.contains("ALPN protocol: http/1.1"))
        let none = try files.openssl(running.port)
        #expect(none.text.contains("No ALPN negotiated") && none.text.contains("hello\n"))
        let other = try files.openssl(running.port, ["-alpn", "h2"])
        #expect(other.status != 0 && other.errors.contains("no application protocol"))
    }
}

@Test(arguments: ["-tls1_2", "-tls1_3"])
func `a session is resumed by its ticket`(_ version: String) async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings) { running in
        let first = try files.openssl(running.port, [version, "-sess_out", files["session"]])
        #expect(first.text.contains("New, TLSv1."))
        let second = try files.openssl(running.port, [version, "-sess_in", files["session"]])
        #expect(second.text.contains("Reused, TLSv1.") && second.text.contains("hello\n"))
    }
}

@Test func `what is no TLS is told so or turned away, and the server goes on`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings, { $0.headerTimeout = .milliseconds(300) }) { running in
        let plain = try running.client()
        plain.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let answer = try #require(try plain.response())
        #expect(answer.status == 400 && answer.text.contains("https://") && answer["connection"] == "close")
        #expect(try plain.isClosed())

        let hello: [UInt8] = [22, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3]
        for bytes in [[UInt8](repeating: 0x99, count: 3000), hello, [22, 3, 1, 255, 255], []] {
            let client = try running.client()
            client.send(bytes)
            // An alert, or nothing where the handshake was only late; in any case the end.
            while try client.receive() != nil {}
        }
        #expect(try files.curl(running.port, "/hello").text == "hello\n")
        #expect(running.settles(open: 0))
    }
}

@Test func `beyond the limit of connections a client learns why through TLS`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings, { $0.connections = 1 }) { running in
        let held = try HeldSession(running.port)
        #expect(try held.asks())
        let refused = try files.curl(running.port, "/hello", ["-w", "%{http_code}"])
        #expect(refused.text.hasSuffix("503"))
        #expect(try held.asks())
    }
}

@Test func `new certificates hold for new connections, and bad ones for none`() async throws {
    let files = try TLSFiles()
    try await withServer(tls: files.settings) { running in
        try FileManager.default.copyItem(atPath: files["server.pem"], toPath: files["old.pem"])
        let held = try HeldSession(running.port)
        #expect(try held.asks())

        try files.certify("server")
        try running.server.loadTLS()
        #expect(try held.asks(), "the connection goes on")
        #expect(try files.curl(running.port, "/hello").text == "hello\n")
        #expect(try files.curl(running.port, "/hello", trusting: "old").status == 60, "the old certificate is gone")

        try files.write("nonsense", to: "server.pem")
        #expect(throws: TLSFault.self) { try running.server.loadTLS() }
        try FileManager.default.removeItem(atPath: files["server.key"])
        #expect(throws: TLSFault.self) { try running.server.loadTLS() }
        #expect(try held.asks())
        let trust = try files.curl(running.port, "/hello", ["-k"])
        #expect(trust.text == "hello\n")
    }
}

@Test func `files that cannot be used are named before anything listens`() throws {
    let files = try TLSFiles()
    try files.certify("other")
    try files.write("nonsense", to: "bad")
    _ = try run(
        "openssl",
        ["ec", "-in", files["server.key"], "-out", files["locked.key"], "-aes128", "-passout", "pass:secret"]
    )
    let (good, key) = (files["server.pem"], files["server.key"])
    var authority = files.settings
    authority.clientAuthority = files["bad"]
    let cases: [(TLSSettings, TLSFault.File, String)] = [
        (TLSSettings(certificate: files["nowhere"], key: key), .certificate, "No such file"),
        (TLSSettings(certificate: files["bad"], key: key), .certificate, "no certificate"),
        (TLSSettings(certificate: good, key: files["nowhere"]), .key, "No such file"),
        (TLSSettings(certificate: good, key: files["bad"]), .key, "not the certificate's key"),
        (TLSSettings(certificate: good, key: files["locked.key"]), .key, "without a passphrase"),
        (TLSSettings(certificate: good, key: files["other.key"]), .key, "not the certificate's key"),
        (authority, .clientAuthority, "no certificates"),
    ]
    for (settings, file, reason) in cases {
        do throws(ServerError) {
            _ = try Running.start(settings)
            Issue.record("\(reason): it began to listen")
        } catch {
            guard case .tls(let fault) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(fault.file == file && fault.reason.contains(reason), "\(fault)")
        }
    }
}

@Test(arguments: [true, false])
func `clients' certificates are checked`(_ isRequired: Bool) async throws {
    let files = try TLSFiles()
    try files.certify("client")
    try files.certify("stranger")
    var settings = files.settings
    settings.clientAuthority = files["client.pem"]
    settings.requiresClientCertificate = isRequired
    try await withServer(tls: settings) { running in
        func ask(as name: String) throws -> String {
            let identity = ["--cert", files["\(name).pem"], "--key", files["\(name).key"]]
            return try files.curl(running.port, "/hello", identity).text
        }
        let (client, stranger) = (try ask(as: "client"), try ask(as: "stranger"))
        let nobody = try files.curl(running.port, "/hello").text
        #expect(client == "hello\n" && stranger == "")
        #expect(nobody == (isRequired ? "" : "hello\n"))
    }
}
