import GradientService
import Testing

/// Reads a whole text and keeps nothing.
func check(_ text: [UInt8], maximumDepth: Int = 64) throws(JSONSyntaxError) {
    var reader = JSONReader(text, maximumDepth: maximumDepth)
    try reader.skip()
    try reader.finish()
}

@Suite struct JSONSyntaxTests {
    @Test(arguments: [
        ("0", "zero"), ("-0", "negative zero"), ("1e400", "large is not the syntax's business"),
        ("\"\"", "empty string"),
        (" \t\r\n[ ] ", "white space around"), ("{\"a\":{\"a\":1},\"b\":[{},[]]}", "nesting"),
    ])
    func `what is JSON passes`(text: String, why: String) throws {
        try check(Array(text.utf8))
    }

    @Test(arguments: [
        ("", 0, "empty"), (" ", 1, "white space only"), ("[1,]", 3, "a comma too many"), ("[1 2]", 3, "no comma"),
        ("{\"a\":1,\"\\u0061\":2}", 7, "a name twice, once escaped"), ("[01]", 2, "a leading zero"), ("1 x", 2, "more"),
    ])
    func `what is not JSON is refused at the first wrong byte`(text: String, offset: Int, why: String) {
        #expect { try check(Array(text.utf8)) } throws: { ($0 as? JSONSyntaxError)?.offset == offset }
    }
}
