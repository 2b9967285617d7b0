/// A name in a JSON text, compared by its bytes.
///
/// `String`'s own comparison takes two spellings of `é` for the same name; JSON does not.
package struct JSONName: Sendable {
    /// The name, escapes resolved.
    package let text: String

    /// Makes a name of a text.
    package init(_ text: String) { self.text = text }

    /// How many bytes of a name from outside are repeated in an answer.
    package static let quotedBytes = 128

    /// The name in quotes, cut where it is too long to repeat.
    package var quoted: String {
        let cut = text.cut(toBytes: JSONName.quotedBytes)
        return cut.utf8.count == text.utf8.count ? "\"\(cut)\"" : "\"\(cut)\"…"
    }
}

extension JSONName: Hashable {
    /// Whether two names are the same bytes.
    package static func == (left: JSONName, right: JSONName) -> Bool {
        // What differs as text, which is quick to tell, differs in its bytes.
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Hashes the name as text: what is the same bytes is the same text.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension JSONName: ExpressibleByStringLiteral {
    /// Makes a name of a literal, so that names can be matched in a `switch`.
    package init(stringLiteral text: String) { self.init(text) }
}

extension String {
    /// The longest beginning of whole characters (as Unicode counts scalars) that takes no more than `limit` bytes.
    package func cut(toBytes limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        // A continuation byte must not be parted from what it continues.
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return self[..<end]
    }
}
