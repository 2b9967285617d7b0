/// When answers are compressed for clients that ask for it.
package enum Compression: String, Sendable, CaseIterable {
    /// From 1 KiB, below which nothing is gained, to 1 MiB: gzip of a large answer takes several times its making.
    case auto
    /// From 1 KiB on.
    case always
    case never

    private static let least = 1 << 10
    private static let most = 1 << 20

    /// How much of a content has to be made before it is known whether it is compressed.
    func mostToMake(_ accepted: AcceptEncoding) -> Int {
        if self == .never || accepted.coding == nil { return 0 }
        return self == .always || !accepted.takesIdentity ? .max : Compression.most
    }

    /// The coding that this response will be sent in, nil for none.
    func coding(for response: Response, _ accepted: AcceptEncoding) -> ContentCoding? {
        guard let coding = accepted.coding, varies(response, accepted) else { return nil }
        return coding
    }

    /// The response as this client is to have it: in the coding it likes best, where that is worth it.
    func applied(to response: Response, _ accepted: AcceptEncoding) -> Response {
        varies(response, accepted) ? coded(response, accepted) : response
    }

    /// The same of a response that is known to vary.
    func coded(_ response: Response, _ accepted: AcceptEncoding) -> Response {
        var response = response
        // RFC 9110 §12.5.5: caches are told even where this client gets the answer as it is.
        response.fields.append("Vary", "Accept-Encoding")
        guard let coding = accepted.coding, case .bytes(let content) = response.body,
            let encoded = Deflation.encode(content, coding), encoded.count < content.count || !accepted.takesIdentity
        else { return response }
        response.fields.append("Content-Encoding", coding.rawValue)
        response.body = .bytes(encoded)
        return response
    }

    /// Whether what is sent depends on the codings that the client takes.
    func varies(_ response: Response, _ accepted: AcceptEncoding) -> Bool {
        // Of what is sent in pieces enough has been made to know that it goes as it is.
        guard let count = response.body.count, count > 0 else { return false }
        // Most answers to clients that ask for nothing are small.
        if count < Compression.least, accepted.takesIdentity { return false }
        if self == .never || response.status.isWithoutContent { return false }
        if accepted.takesIdentity {
            guard self == .always || count <= Compression.most, Compression.isText(response.fields) else {
                return false
            }
        }
        // A strong ETag names exactly these bytes (RFC 9110 §8.8.3), and clients send it back in If-Match.
        if response.fields.contains("ETag"), let tag = response.fields["ETag"], !tag.hasPrefix("W/") { return false }
        return !response.fields.contains("Content-Encoding") && !response.fields.contains("Content-Range")
    }

    private static func isText(_ fields: Fields) -> Bool {
        // Nearly every answer.
        if let type = fields.value("Content-Type"), type.span.equalsIgnoringCase("application/json".utf8.span) {
            return true
        }
        let essence = (fields["Content-Type"] ?? "").lowercased().prefix { $0 != ";" }
        return essence.hasPrefix("text/")
            || ["json", "yaml", "xml", "javascript"].contains { essence.hasSuffix($0) }
    }
}
