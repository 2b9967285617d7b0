import HTTPServer

/// Bodies of problems, had by doing wrong: what the service really answers.
struct ProblemExamples {
    private let endpoint: Endpoint
    private let service: Service

    init(_ endpoint: Endpoint, _ service: Service) {
        self.endpoint = endpoint
        self.service = service
    }

    /// The body of an answer with a status.
    func body(_ status: Int) -> String {
        let bytes: [UInt8]
        switch status {
        case 400 where endpoint.body != nil && endpoint.answersWithoutModels: bytes = answer(to: "{\"network\": }")
        case 422 where endpoint.answersWithoutModels:
            bytes = answer(to: "{\"network\": {\"layers\": [{\"type\": \"tahn\"}]}, \"input\": [1]}")
        case 404 where endpoint.answersWithoutModels: bytes = missing
        case 405: bytes = refusal(RequestHead(endpoint.method == .get ? .post : .get, path))
        case 406: bytes = refusal(RequestHead(endpoint.method, path, fields: ["Accept": "image/png"]))
        case 415:
            let fields: Fields = ["Content-Type": "text/plain"]
            bytes = refusal(RequestHead(endpoint.method, path, fields: fields, framing: .length(2)))
        default: bytes = wire(status)
        }
        return String(decoding: indented(bytes), as: UTF8.self)
    }

    private var path: String { endpoint.path.replacing("{name}", with: "nothing") }

    private func bytes(_ response: Response?) -> [UInt8] {
        guard let bytes = response?.body.bytes else { return [] }
        return bytes
    }

    private func refusal(_ head: RequestHead) -> [UInt8] { bytes(API(service).refuse(head)) }

    private func answer(to body: String) -> [UInt8] {
        let request = Request(head: RequestHead(endpoint.method, endpoint.path, id: "4f2a"), body: Array(body.utf8))
        switch endpoint.respond(service, request, PathParameters()) {
        case .ready(let response): return bytes(response)
        case .work(let work): return bytes(work(Cancellation()))
        }
    }

    private var missing: [UInt8] {
        let request = Request(head: RequestHead(endpoint.method, path, id: "4f2a"))
        let parameters = PathParameters([("name", Array("nothing".utf8))])
        guard case .ready(let response) = endpoint.respond(service, request, parameters) else { return [] }
        return bytes(response)
    }

    /// What the server answers by itself, before an endpoint is asked: a connection is given the bytes of a bad client.
    private func wire(_ status: Int) -> [UInt8] {
        let line = "\(endpoint.method.name) \(path) HTTP/1.1\r\n"
        let host = "Host: 127.0.0.1\r\n"
        let text: String
        switch status {
        case 400: text = line + "\r\n"
        case 408: text = line
        case 413: text = line + host + "Content-Length: 99999999999\r\n\r\n"
        case 414: text = "GET /" + String(repeating: "a", count: Limits().requestLine) + " HTTP/1.1\r\n"
        case 417: text = line + host + "Expect: coffee\r\n\r\n"
        case 431: text = line + host + String(repeating: "A: b\r\n", count: Limits().fields + 1)
        case 501: text = line + host + "Transfer-Encoding: brotli, chunked\r\n\r\n"
        case 505: text = "\(endpoint.method.name) \(path) HTTP/3.0\r\n\r\n"
        case 503: return Problem(Refusal(503, "the queue of \(Limits().queue) requests is full"), instance: "4f2a").json
        case 500: return Problem(Refusal(500, "a defect, which has been logged"), instance: "4f2a").json
        default: return Problem(Refusal(Status(status), OpenAPIDocument.reason(status)), instance: "4f2a").json
        }
        guard let refusal = refusal(of: Array(text.utf8)) else { return [] }
        return Problem(refusal, instance: "4f2a").json
    }

    private func refusal(of bytes: [UInt8]) -> Refusal? {
        var machine = ConnectionMachine(limits: SharedLimits(Limits()), at: .zero)
        var index = 0
        switch machine.next(bytes.span, from: &index, at: .zero) {
        case .refusal(let refusal, _): return refusal
        case .head:
            if case .failure(let refusal) = machine.acceptBody(at: .zero) { return refusal }
        case .more:
            if case .refusal(let refusal, _) = machine.tick(at: machine.deadline) { return refusal }
        default: break
        }
        return nil
    }
}
