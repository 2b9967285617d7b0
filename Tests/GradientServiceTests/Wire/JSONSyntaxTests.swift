import GradientService
import Testing

/// Reads a whole text and keeps nothing of it.
func check(_ text: [UInt8], maximumDepth: Int = 64) throws(JSONSyntaxError) {
    var reader = JSONReader(text, maximumDepth: maximumDepth)
    try reader.skip()
    try reader.finish()
}

/// The bytes of a text, `<41>` standing for the byte 0x41.
func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Substring(text)
    while let character = rest.popFirst() {
        if character == "<", let byte = UInt8(rest.prefix(2), radix: 16), rest.dropFirst(2).first == ">" {
            bytes.append(byte)
            rest = rest.dropFirst(3)
        } else {
            bytes += String(character).utf8
        }
    }
    return bytes
}

@Suite struct JSONSyntaxTests {
    @Test(
        arguments: [
            ("0", "zero"),
            ("-0", "negative zero"),
            ("-0.0e-0", "every part of a number"),
            ("1E+10", "a large E and a plus in the exponent"),
            ("12345678901234567890123", "more digits than any type holds"),
            ("1e400", "its size is not the syntax's business"),
            ("1e-999999999999999999999", "nor an exponent that no integer holds"),
            ("0e99999999999999999999", "zero whatever the exponent"),
            ("null", "null at the top"),
            ("\"x\"", "a string at the top"),
            ("\"\"", "an empty string"),
            ("{}", "an empty object"),
            ("[]", "an empty array"),
            (" <09><0D><0A>[ <0A>] <09>", "white space around"),
            (
                "{ \"a\" : { \"a\" : 1 } , \"b\" : [ { } , [ ] , true , false , null ] }",
                "nesting, and a name in two objects"
            ),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "every escape"),
            ("\"\\uD83D\\uDE00\"", "an escaped surrogate pair"),
            ("\"\\u0000\"", "an escaped NUL"),
            ("\"<7F>\"", "DEL is no control character to JSON"),
            ("\"<C2><80><DF><BF>\"", "two bytes: U+0080 and U+07FF"),
            ("\"<E0><A0><80><ED><9F><BF><EE><80><80><EF><BF><BF>\"", "three bytes: U+0800, U+D7FF, U+E000, U+FFFF"),
            ("\"<F0><90><80><80><F4><8F><BF><BF>\"", "four bytes: U+10000 and U+10FFFF"),
            ("{\"é\":1,\"e<CC><81>\":2}", "names that are equal as text, but not as bytes"),
            ("{\"\":1,\" \":2}", "an empty name"),
        ] as [(String, String)]
    )
    func `what RFC 8259 allows passes`(text: String, why: String) throws {
        try check(bytes(text))
    }

    @Test(
        arguments: [
            ("", 0, "the text is empty", "nothing"),
            (" <0D><0A><09>", 4, "expected a value, found the end of the text", "white space alone"),
            ("<EF><BB><BF>{}", 0, "a byte order mark is not JSON", "BOM"),
            ("<FF><FE>{<00>}<00>", 0, "expected a value, found byte 0xff", "UTF-16"),
            ("{} x", 3, "expected the end of the text, found 'x'", "a word behind"),
            ("{}<0A>{}", 3, "expected the end of the text, found '{'", "JSON lines"),
            ("{}<00>", 2, "expected the end of the text, found byte 0x0", "NUL behind"),
            ("{}]", 2, "expected the end of the text, found ']'", "a bracket too many"),
            ("{a:1}", 1, "expected a member's name in quotes, found 'a'", "a name without quotes"),
            ("{'a':1}", 1, "expected a member's name in quotes, found '''", "single quotes"),
            ("{1:1}", 1, "expected a member's name in quotes, found '1'", "a number for a name"),
            ("{/*c*/\"a\":1}", 1, "expected a member's name in quotes, found '/'", "a comment"),
            ("[1,//c<0A>2]", 3, "expected a value, found '/'", "a line comment"),
            ("{\"a\" 1}", 5, "expected ':', found '1'", "no colon"),
            ("{\"a\"::1}", 5, "expected a value, found ':'", "two colons"),
            ("{\"a\":}", 5, "expected a value, found '}'", "no value"),
            ("{\"a\":1,}", 7, "expected a member's name in quotes, found '}'", "a comma too many"),
            ("{,\"a\":1}", 1, "expected a member's name in quotes, found ','", "a comma first"),
            ("{\"a\":1 \"b\":2}", 7, "expected ',' or '}', found '\"'", "no comma between members"),
            ("{\"a\":1", 6, "expected ',' or '}', found the end of the text", "an object cut off"),
            ("{\"a\"", 4, "expected ':', found the end of the text", "cut after a name"),
            ("{", 1, "expected a member's name in quotes, found the end of the text", "cut after the brace"),
            ("[1 2]", 3, "expected ',' or ']', found '2'", "no comma between numbers"),
            ("[true false]", 6, "expected ',' or ']', found 'f'", "no comma between words"),
            ("[1,]", 3, "expected a value, found ']'", "a comma too many, after a number"),
            ("[\"a\",]", 5, "expected a value, found ']'", "a comma too many, after a string"),
            ("[,1]", 1, "expected a value, found ','", "a comma first"),
            ("[1,,2]", 3, "expected a value, found ','", "two commas"),
            ("[1", 2, "expected ',' or ']', found the end of the text", "an array cut off"),
            ("[1,", 3, "expected a value, found the end of the text", "cut after a comma"),
            ("[", 1, "expected a value, found the end of the text", "cut after the bracket"),
            ("[1}", 2, "expected ',' or ']', found '}'", "the wrong bracket"),
            ("{\"a\":1]", 6, "expected ',' or '}', found ']'", "the wrong brace"),
            ("Infinity", 0, "expected a value, found 'I'", "infinity"),
            ("-Infinity", 1, "expected a digit, found 'I'", "negative infinity"),
            ("nan", 1, "expected \"null\", found 'a'", "nan"),
            ("NaN", 0, "expected a value, found 'N'", "NaN"),
            ("True", 0, "expected a value, found 'T'", "Python's true"),
            ("tru", 3, "expected \"true\", found the end of the text", "a word cut off"),
            ("nulll", 4, "expected the end of the text, found 'l'", "a word too long"),
            ("+1", 0, "expected a value, found '+'", "a plus"),
            (".5", 0, "expected a value, found '.'", "no digit before the point"),
            ("-.5", 1, "expected a digit, found '.'", "none after the minus"),
            ("1.", 2, "expected a digit, found the end of the text", "none after the point"),
            ("[1.]", 3, "expected a digit, found ']'", "none after the point, in an array"),
            ("1.e5", 2, "expected a digit, found 'e'", "none between point and exponent"),
            ("1e", 2, "expected a digit, found the end of the text", "no exponent"),
            ("[1e+]", 4, "expected a digit, found ']'", "an exponent's sign alone"),
            ("-", 1, "expected a digit, found the end of the text", "a minus alone"),
            ("--1", 1, "expected a digit, found '-'", "two minuses"),
            ("01", 1, "a number does not begin with a zero before other digits", "a leading zero"),
            ("[-00.5]", 3, "a number does not begin with a zero before other digits", "a leading zero after a minus"),
            ("0x10", 1, "expected the end of the text, found 'x'", "hexadecimal"),
            ("[1_000]", 2, "expected ',' or ']', found '_'", "an underscore"),
            ("<EF><BC><91>", 0, "expected a value, found byte 0xef", "a full-width digit"),
            ("\"a", 2, "expected the string's closing quote, found the end of the text", "a string cut off"),
            ("\"\\", 2, "expected an escaped character, found the end of the text", "cut after the backslash"),
            ("\"\\x\"", 2, "expected one of \"\\/bfnrtu after a backslash, found 'x'", "an unknown escape"),
            ("\"\\u12\"", 5, "expected four hex digits, found '\"'", "an escape too short"),
            ("\"\\u+123\"", 3, "expected four hex digits, found '+'", "a sign among hex digits"),
            ("\"a<0A>b\"", 2, "a control character in a string is not escaped", "a line break in a string"),
            (
                "\"12345678<1F>\"", 9, "a control character in a string is not escaped",
                "a control character after eight others"
            ),
            ("\"<00>\"", 1, "a control character in a string is not escaped", "NUL in a string"),
            ("\"\\ud800\"", 1, "half of a surrogate pair stands alone", "a high surrogate alone"),
            ("\"\\udc00\"", 1, "half of a surrogate pair stands alone", "a low surrogate alone"),
            ("\"\\ud800\\u0041\"", 1, "half of a surrogate pair stands alone", "a high surrogate before a letter"),
            ("\"\\udc00\\ud800\"", 1, "half of a surrogate pair stands alone", "a pair the wrong way round"),
            ("\"caf<E9>\"", 4, "a byte that is not UTF-8", "Latin-1"),
            ("\"<E2><82>\"", 1, "a byte that is not UTF-8", "a character cut by the quote"),
            ("\"<E2><82>", 1, "a byte that is not UTF-8", "a character cut by the end"),
            ("\"<80>\"", 1, "a byte that is not UTF-8", "a continuation alone"),
            ("\"<C0><80>\"", 1, "a byte that is not UTF-8", "overlong, two bytes"),
            ("\"<E0><9F><BF>\"", 1, "a byte that is not UTF-8", "overlong, three bytes"),
            ("\"<F0><8F><BF><BF>\"", 1, "a byte that is not UTF-8", "overlong, four bytes"),
            ("\"<ED><A0><80>\"", 1, "a byte that is not UTF-8", "a surrogate"),
            ("\"<F4><90><80><80>\"", 1, "a byte that is not UTF-8", "beyond U+10FFFF"),
            ("\"<F8><88><80><80><80>\"", 1, "a byte that is not UTF-8", "five bytes"),
            ("\"<FE>\"", 1, "a byte that is not UTF-8", "a byte that never occurs"),
            ("{\"<FF>\":1}", 2, "a byte that is not UTF-8", "in a name"),
            ("{\"a\":1,\"b\":2,\"a\":3}", 13, "the name \"a\" stands twice in one object", "a name twice"),
            ("{\"a\":1,\"\\u0061\":2}", 7, "the name \"a\" stands twice in one object", "once escaped"),
            ("{\"\\u0061\":1,\"a\":2}", 12, "the name \"a\" stands twice in one object", "the other way round"),
            ("{\"\\u00e9\":1,\"\\u00E9\":2}", 12, "the name \"é\" stands twice in one object", "both escaped"),
            ("[{\"a\":{\"b\":1,\"b\":2}}]", 13, "the name \"b\" stands twice in one object", "deeper in"),
        ] as [(String, Int, String, String)]
    )
    func `the first wrong byte is pointed at`(text: String, offset: Int, message: String, why: String) {
        #expect { try check(bytes(text)) } throws: { error in
            let error = error as? JSONSyntaxError
            return error?.offset == offset && error?.message == message
        }
    }

    @Test(
        arguments: [
            ("x", 1, 1, "the first byte"),
            ("[1,<0A>2,<0A>  x]", 3, 3, "after line feeds"),
            ("[1,<0D><0A>x]", 2, 1, "carriage return and line feed are one line break"),
            ("[1,<0D>x]", 2, 1, "so is a carriage return alone"),
            ("[\"é😀\" x]", 1, 7, "a column is a character, however many bytes it takes"),
            ("[1,<0A>", 2, 1, "the end of the text has a place too"),
        ] as [(String, Int, Int, String)]
    )
    func `line and column are counted from 1`(text: String, line: Int, column: Int, why: String) {
        #expect { try check(bytes(text)) } throws: { error in
            let error = error as? JSONSyntaxError
            return error?.line == line && error?.column == column
        }
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":["])
    func `nesting is bounded and costs no stack`(opening: String) throws {
        let closing = String(opening.compactMap { ["[": "]", "{": "}"][$0] }.reversed())
        let levels = opening.count { "[{".contains($0) }
        func nested(_ depth: Int) -> [UInt8] {
            let times = (depth + levels - 1) / levels
            return Array(
                (String(repeating: opening, count: times) + "1" + String(repeating: closing, count: times)).utf8
            )
        }
        try check(nested(3 * 20))
        try check(nested(6), maximumDepth: 6)
        #expect { try check(nested(69)) } throws: {
            ($0 as? JSONSyntaxError)?.message == "arrays and objects are nested more than 64 deep"
        }
        #expect(throws: JSONSyntaxError.self) { try check(nested(600_000)) }
    }

    @Test func `the depth limit is exact`() throws {
        func arrays(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        }
        try check(arrays(64))
        #expect { try check(arrays(65)) } throws: { ($0 as? JSONSyntaxError)?.offset == 64 }
    }

    @Test func `every beginning of a text is refused, and no byte breaks the reader`() throws {
        let text = bytes("{\"a\":[1.5e-3,{\"b\\u0041\":[true,null]}],\"é\":\"\\uD83D\\uDE00\",\"c\":[[1,2],[3,4]]}")
        try check(text)
        for end in 0..<text.count { #expect(throws: JSONSyntaxError.self) { try check(Array(text[..<end])) } }
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                // Whether it passes depends on the byte; that it ends, and within the text, does not.
                do { try check(changed) } catch { #expect(error.offset <= changed.count) }
            }
        }
    }
}
