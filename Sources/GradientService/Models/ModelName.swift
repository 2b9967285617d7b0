/// The names that stored models may have.
package enum ModelName {
    /// What a name looks like; `.` and `..`, which paths give another meaning, are none.
    package static let pattern = "^[A-Za-z0-9._-]{1,128}$"

    /// Whether a text is a name.
    package static func isValid(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
