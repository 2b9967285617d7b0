import HTTPServer

extension Precondition {
    /// The precondition in a request's fields.
    init(_ fields: Fields) {
        self.init(
            match: Tags(fields["If-Match"], comparesWeakly: false),
            noneMatch: Tags(fields["If-None-Match"], comparesWeakly: true)
        )
    }
}

extension Precondition.Tags {
    /// Reads a field's value; `nil` where there is none.
    ///
    /// A weak tag is the same as a strong one for `If-None-Match` and never for `If-Match` (RFC 9110, section 8.8.3.2).
    fileprivate init?(_ value: String?, comparesWeakly: Bool) {
        guard let value else { return nil }
        if value == "*" {
            self = .any
            return
        }
        self = .list(
            value.split(separator: ",").compactMap { element in
                var tag = element.drop { $0 == " " || $0 == "\t" }
                if tag.hasPrefix("W/") {
                    guard comparesWeakly else { return nil }
                    tag = tag.dropFirst(2)
                }
                while tag.last == " " || tag.last == "\t" { tag = tag.dropLast() }
                guard tag.count >= 2, tag.first == "\"", tag.last == "\"" else { return nil }
                return String(tag.dropFirst().dropLast())
            }
        )
    }
}
