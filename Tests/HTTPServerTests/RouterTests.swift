import HTTPServer
import Testing

private let router = Router([
    Route(.get, "/healthz") { _, _ in .ready(Response(200, "text/plain", "ok")) },
    Route(.post, "/v1/gradients", mediaTypes: ["application/json"]) { request, _ in
        .ready(Response(200, fields: [:], body: request.body))
    },
    Route(.get, "/v1/models/{name}") { _, parameters in .ready(Response(200, "text/plain", parameters["name"] ?? "")) },
    Route(.delete, "/v1/models/{name}") { _, _ in .ready(Response(204)) },
    Route(.get, "/v1/models/list") { _, _ in .ready(Response(200, "text/plain", "the list")) },
])

private func answer(_ head: RequestHead) -> Response {
    if let response = router.refuse(head) { return response }
    switch router.respond(to: Request(head: head)) {
    case .ready(let response): return response
    case .work(let work): return work(Cancellation())
    }
}

private func text(_ response: Response) -> String {
    String(decoding: response.body.bytes, as: UTF8.self)
}

@Test func `what one router has matched another of the same routes answers`() {
    let paths = (0..<40).map { "/literal/\($0)" } + (0..<40).map { "/\($0)/{name}" }
    func makeRouter() -> Router {
        Router(paths.map { path in Route(.get, path) { _, _ in .ready(Response(200, "text/plain", path)) } })
    }
    let (one, other) = (makeRouter(), makeRouter())
    for path in paths {
        let head = RequestHead(.get, path.replacing("{name}", with: "a"))
        head.identify(as: "1", one.match(head))
        guard case .ready(let response) = other.respond(to: Request(head: head)) else {
            Issue.record("\(path) has work")
            continue
        }
        #expect(text(response) == path)
        #expect(other.template(of: head) == path)
    }
}

@Test(arguments: [
    (Method.get, "/healthz", 200, "ok", "a literal path"),
    (.head, "/healthz", 200, "ok", "HEAD is GET; the server leaves the content out"),
    (.get, "/%68ealth%7A", 200, "ok", "an escaped letter is the letter"),
    (.get, "/healthz?a=b", 200, "ok", "the query is not the path"),
    (.get, "/v1/models/a.b", 200, "a.b", "a parameter"),
    (.get, "/v1/models/a%2Fb", 200, "a/b", "an escaped slash is data"),
    (.get, "/v1/models/%2541", 200, "%41", "escapes are decoded once"),
    (.get, "/v1/models/list", 200, "the list", "a literal wins over a parameter"),
    (.delete, "/v1/models/x", 204, "", "another method"),
])
func `a request finds its route`(method: Method, target: String, status: Int, body: String, why: String) {
    let response = answer(RequestHead(method, target))
    #expect(response.status.code == status, "\(why)")
    #expect(text(response) == body, "\(why)")
}

@Test(
    arguments: [
        (Method.get, "/nope", 404, nil, "no such path"),
        (.get, "/healthz/", 404, nil, "another path"),
        (.get, "/%2568ealthz", 404, nil, "not decoded twice"),
        (.get, "/v1%2Fgradients", 404, nil, "an escaped slash separates nothing"),
        (.get, "/v1/models/", 404, nil, "an empty parameter"),
        (.get, "//healthz", 404, nil, "an empty segment"),
        (.post, "/healthz", 405, "GET, HEAD, OPTIONS", "no such method"),
        (.head, "/v1/gradients", 405, "OPTIONS, POST", "HEAD without GET"),
        (.trace, "/v1/models/x", 405, "DELETE, GET, HEAD, OPTIONS", "no such method"),
        (.other("QUERY"), "/healthz", 405, "GET, HEAD, OPTIONS", "an unknown method"),
        (.other("PURGE"), "/v1/models/x", 405, "DELETE, GET, HEAD, OPTIONS", "an unknown method on a template"),
        (.other("BREW"), "/nope", 404, nil, "an unknown method on an unknown path"),
        (.options, "/healthz", 204, "GET, HEAD, OPTIONS", "OPTIONS"),
        (.options, "*", 204, "DELETE, GET, HEAD, OPTIONS, POST", "OPTIONS of the server"),
        (.options, "/nope", 404, nil, "OPTIONS of nothing"),
    ] as [(Method, String, Int, String?, String)]
)
func `what no route takes has its status`(method: Method, target: String, status: Int, allow: String?, why: String) {
    let response = answer(RequestHead(method, target))
    #expect(response.status.code == status, "\(why)")
    #expect(response.fields["Allow"] == allow, "\(why)")
}

@Test(
    arguments: [
        ("application/json", 200), ("Application/JSON; charset=utf-8", 200), (nil, 200), ("text/plain", 415),
        ("application/jsonx", 415), ("application/json, text/plain", 415), ("", 415),
    ] as [(String?, Int)]
)
func `a body's media type is one the route takes`(mediaType: String?, status: Int) {
    var fields = Fields()
    fields["Content-Type"] = mediaType
    let head = RequestHead(.post, "/v1/gradients", fields: fields, framing: .length(2))
    #expect(answer(head).status.code == status)
}

@Test func `a body that is not JSON is told how curl sends JSON`() throws {
    let form: Fields = ["Content-Type": "application/x-www-form-urlencoded"]
    let head = RequestHead(.post, "/v1/gradients", fields: form, framing: .length(2))
    let refusal = try #require(router.refusal(of: head))
    #expect(refusal.status == 415 && refusal.detail.contains("curl --json"))
}
