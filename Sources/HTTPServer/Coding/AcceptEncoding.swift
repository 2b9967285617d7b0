/// The codings that a client takes an answer in, by its `Accept-Encoding` fields (RFC 9110 §12.5.3).
package struct AcceptEncoding: Sendable, Equatable {
    /// The coding that the client likes best, or nil where it likes none, or the answer as it is better.
    package private(set) var coding: ContentCoding?
    /// Whether the client takes the answer as it is.
    package private(set) var takesIdentity = true

    /// The answer as it is and nothing else.
    static let none = AcceptEncoding()

    private init() {}

    /// Reads a head's fields; without one only the answer as it is is wanted.
    package init(_ head: RequestHead) {
        guard head.has("Accept-Encoding") else { return }
        let values = head.fields.values("Accept-Encoding")
        var weights: [ContentCoding: Double] = [:]
        var identity: Double?
        var others: Double?
        for element in values.flatMap(\.listElements) {
            let parts = element.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(\.trimmed)
            guard let name = parts.first else { continue }
            let weight = parts.dropFirst().last { $0.prefix(2).equalsIgnoringCase("q=") }?.dropFirst(2).weight ?? 1
            if let coding = ContentCoding(name) { weights[coding] = weight }
            if name.equalsIgnoringCase("identity") { identity = weight }
            if name.elementsEqual("*".utf8) { others = weight }
        }
        // Of equal weights the first coding wins, and a coding over none: who names one wants it.
        var best = identity ?? 0
        for candidate in ContentCoding.allCases {
            let weight = weights[candidate] ?? others ?? 0
            if weight > 0, coding == nil ? weight >= best : weight > best { (coding, best) = (candidate, weight) }
        }
        takesIdentity = (identity ?? others ?? 1) > 0
    }
}
