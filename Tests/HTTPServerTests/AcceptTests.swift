import HTTPServer
import Testing

@Suite struct AcceptTests {
    /// RFC 9110 §12.5.1.
    @Test(
        arguments: [
            (nil, "application/json"),
            ("", "application/json"),
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("Application/JSON;charset=utf-8", "application/json"),
            ("text/html", "text/html"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
            ("text/*;q=0.5, application/json;q=0.4", "text/html"),
            ("text/html;q=0.5, application/json", "application/json"),
            ("*/*, application/json;q=0", "text/html"),
            ("text/*, text/html;q=0", "text/markdown"),
            ("nonsense, */*", "application/json"),
            ("image/png", nil),
            ("application/json;q=0", nil),
            ("*/*;q=0", nil),
            ("text/html;q=nonsense", nil),
        ] as [(String?, String?)]
    )
    func `the best form that a client takes is chosen`(_ field: String?, _ chosen: String?) {
        let forms = ["application/json", "text/html", "text/markdown"]
        #expect(Accept(field).choose(among: forms) == chosen)
    }

    @Test func `a client that takes no form of the answer gets 406 before its body is read`() {
        let router = Router([
            Route(.post, "/a", answers: ["application/json"]) { _, _ in .ready(Response(200)) },
            Route(.get, "/b") { _, _ in .ready(Response(200)) },
        ])
        let picky: Fields = ["Accept": "image/png"]
        #expect(router.refusal(of: RequestHead(.post, "/a", fields: picky))?.status == 406)
        #expect(router.refusal(of: RequestHead(.post, "/a"))?.status == nil)
        #expect(router.refusal(of: RequestHead(.get, "/b", fields: picky))?.status == nil)
    }
}
