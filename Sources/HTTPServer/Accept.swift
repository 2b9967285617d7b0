/// The media types that a client takes, by its `Accept` fields (RFC 9110 §12.5.1).
package struct Accept: Sendable {
    private struct Range {
        var type: String
        var subtype: String
        var quality: Double

        /// How precisely the range names a media type; nil where it does not.
        func precision(for type: Substring, _ subtype: Substring) -> Int? {
            if self.type == type && self.subtype == subtype { return 2 }
            if self.type == type && self.subtype == "*" { return 1 }
            return self.type == "*" && self.subtype == "*" ? 0 : nil
        }
    }

    private let ranges: [Range]

    /// Reads the field; without one, or with one that names nothing, everything is taken.
    package init(_ head: RequestHead) { self.init(head.fields["Accept"]) }

    /// Reads a field's value; what is not a media range is passed over.
    package init(_ value: String?) {
        // Most clients send the one or the other.
        guard let value, value != "*/*" else {
            ranges = []
            return
        }
        ranges = value.lowercased().split(separator: ",").compactMap { part in
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let names = pieces.first?.split(separator: "/", omittingEmptySubsequences: false), names.count == 2,
                !names[0].isEmpty, !names[1].isEmpty
            else { return nil }
            let weight = pieces.dropFirst().last { $0.hasPrefix("q=") }.map { $0.utf8.dropFirst(2).weight }
            return Range(type: String(names[0]), subtype: String(names[1]), quality: weight ?? 1)
        }
    }

    /// The quality of a media type: that of the range that names it most precisely, 0 where none does.
    package func quality(of mediaType: String) -> Double {
        if ranges.isEmpty { return 1 }
        let names = mediaType.split(separator: "/")
        guard names.count == 2 else { return 0 }
        var best: (precision: Int, quality: Double)?
        for range in ranges {
            guard let precision = range.precision(for: names[0], names[1]), precision >= best?.precision ?? 0 else {
                continue
            }
            best = (precision, best?.precision == precision ? max(best?.quality ?? 0, range.quality) : range.quality)
        }
        return best?.quality ?? 0
    }

    /// The media type of the highest quality, of equal ones the first; nil where none is taken.
    package func choose(among mediaTypes: [String]) -> String? {
        if ranges.isEmpty { return mediaTypes.first }
        var choice: (type: String, quality: Double)?
        for type in mediaTypes {
            let quality = quality(of: type)
            if quality > choice?.quality ?? 0 { choice = (type, quality) }
        }
        return choice?.type
    }
}
