/// The body of an error as `application/problem+json` (RFC 9457).
package struct Problem: Sendable {
    /// The media type of `json`.
    package static let mediaType = "application/problem+json"

    package var type = "about:blank"
    package var status: Status
    package var detail: String
    /// The request's id, or nil where there was none.
    package var instance: String?

    package init(_ refusal: Refusal, instance: String?) {
        status = refusal.status
        detail = refusal.detail
        self.instance = instance
    }

    /// The problem as one JSON object and a newline, in ASCII.
    package var json: [UInt8] {
        var text: [UInt8] = []
        text.append(contentsOf: "{\"type\":".utf8)
        text.appendQuoted(type)
        text.append(contentsOf: ",\"title\":".utf8)
        text.appendQuoted(status.reason)
        text.append(contentsOf: ",\"status\":\(status.code),\"detail\":".utf8)
        text.appendQuoted(detail)
        if let instance {
            text.append(contentsOf: ",\"instance\":".utf8)
            text.appendQuoted(instance)
        }
        text.append(contentsOf: "}\n".utf8)
        return text
    }
}

extension [UInt8] {
    /// Appends a JSON string; everything but printable ASCII is escaped.
    fileprivate mutating func appendQuoted(_ text: String) {
        append(UInt8(ascii: "\""))
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C: append(contentsOf: [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: unit)])
            case 0x20...0x7E: append(UInt8(truncatingIfNeeded: unit))
            default:
                append(contentsOf: "\\u".utf8)
                for shift in [12, 8, 4, 0] {
                    let digit = UInt8(truncatingIfNeeded: (unit >> shift) & 15)
                    append(digit < 10 ? 48 + digit : 87 + digit)
                }
            }
        }
        append(UInt8(ascii: "\""))
    }
}
