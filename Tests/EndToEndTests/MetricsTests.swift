import Foundation
import GradientService
import Testing
import TestSupport

@Suite struct MetricsTests {
    /// The samples of `/metrics`, by their names and labels.
    private func samples(_ server: RunningServer) async throws -> [String: Double] {
        let (status, body, fields) = try await server.get("/metrics")
        #expect(status == 200 && fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            uniqueKeysWithValues: try lines.map { line in
                let space = try #require(line.lastIndex(of: " "))
                return (String(line[..<space]), try #require(Double(line[line.index(after: space)...])))
            }
        )
    }

    private func labels(_ method: String, _ route: String, _ status: Int) -> String {
        "{http_request_method=\"\(method)\",http_route=\"\(route)\","
            + "http_response_status_code=\"\(status)\",url_scheme=\"http\"}"
    }

    @Test func `requests are counted by route and status, and their time by parts`() async throws {
        let server = try RunningServer()
        let lecture = try Resources.ofThisProgram.read("Examples/lecture.json")
        for _ in 0..<3 { _ = try await server.post("/v1/gradients", lecture) }
        let answer = try await server.post("/v1/gradients", Resources.ofThisProgram.read("Examples/digits.json"))
        _ = try await server.post("/v1/gradients", Array("{".utf8))
        _ = try await server.get("/v1/examples/lecture")
        let samples = try await samples(server)
        let good = labels("POST", "/v1/gradients", 200)
        #expect(samples["http_server_request_duration_seconds_count" + good] == 4)
        #expect(try #require(samples["http_server_request_duration_seconds_sum" + good]) > 0)
        #expect(samples["http_server_request_duration_seconds_count" + labels("POST", "/v1/gradients", 400)] == 1)
        #expect(samples["http_server_request_duration_seconds_count" + labels("GET", "/v1/examples/{name}", 200)] == 1)
        let sent = try #require(samples["http_server_response_body_size_bytes_sum" + good])
        // Bytes are counted as they are sent, and URLSession asks for gzip.
        #expect(sent > 10_000 && sent < Double(answer.body.count))
        #expect(samples[#"http_server_active_requests{http_request_method="POST",url_scheme="http"}"#] == 0)
        // The first of the small requests and the large one have been timed: three layers, and the classifier's two.
        for pass in ["forward", "backward"] {
            let linear = #"nabla_layer_duration_seconds_count{type="linear",pass="\#(pass)"}"#
            #expect(samples[linear] == 5)
        }
        #expect(samples[#"nabla_compute_duration_seconds_count{operation="gradients"}"#] == 2)
        #expect(samples[#"nabla_text_duration_seconds_count{direction="write"}"#] == 2)
        // Three numbers and 4·3 + 2·4 + 1·2 weights in each small one.
        #expect(try #require(samples["nabla_elements_total"]) > 3 * 25)
        #expect(try #require(samples["process_resident_memory_bytes"]) > 1_000_000)
        #expect(samples.keys.contains { $0.hasPrefix("nabla_build_info{version=\"\(nablaVersion)\"") })
    }

    @Test func `requests of other protocols are timed as well`() async throws {
        let server = try RunningServer()
        let model = """
            {"network": {"layers": [{"type": "linear", "weight": [[2]]}]}, "inputs": {"input": {"shape": [1]}}}
            """
        #expect(try await server.request("PUT", "/v1/models/m", Array(model.utf8)).status == 201)
        let request = #"{"name": "m", "input": [[3]], "config": {}}"#
        let answer = try await server.post("/umbridge/Evaluate", Array(request.utf8))
        #expect(String(decoding: answer.body, as: UTF8.self).contains("6"))
        let samples = try await samples(server)
        #expect(samples[#"nabla_compute_duration_seconds_count{operation="umbridge/Evaluate"}"#] == 1)
        #expect(samples[#"nabla_layer_duration_seconds_count{type="linear",pass="forward"}"#] == 1)
        #expect(samples[#"nabla_text_duration_seconds_count{direction="write"}"#] == 1)
        #expect(samples["nabla_elements_total"] == 2)
    }

    @Test func `a network that is run again and again takes no memory for being timed`() async throws {
        let server = try RunningServer()
        let layer = #"{"type": "linear", "weight": [[1.0000000001]]}, {"type": "tanh"}"#
        let layers = Array(repeating: layer, count: 400).joined(separator: ",")
        let request = Array(#"{"network": {"layers": [\#(layers)]}, "input": [1]}"#.utf8)
        _ = try await server.post("/v1/gradients", request)
        let before = try server.residentBytes()
        #expect(try await server.post("/v1/check", request).status == 200)
        let forward = #"nabla_layer_duration_seconds_count{type="tanh",pass="forward"}"#
        // Two runs at least for each weight.
        #expect(try #require(try await samples(server)[forward]) > 2 * 400 * 400)
        #expect(try server.residentBytes() - before < 16 << 20)
    }

    @Test func `what clients choose never becomes a label`() async throws {
        let server = try RunningServer()
        for index in 0..<50 { _ = try await server.get("/nothing/\(index)?x=\(index)") }
        _ = try RawConnection(to: server.port).exchange("BREW\(1) /v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        _ = try RawConnection(to: server.port).exchange("nonsense\r\n\r\n")
        let samples = try await samples(server)
        #expect(samples.keys.filter { $0.hasPrefix("http_server_request_duration_seconds_count") }.count <= 4)
        #expect(!samples.keys.contains { $0.contains("nothing") || $0.contains("BREW") })
    }

    @Test func `what was turned away is counted by the bound`() async throws {
        let server = try RunningServer(["--max-body", "1KiB"])
        _ = try await server.post("/v1/gradients", [UInt8](repeating: 32, count: 2000))
        #expect(try await samples(server)[#"nabla_rejections_total{reason="size"}"#] == 1)
    }

    @Test func `a client that leaves is counted, and its request is active no more`() async throws {
        let server = try RunningServer(["--body-timeout", "600"])
        let connection = try RawConnection(to: server.port)
        connection.send("POST /v1/gradients HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
        let active = #"http_server_active_requests{http_request_method="POST",url_scheme="http"}"#
        func becomes(_ count: Double) async throws -> Bool {
            // A machine that runs all tests at once may take its time.
            let limit = ContinuousClock.now + .seconds(60)
            while try await samples(server)[active] != count {
                guard .now < limit else { return false }
                try await Task.sleep(for: .milliseconds(20))
            }
            return true
        }
        #expect(try await becomes(1))
        connection.close()
        // A FIN in the middle of a body is answered or closed; either way it is over.
        #expect(try await becomes(0))
    }

    @Test func `the log has a line for each request, with its trace, and nothing of its body`() async throws {
        let log = Pipe()
        let server = try RunningServer(
            ["--log-format", "json", "--access-log", "1"],
            output: log.fileHandleForWriting
        )
        let request = """
            POST /v1/gradients HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nConnection: close\r\nX-Request-Id: mine\r
            traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n{"a":777}
            """
        let answer = try RawConnection(to: server.port).exchange(request)
        #expect(answer.contains("\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"))
        #expect(!answer.contains("00f067aa0ba902b7"))
        _ = try await server.get("/healthz")
        server.send(SIGTERM)
        #expect(server.status() == 0)
        try log.fileHandleForWriting.close()
        let text = String(decoding: try log.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        // Probes are below the level that is logged.
        #expect(lines.count == 1)
        let entry = try JSONTree(parsing: Array(try #require(lines.first).utf8))
        #expect(entry["request_id"]?.text == "mine" && entry["status"] == .integer(422))
        #expect(entry["route"]?.text == "/v1/gradients" && entry["method"]?.text == "POST")
        #expect(entry["trace_id"]?.text == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(entry["parent_id"]?.text == "00f067aa0ba902b7")
        let span = try #require(entry["span_id"]?.text)
        #expect(answer.contains("-\(span)-01\r\n"))
        #expect(!text.contains("777"))
    }

    @Test func `the log says how much a request held, and probes are not in it`() async throws {
        let log = Pipe()
        let server = try RunningServer(
            ["--log-format", "json", "--access-log", "1"],
            output: log.fileHandleForWriting
        )
        _ = try await server.post("/v1/gradients", Resources.ofThisProgram.read("Examples/lecture.json"))
        for probe in ["/healthz", "/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"] {
            #expect(try await server.get(probe).status == 200)
        }
        server.send(SIGTERM)
        #expect(server.status() == 0)
        try log.fileHandleForWriting.close()
        let text = String(decoding: try log.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 1)
        let entry = try JSONTree(parsing: Array(try #require(lines.first).utf8))
        #expect(entry["layers"] == .integer(3) && entry["elements"] == .integer(3 + 12 + 8 + 2))
    }

    @Test func `of a share of the requests as many are logged`() async throws {
        let log = Pipe()
        let server = try RunningServer(["--access-log", "0.1"], output: log.fileHandleForWriting)
        let request = "GET /v1/layers/none HTTP/1.1\r\nHost: a\r\n"
        let many = String(repeating: request + "\r\n", count: 199) + request + "Connection: close\r\n\r\n"
        _ = try RawConnection(to: server.port).exchange(many)
        server.send(SIGTERM)
        #expect(server.status() == 0)
        try log.fileHandleForWriting.close()
        let text = String(decoding: try log.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect((19...21).contains(text.split(separator: "\n").count))
    }

    @Test func `a log that nobody reads stops nothing`() async throws {
        let log = Pipe()
        let server = try RunningServer(
            ["--log-format", "json", "--access-log", "1"],
            output: log.fileHandleForWriting
        )
        // The pipe takes 64 KiB and the sink twice 1 MiB; a line has some 500 bytes, most of them the client's.
        let request = "GET /\(String(repeating: "x", count: 255)) HTTP/1.1\r\nHost: a\r\n"
        let many = String(repeating: request + "\r\n", count: 199) + request + "Connection: close\r\n\r\n"
        var dropped = 0.0
        for _ in 0..<200 where dropped == 0 {
            #expect(try RawConnection(to: server.port).exchange(many).contains("404"))
            dropped = try #require(try await samples(server)["nabla_log_lines_dropped_total"])
        }
        #expect(dropped > 0)
        server.send(SIGTERM)
        #expect(server.status() == 0)
    }

    @Test func `a reader of the log that goes away ends nobody`() async throws {
        let log = Pipe()
        let server = try RunningServer(["--access-log", "1"], output: log.fileHandleForWriting)
        try log.fileHandleForWriting.close()
        try log.fileHandleForReading.close()
        var dropped = 0.0
        for _ in 0..<200 where dropped == 0 {
            _ = try await server.get("/v1")
            dropped = try #require(try await samples(server)["nabla_log_lines_dropped_total"])
        }
        #expect(dropped > 0)
        server.send(SIGTERM)
        #expect(server.status() == 0)
    }

    @Test func `without being asked nothing is logged`() async throws {
        let log = Pipe()
        let server = try RunningServer(output: log.fileHandleForWriting)
        _ = try await server.post("/v1/gradients", Resources.ofThisProgram.read("Examples/lecture.json"))
        server.send(SIGTERM)
        #expect(server.status() == 0)
        try log.fileHandleForWriting.close()
        #expect(try log.fileHandleForReading.readToEnd() == nil)
    }

    @Test func `a share of the log that is none ends with status 2`() throws {
        let answer = try run(products.appending(path: "nabla").path, ["serve", "--access-log", "1.5"])
        #expect(answer.status == 2 && answer.errors.contains("--access-log"))
    }
}
