import Foundation
import Testing

@Suite struct CommandTests {
    private let program = products.appending(path: "nabla").path

    @Test func `SIGTERM ends the server with status 0`() async throws {
        let server = try RunningServer()
        #expect(try await server.get("/healthz").status == 200)
        server.send(SIGTERM)
        #expect(server.status() == 0)
    }

    @Test func `a second server on the same port ends with a clear error`() throws {
        let server = try RunningServer()
        let second = try run(program, ["serve", "--port", "\(server.port)"])
        #expect(second.status == 1 && second.errors.contains("127.0.0.1:\(server.port) is in use"))
    }

    @Test func `an invalid option ends with status 2 and is named`() throws {
        let option = try run(program, ["serve", "--max-body", "much"])
        #expect(option.status == 2 && option.errors.contains("--max-body"))
        let variable = try run(program, ["serve"], environment: ["NABLA_MAX_BODY": "-1"])
        #expect(variable.status == 2 && variable.errors.contains("NABLA_MAX_BODY"))
        let unknown = try run(program, ["serve", "--nonsense"])
        #expect(unknown.status == 2 && unknown.errors.contains("--nonsense"))
    }

    @Test func `a setting from the environment holds, and the command line goes before it`() async throws {
        let server = try RunningServer(
            ["--max-layers", "2"],
            environment: ["NABLA_MAX_LAYERS": "1", "NABLA_MAX_RANK": "1"]
        )
        let one = #"{"network":{"layers":[{"type":"tanh"}]},"input":"#
        #expect(try await server.post("/v1/forward", Array((one + "[1]}").utf8)).status == 200)
        #expect(try await server.post("/v1/forward", Array((one + "[[1]]}").utf8)).status == 422)
        let two = #"{"network":{"layers":[{"type":"tanh"},{"type":"tanh"}]},"input":[1]}"#
        #expect(try await server.post("/v1/forward", Array(two.utf8)).status == 200)
    }

    @Test func `the health check tells a running server from none`() throws {
        let server = try RunningServer()
        #expect(try run(program, ["healthcheck", server.base + "/healthz"]).status == 0)
        #expect(try run(program, ["healthcheck"], environment: ["NABLA_PORT": "\(server.port)"]).status == 0)
        let nothing = try run(program, ["healthcheck", server.base + "/nothing"])
        #expect(nothing.status == 1 && nothing.errors.contains("answers with status 404"))
        #expect(try run(program, ["healthcheck", "localhost:\(server.port)"]).status != 0)
        server.send(SIGTERM)
        #expect(server.status() == 0)
        #expect(try run(program, ["healthcheck", server.base + "/healthz"]).status == 1)
    }

    @Test func `help and version end with status 0`() throws {
        #expect(try run(program, ["--version"]).status == 0)
        let help = try run(program, ["serve", "--help"])
        #expect(help.status == 0)
        let text = String(decoding: help.output, as: UTF8.self)
        for option in ["--max-body", "64MiB", "--header-timeout", "--drain-delay"] { #expect(text.contains(option)) }
    }

    @Test func `a file with a fault gives status 1 and the problem on standard error`() throws {
        let wrong = try run(program, ["gradients", "-"], input: #"{"network":{}}"#)
        #expect(wrong.status == 1 && wrong.output.isEmpty)
        #expect(wrong.errors.contains("#/network/layers"))
        #expect(try run(program, ["gradients", "/nowhere/at/all.json"]).status == 1)
    }

    @Test func `files of TLS that cannot be used end with status 2 and are named`() throws {
        let wrong = try run(program, ["serve", "--port", "0", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"])
        #expect(wrong.status == 2 && wrong.errors.contains("--tls-cert /nowhere: No such file"))
        #expect(!wrong.errors.contains("listening"))
        let half = try run(program, ["serve", "--port", "0"], environment: ["NABLA_TLS_CERT": "/nowhere"])
        #expect(half.status == 2 && half.errors.contains("--tls-key") && half.errors.contains("NABLA_TLS_CERT"))
    }

    @Test func `with a certificate the port speaks TLS, and SIGHUP reads the files again`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = """
            set -e; cd "\(folder.path)"
            certify() {
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -days 2 \
                    -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2> /dev/null
            }
            certify old
            "\(program)" serve --port 0 --tls-cert cert.pem --tls-key key.pem 2> log & server=$!
            trap 'kill $server' EXIT
            while ! grep -q listening log; do sleep 0.05; kill -0 $server; done
            url=$(sed -n '1s/listening on //p' log)
            case $url in https://127.0.0.1:*) ;; *) exit 10 ;; esac
            curl -sf --cacert cert.pem "$url/healthz" > /dev/null
            "\(program)" healthcheck "$url/healthz"
            NABLA_TLS_CERT=cert.pem NABLA_PORT=${url##*:} "\(program)" healthcheck
            ! "\(program)" healthcheck "http://${url#https://}/healthz" 2> /dev/null
            certify new
            kill -HUP $server
            until curl -sf --cacert cert.pem "$url/healthz" > /dev/null; do sleep 0.05; kill -0 $server; done
            echo nonsense > cert.pem
            kill -HUP $server
            until grep -q "stays as it was" log; do sleep 0.05; kill -0 $server; done
            curl -sfk "$url/healthz" > /dev/null
            """
        let ran = try run("/usr/bin/timeout", ["60", "/bin/bash", "-c", script])
        #expect(ran.status == 0, "\(ran.errors)")
    }

    @Test func `the program finds its files wherever it is copied to`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["nabla", "nabla_GradientService.resources"] {
            try FileManager.default.copyItem(at: products.appending(path: name), to: folder.appending(path: name))
        }
        let script = """
            "\(folder.path)/nabla" serve --port 0 2> "\(folder.path)/log" & server=$!
            while ! grep -q listening "\(folder.path)/log"; do sleep 0.05; kill -0 $server || exit 1; done
            url=$(sed -n '1s/listening on //p' "\(folder.path)/log")
            curl -sf "$url/v1/examples/lecture" > /dev/null; status=$?
            kill $server; wait $server
            exit $status
            """
        #expect(try run("/bin/bash", ["-c", script]).status == 0)
    }
}
