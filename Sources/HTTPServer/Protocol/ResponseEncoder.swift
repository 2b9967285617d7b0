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
        let id = id.utf8.span
        let most = ResponseEncoder.mostBytes + date.count + response.fields.mostSendableBytes + id.count
        // All of it into room that is made once.
        bytes.append(addingCapacity: most) { head in
            head.append("HTTP/1.1 ")
            head.append(decimal: response.status.code)
            head.append(" ")
            head.append(response.status.phrase)
            // RFC 9110 §6.6.1: an origin server with a clock sends Date.
            head.append("\r\nDate: ")
            head.append(date.span)
            head.append("\r\n")
            response.fields.appendLines(to: &head)
            // RFC 9110 §8.6: no length where there can be no content; HEAD has the length that GET would have.
            if !response.status.isWithoutContent {
                if let count = response.body.count {
                    head.append("Content-Length: ")
                    head.append(decimal: count)
                    head.append("\r\n")
                } else {
                    head.append("Transfer-Encoding: chunked\r\n")
                }
            }
            head.append("X-Request-Id: ")
            head.append(id)
            // RFC 9112 §9.3: HTTP/1.1 goes on unless told otherwise, HTTP/1.0 only when told.
            if delivery.isLast {
                head.append("\r\nConnection: close")
            } else if delivery.isHTTP10 {
                head.append("\r\nConnection: keep-alive")
            }
            head.append("\r\n\r\n")
        }
    }

    /// What a head takes without date, fields and id, at most: a little more than the longest of each of its parts.
    private static let mostBytes = 256

    /// Whether the body is sent after the head.
    package static func hasBody(_ response: Response, _ delivery: Delivery) -> Bool {
        !delivery.isHead && !response.status.isWithoutContent && response.body.count != 0
    }
}

extension Fields {
    /// The most bytes that the lines take.
    fileprivate var mostSendableBytes: Int { storage.count + 4 * lines.count }

    /// Appends each line with its line end, those left out that the server says itself.
    fileprivate func appendLines(to output: inout OutputSpan<UInt8>) {
        if isSendable {
            output.append(storage.span)
            return
        }
        for line in lines where !Fields.isReserved(bytes(line.name)) {
            output.append(bytes(line.name).span)
            output.append(": ")
            output.append(bytes(line.value).span)
            output.append("\r\n")
        }
    }
}
