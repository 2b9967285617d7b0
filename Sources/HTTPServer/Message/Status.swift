/// A final response status with its reason phrase (RFC 9110 §15).
package struct Status: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The three-digit code.
    package let code: Int

    package init(_ code: Int) {
        precondition((200...599).contains(code), "a final status has three digits from 200 to 599")
        self.code = code
    }

    package init(integerLiteral code: Int) { self.init(code) }

    /// The phrase of RFC 9110 for this code, or the class's name for a code without one.
    package var reason: String { Status.reasons[code] ?? Status.classes[code / 100 - 2] }

    /// Whether a response with this status never has content, not even of length 0 (RFC 9110 §15.3.5, §15.4.5).
    package var isWithoutContent: Bool { code == 204 || code == 304 }

    private static let classes = ["Success", "Redirection", "Client Error", "Server Error"]

    private static let reasons: [Int: String] = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
        301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
        307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 411: "Length Required",
        412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
        416: "Range Not Satisfiable", 417: "Expectation Failed", 421: "Misdirected Request",
        422: "Unprocessable Content", 426: "Upgrade Required", 428: "Precondition Required",
        429: "Too Many Requests", 431: "Request Header Fields Too Large",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
    ]
}
