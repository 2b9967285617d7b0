import HTTPServer

/// A file as it is served: what a browser needs to know of it, and an ETag by which it asks whether it has changed.
struct PageFile: Sendable {
    let mediaType: String
    let body: [UInt8]
    /// Whether the path names a version, so that what is there never changes.
    let isVersioned: Bool
    private let tag: String

    init(_ mediaType: String, _ body: [UInt8], isVersioned: Bool = false) {
        self.mediaType = mediaType
        self.body = body
        self.isVersioned = isVersioned
        tag = PageFile.tag(of: body)
    }

    /// A file of the pages' folder; nil for a kind that is not served.
    init?(path: String, _ body: [UInt8]) {
        let name = path.split(separator: "/").last ?? ""
        let kind = name == "LICENSE" ? "txt" : name.split(separator: ".").last.map(String.init) ?? ""
        guard let mediaType = PageFile.mediaTypes[kind] else { return nil }
        self.init(mediaType, body, isVersioned: path.hasPrefix("vendor/") && path.split(separator: "/").count > 2)
    }

    private static let mediaTypes = [
        "css": "text/css; charset=utf-8", "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "json": "application/json", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8", "woff2": "font/woff2",
    ]

    /// Answers a request for the file: 304 without content to a browser that has it (RFC 9110 §13.1.2).
    ///
    /// - Parameters:
    ///   - head: The request's head.
    ///   - policy: The Content-Security-Policy of a page.
    /// - Returns: The response.
    func response(to head: RequestHead, policy: ContentPolicy? = nil) -> Response {
        var fields: Fields = [
            "ETag": tag,
            "Cache-Control": isVersioned ? "public, max-age=31536000, immutable" : "no-cache",
            "X-Content-Type-Options": "nosniff",
        ]
        if let policy {
            fields["Content-Security-Policy"] = policy.rawValue
            fields["Referrer-Policy"] = "no-referrer"
        }
        let known = PageFile.tags(in: head.fields["If-None-Match"] ?? "")
        if known.contains(where: { $0 == tag || $0 == "*" }) { return Response(304, fields: fields) }
        return Response(200, mediaType, body, fields: fields)
    }

    /// The tags of an `If-None-Match` field; a weak one is as good, since it stands for the same bytes.
    private static func tags(in field: String) -> [String] {
        field.split(separator: ",").map { tag in
            let trimmed = tag.drop { $0 == " " || $0 == "\t" }
            return String((trimmed.hasPrefix("W/") ? trimmed.dropFirst(2) : trimmed).prefix { $0 != " " && $0 != "\t" })
        }
    }

    /// FNV-1a, 64 bits: tells one version from the next, and guards against nothing.
    private static func tag(of body: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in body { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return "\"\(String(hash, radix: 16))\""
    }
}

/// What a page may load: its own host alone.
enum ContentPolicy: String, Sendable {
    /// Nothing inline, nothing evaluated.
    case strict = """
        default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'
        """
    /// Swagger UI writes styles into its markup.
    case swagger = """
        default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}
