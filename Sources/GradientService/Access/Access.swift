/// What a key allows.
package struct Rights: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    /// To see what is stored.
    package static let read = Rights(rawValue: 1)
    /// To store and remove models.
    package static let write = Rights(rawValue: 2)
    /// To compute, with stored models as well.
    package static let compute = Rights(rawValue: 4)

    /// Each right by its name.
    package static let names = [("read", read), ("write", write), ("compute", compute)]

    /// Makes a set of rights.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Reads rights with commas between them; `nil` where one is none.
    package init?(_ text: String) {
        self = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let right = Rights.names.first(where: { $0.0 == word })?.1 else { return nil }
            insert(right)
        }
    }

    /// The rights with commas between them.
    package var text: String { Rights.names.filter { contains($0.1) }.map(\.0).joined(separator: ",") }
}

/// Who may use an endpoint, where keys are asked for.
package enum Access: Sendable, Equatable {
    /// Everyone.
    case open
    /// Who has a key.
    case anyKey
    /// Whose key has one of these rights.
    case rights(Rights)

    /// Whose key may see what is stored.
    static let read = Access.rights(.read)
    /// Whose key may store and remove models.
    static let write = Access.rights(.write)
}
