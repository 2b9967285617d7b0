import Backprop
import HTTPServer

/// The reference at `/docs`: made from the endpoints' and the catalogue's own declarations, so that it says what holds.
struct ReferencePage {
    private let service: Service

    /// The page of a service.
    static func file(for service: Service) -> PageFile {
        PageShell.page(
            "Nabla reference",
            lead: "Every operation, layer and loss, from the declarations that the service itself runs by.",
            script: "reference.js",
            hasFormulas: true,
            content: ReferencePage(service: service).content
        )
    }

    private var content: String {
        [
            contents, start, limits, statuses,
            Endpoint.Tag.allCases.map(group).joined(separator: "\n"),
            ReferenceCatalogue.layers, ReferenceCatalogue.losses,
        ].joined(separator: "\n")
    }

    // MARK: Contents

    private var contents: String {
        let groups = Endpoint.Tag.allCases.map { tag in
            list(
                of: endpoints.filter { $0.tag == tag }.map { ("#\($0.operationID)", "\($0.method.name) \($0.path)") },
                title: tag.title,
                anchor: "#\(tag.rawValue)"
            )
        }
        let layers = Catalogue.layerTypes.map { ("#layer-\($0)", $0) }
        let losses = Catalogue.lossTypes.map { ("#loss-\($0)", $0) }
        return """
            <div id="search" class="search"></div>
            <nav class="contents" aria-label="Contents">
            \(groups.joined(separator: "\n"))
            \(list(of: layers, title: "Layers", anchor: "#layers"))
            \(list(of: losses, title: "Losses", anchor: "#losses"))
            </nav>
            """
    }

    private func list(of entries: [(String, String)], title: String, anchor: String) -> String {
        let items = entries.map { "<li><a href=\"\($0)\">\(escapedForHTML($1))</a></li>" }.joined()
        return "<div><h2><a href=\"\(anchor)\">\(title)</a></h2><ul>\(items)</ul></div>"
    }

    private var start: String {
        """
        <section id="start"><h2>First call</h2>
        <p>Post a network with its weights and inputs; the answer has the output and every gradient. Tensors are nested
        arrays of numbers, row-major; layers, fields and defaults are PyTorch’s.</p>
        \(PageShell.code("curl -s http://127.0.0.1:8080/v1/examples/lecture | curl -s --json @- 'http://127.0.0.1:8080/v1/gradients?pretty=1'", label: "A first call"))
        <p>Where the service asks for keys, add <code>-H "Authorization: Bearer $NABLA_KEY"</code>. A wrong request is
        answered with <code>application/problem+json</code> that lists every fault with a JSON Pointer.</p></section>
        """
    }

    // MARK: Limits

    private var limits: String {
        let server = Limits()
        let rows: [(String, String, String)] = [
            ("Body, inflated as well", "\(server.body >> 20) MiB", "413"),
            ("Request line", "\(server.requestLine >> 10) KiB", "414"),
            (
                "Head", "\(server.head >> 10) KiB, \(server.fields) fields, one of at most \(server.field >> 10) KiB",
                "431"
            ),
            ("Nesting of JSON", "\(service.limits.depth) levels", "400"),
            ("Dimensions of a tensor", "\(service.limits.rank)", "422"),
            ("Elements of a tensor", "\(service.limits.elements)", "422"),
            ("Layers of a network", "\(service.limits.layers)", "422"),
            ("Time for a whole head", "\(server.headerTimeout.wholeSeconds) s", "408"),
            ("Time for a whole body", "\(server.bodyTimeout.wholeSeconds) s, and 1 s for each 64 KiB", "408"),
            ("Time for computing", "\(server.computeTimeout.wholeSeconds) s", "503"),
            ("Requests that wait to be computed", "\(server.queue)", "503"),
        ]
        let body = rows.map { "<tr><th scope=\"row\">\($0)</th><td>\($1)</td><td>\($2)</td></tr>" }.joined(
            separator: "\n"
        )
        return """
            <section id="limits"><h2>Limits and units</h2>
            <p>Sizes are in bytes, 1 KiB = 1,024; times in seconds; numbers are float64 unless <code>dtype</code> says
            <code>float32</code>, printed so that they read back to the same value. These are the defaults; the options of
            <code>nabla serve</code> change them.</p>
            <div class="table-frame" tabindex="0" role="group" aria-label="Limits"><table class="list">
            <thead><tr><th scope="col">What</th><th scope="col">At most</th><th scope="col">Past it</th></tr></thead>
            <tbody>
            \(body)
            </tbody></table></div></section>
            """
    }

    // MARK: Statuses

    /// What every operation may answer, each with a body that one of them gave.
    private var statuses: String {
        let entries = Endpoint.commonProblems.sorted().map { status in
            "<div id=\"status-\(status)\">\(ReferenceOperation(.version, service).problem(status))</div>"
        }
        return """
            <section id="statuses"><h2>Statuses of every operation</h2>
            <p>Problems are <code>application/problem+json</code> (RFC 9457); <code>instance</code> is the request’s
            <code>X-Request-Id</code>.</p>
            <div class="answers">\(entries.joined(separator: "\n"))</div></section>
            """
    }

    private func group(_ tag: Endpoint.Tag) -> String {
        let entries = endpoints.filter { $0.tag == tag }.map { ReferenceOperation($0, service).markup }
        return """
            <section id="\(tag.rawValue)"><h2>\(tag.title)</h2><p>\(tag.description)</p></section>
            \(entries.joined(separator: "\n"))
            """
    }
}

extension Endpoint.Tag {
    /// The group's name as a heading.
    fileprivate var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { components.seconds }
}
