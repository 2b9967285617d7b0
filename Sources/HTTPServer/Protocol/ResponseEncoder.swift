/// Writes response heads (RFC 9112 §4).
package enum ResponseEncoder {
    /// `100 Continue`, which has no fields.
    package static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends the status line and all fields; the body, where there is one, follows.
    package static func append(
        _ response: Response,
        _ delivery: Delivery,
        id: String,
        date: [UInt8],
        to bytes: inout [UInt8]
    ) {
        bytes.append("HTTP/1.1 ")
        bytes.append(decimal: response.status.code)
        bytes.append(" ")
        bytes.append(response.status.reason)
        // RFC 9110 §6.6.1: an origin server with a clock sends Date.
        bytes.append("\r\nDate: ")
        bytes.append(contentsOf: date)
        response.fields.appendLines(to: &bytes)
        // RFC 9110 §8.6: no length where there can be no content; HEAD has the length that GET would have.
        if !response.status.isWithoutContent {
            if let count = response.body.count {
                bytes.append("\r\nContent-Length: ")
                bytes.append(decimal: count)
            } else {
                bytes.append("\r\nTransfer-Encoding: chunked")
            }
        }
        bytes.append("\r\nX-Request-Id: ")
        bytes.append(id)
        // RFC 9112 §9.3: HTTP/1.1 goes on unless told otherwise, HTTP/1.0 only when told.
        if delivery.isLast {
            bytes.append("\r\nConnection: close")
        } else if delivery.isHTTP10 {
            bytes.append("\r\nConnection: keep-alive")
        }
        bytes.append("\r\n\r\n")
    }

    /// Whether the body is sent after the head.
    package static func hasBody(_ response: Response, _ delivery: Delivery) -> Bool {
        !delivery.isHead && !response.status.isWithoutContent && response.body.count != 0
    }
}

extension Fields {
    /// What the server says itself; a responder's own would contradict it.
    private static func isReserved(_ name: ArraySlice<UInt8>) -> Bool {
        switch name.count {
        case 4: name.equalsIgnoringCase("Date")
        case 7: name.equalsIgnoringCase("Upgrade")
        case 10: name.equalsIgnoringCase("Connection") || name.equalsIgnoringCase("Keep-Alive")
        case 12: name.equalsIgnoringCase("X-Request-Id")
        case 14: name.equalsIgnoringCase("Content-Length")
        case 17: name.equalsIgnoringCase("Transfer-Encoding")
        default: false
        }
    }

    /// Appends each line after a CRLF.
    fileprivate func appendLines(to output: inout [UInt8]) {
        for line in lines {
            let name = bytes(line.name)
            if Fields.isReserved(name) { continue }
            output.append("\r\n")
            output.append(contentsOf: name)
            output.append(": ")
            output.append(contentsOf: bytes(line.value))
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    fileprivate mutating func append(decimal value: Int) {
        if value >= 10 { append(decimal: value / 10) }
        append(48 + UInt8(truncatingIfNeeded: value % 10))
    }
}
