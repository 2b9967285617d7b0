import HTTPServer

/// An endpoint in the reference: its purpose, how it is called from three languages, and every answer that it gives.
struct ReferenceOperation {
    private let endpoint: Endpoint
    private let service: Service

    init(_ endpoint: Endpoint, _ service: Service) {
        self.endpoint = endpoint
        self.service = service
    }

    /// The longest answer that is shown whole, in bytes.
    private static let most = 6_000
    private static let host = "http://127.0.0.1:8080"

    /// The section's markup.
    var markup: String {
        """
        <section id="\(endpoint.operationID)" class="entry">
        <h3><a class="anchor" href="#\(endpoint.operationID)"><span class="method">\(endpoint.method.name)</span> \
        \(escapedForHTML(endpoint.path))</a></h3>
        <p>\(PageShell.prose(endpoint.summary))</p>
        \(endpoint.description.isEmpty ? "" : "<p>\(PageShell.prose(endpoint.description))</p>")
        \(parameters)
        \(calls)
        \(statuses)
        </section>
        """
    }

    // MARK: Parameters

    private var parameters: String {
        guard !endpoint.parameters.isEmpty else { return "" }
        let rows = endpoint.parameters.map { parameter -> String in
            let name = escapedForHTML(parameter["name"]?.text ?? "")
            let place = escapedForHTML(parameter["in"]?.text ?? "")
            let words = parameter["description"]?.text ?? parameter["schema"]?["enum"].map(ReferenceText.line) ?? ""
            let cells = "<td>\(place)</td><td>\(PageShell.prose(words))</td>"
            return "<tr><th scope=\"row\"><code>\(name)</code></th>\(cells)</tr>"
        }
        return """
            <div class="table-frame" tabindex="0" role="group" aria-label="Parameters of \(endpoint.operationID)">
            <table class="list"><thead><tr><th scope="col">Parameter</th><th scope="col">In</th><th scope="col">Meaning</th></tr>
            </thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            """
    }

    // MARK: Calls

    /// The path with its parameters filled in.
    private var path: String {
        endpoint.parameters.filter { $0["in"]?.text == "path" }.reduce(endpoint.path) { path, parameter in
            let value = parameter["schema"]?["enum"]?.elements.first?.text ?? "name"
            return path.replacing("{\(parameter["name"]?.text ?? "")}", with: value)
        }
    }

    private var calls: String {
        let url = Self.host + path
        let method = endpoint.method.name
        guard let example = endpoint.body?.examples.first else {
            let isGet = endpoint.method == .get
            return tabs(
                curl: "curl -s \(isGet ? "" : "-X \(method) ")\(url)",
                httpie: "http \(method) \(url)",
                python: """
                    import urllib.request

                    call = urllib.request.Request("\(url)", method="\(method)")
                    print(urllib.request.urlopen(call).read().decode())
                    """,
                body: nil
            )
        }
        let json = ReferenceText.json(example.value, isIndented: true)
        let python = """
            import json
            import urllib.request

            request = json.loads('''
            \(json)
            ''')
            call = urllib.request.Request(
                "\(url)",
                data=json.dumps(request).encode(),
                headers={"Content-Type": "application/json"},
                method="\(method)",
            )
            print(json.dumps(json.load(urllib.request.urlopen(call)), indent=2))
            """
        return tabs(
            curl: "curl -s \(endpoint.method == .post ? "" : "-X \(method) ")--json '\(json)' '\(url)?pretty=1'",
            httpie: "echo '\(ReferenceText.json(example.value, isIndented: false))' | http \(method) \(url)",
            python: python,
            body: endpoint.tag == .derivatives ? example.value : nil
        )
    }

    private func tabs(curl: String, httpie: String, python: String, body: JSONTree?) -> String {
        let open = body.map { body in
            "<p><a href=\"/#j=\(ReferenceText.fragment(body))\">Open this request in the playground</a></p>"
        }
        let trial = endpoint.method == .post ? " data-try=\"\(endpoint.path)\"" : ""
        return """
            <div class="calls"\(trial)>
            <details open><summary>curl</summary>\(PageShell.code(curl, label: "curl"))</details>
            <details><summary>HTTPie</summary>\(PageShell.code(httpie, label: "HTTPie"))</details>
            <details><summary>Python</summary>\(PageShell.code(python, label: "Python"))</details>
            \(open ?? "")</div>
            """
    }

    // MARK: Answers

    private var statuses: String {
        let own = ReferenceOperation.ownProblems(of: endpoint).map { problem($0) }
        let shared = Set(Endpoint.commonProblems).subtracting(ReferenceOperation.ownProblems(of: endpoint)).sorted()
        let links = shared.map { "<a href=\"#status-\($0)\">\($0)</a>" }.joined(separator: ", ")
        let successes = ([endpoint.success] + endpoint.otherSuccesses).sorted { $0.status < $1.status }.map(success)
        return """
            <div class="answers"><h4>Answers</h4>
            \((successes + own).joined(separator: "\n"))
            <p class="note">As every operation also: \(links).</p></div>
            """
    }

    /// A status of success with what it says, and the body of the answer to the example.
    private func success(_ success: Endpoint.Success) -> String {
        let forms = ([success.mediaType] + endpoint.otherForms.map(\.rawValue)).joined(separator: ", ")
        let words = "<b>\(success.status)</b> \(escapedForHTML(success.description))"
        guard success.status == endpoint.success.status, endpoint.answersWithoutModels else {
            return "<p class=\"status\">\(words)</p>"
        }
        return """
            <details><summary>\(words) <span class="note">\(forms)</span></summary>
            \(PageShell.code(body, label: "A body of status \(success.status)"))</details>
            """
    }

    /// The problems whose bodies an endpoint words by itself.
    private static func ownProblems(of endpoint: Endpoint) -> [Int] {
        (endpoint.problems + (endpoint.body == nil ? [] : [400])).sorted()
    }

    /// A status with when it comes and a body that has it.
    func problem(_ status: Int) -> String {
        """
        <details><summary><b>\(status)</b> \(escapedForHTML(OpenAPIDocument.reason(status)))</summary>
        \(PageShell.code(ProblemExamples(endpoint, service).body(status), label: "A body of status \(status)"))</details>
        """
    }

    /// The body of the answer to the example, as the service gives it.
    private var body: String {
        if endpoint.tag == .pages { return "<!DOCTYPE html> …" }
        let body = endpoint.body?.examples.first.map { ReferenceText.bytes($0.value) } ?? []
        let request = Request(head: RequestHead(endpoint.method, path), body: body)
        let response =
            switch endpoint.respond(service, request, ReferenceText.parameters(of: endpoint)) {
            case .ready(let response): response
            case .work(let work): work(Cancellation())
            }
        let bytes = response.body.bytes
        if bytes.count <= Self.most {
            let isJSON = endpoint.success.mediaType == "application/json"
            return String(decoding: isJSON ? indented(bytes) : bytes, as: UTF8.self)
        }
        let head = String(decoding: bytes.prefix(Self.most / 2), as: UTF8.self)
        return "\(head)… \(bytes.count) bytes in all"
    }
}

extension Endpoint {
    /// Whether its example can be answered by any service, and changes nothing: what works on stored models is not
    /// asked for the sake of an example.
    var answersWithoutModels: Bool { tag != .models && tag != .interchange }
}
