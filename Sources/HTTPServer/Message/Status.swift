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
    package var reason: String { phrase.description }

    /// Whether a response with this status never has content, not even of length 0 (RFC 9110 §15.3.5, §15.4.5).
    package var isWithoutContent: Bool { code == 204 || code == 304 }

    /// The same as bytes that are part of the program, which every response's status line takes.
    var phrase: StaticString {
        switch code {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        case ..<300: "Success"
        case ..<400: "Redirection"
        case ..<500: "Client Error"
        default: "Server Error"
        }
    }
}
