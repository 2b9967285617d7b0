/// A content coding that bodies may have in either direction (RFC 9110 §8.4.1).
package enum ContentCoding: String, Sendable, CaseIterable {
    case gzip, deflate

    /// The coding of this name, in any case; `x-gzip` is gzip (RFC 9110 §8.4.1.3).
    init?(_ name: some Collection<UInt8>) {
        let coding = ContentCoding.allCases.first { name.equalsIgnoringCase($0.rawValue) }
        guard let coding = coding ?? (name.equalsIgnoringCase("x-gzip") ? .gzip : nil) else { return nil }
        self = coding
    }

    /// The coding of a request's body, nil for none; 415 for one that is not known, and for several.
    static func ofBody(_ head: RequestHead) throws(Refusal) -> ContentCoding? {
        guard head.framing != .none, head.has("Content-Encoding") else { return nil }
        let names = head.fields.values("Content-Encoding").flatMap(\.listElements)
            .filter { !$0.equalsIgnoringCase("identity") }
        guard let name = names.first else { return nil }
        guard names.count == 1, let coding = ContentCoding(name) else {
            // RFC 9110 §15.5.16: the answer says what would have been taken.
            let given = names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
            let known = allCases.map(\.rawValue)
            throw Refusal(
                415,
                "a body may have the coding \(known.joined(separator: " or ")), one at most; it has \(given.prefix(128))",
                fields: ["Accept-Encoding": known.joined(separator: ", ")]
            )
        }
        return coding
    }
}
