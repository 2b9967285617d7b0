/// A name compared by its bytes: two spellings that look alike but differ in bytes are two names.
struct Name: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: Name, right: Name) -> Bool {
        // What differs as text, which is quick to tell, differs in its bytes.
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// As text: what is the same bytes is the same text.
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
