import GradientService
import Testing

@Suite struct JSONPointerTests {
    @Test(
        arguments: [
            ([], "#", "the whole text"),
            (["network", "layers", 2, "weight"], "#/network/layers/2/weight", "names and indices"),
            (["a/b", "m~n", "~1"], "#/a~1b/m~0n/~01", "the two characters that RFC 6901 escapes"),
            (["c%d", "e^f", "g|h", "i\\j", "k\"l", " "], "#/c%25d/e%5Ef/g%7Ch/i%5Cj/k%22l/%20", "RFC 6901, section 6"),
            (["é", "😀"], "#/%C3%A9/%F0%9F%98%80", "bytes beyond ASCII"),
            (["-._~!$&'()*+,;=:@?"], "#/-._~0!$&'()*+,;=:@?", "what RFC 3986 lets stand in a fragment"),
            (["#", "<>", "\n", ""], "#/%23/%3C%3E/%0A/", "what it does not, and an empty name"),
        ] as [(JSONPointer, String, String)]
    )
    func `a pointer is a URI fragment`(pointer: JSONPointer, fragment: String, why: String) {
        #expect(pointer.description == fragment)
    }

    @Test func `a pointer grows and shrinks by a step`() {
        var pointer: JSONPointer = ["layers"]
        pointer.append(3)
        pointer.append("bias")
        #expect(pointer.description == "#/layers/3/bias")
        pointer.removeLast()
        #expect(pointer == ["layers", 3])
        #expect(pointer.appending("name") + ["x", 0] == ["layers", 3, "name", "x", 0])
        #expect(pointer.appending(1).description == "#/layers/3/1")
    }

    @Test(arguments: [
        (String(repeating: "k", count: 128), 128, "exactly so much"),
        (String(repeating: "k", count: 129), 128, "one too many"),
        (String(repeating: "é", count: 100), 128, "a boundary between characters"),
        ("k" + String(repeating: "é", count: 100), 127, "a boundary within one of two bytes"),
        ("kk" + String(repeating: "😀", count: 50), 126, "a boundary within one of four"),
    ])
    func `long names are cut between characters`(name: String, bytes: Int, why: String) {
        let cut = name.cut(toBytes: 128)
        #expect(cut.utf8.count == bytes)
        #expect(name.hasPrefix(cut))
        #expect(JSONName(name).quoted == (bytes == name.utf8.count ? "\"\(name)\"" : "\"\(cut)\"…"))
        #expect(
            JSONPointer([.name(JSONName(name))]).description == JSONPointer([.name(JSONName(String(cut)))]).description
        )
    }

    @Test func `names are compared by their bytes`() {
        #expect(JSONName("é") != JSONName("e\u{301}"))
        #expect(JSONName("\u{212A}") != "K")
        #expect(Set<JSONName>(["é", "e\u{301}", "é"]).count == 2)
    }
}
