import Backprop
import GradientService
import Testing

@Suite struct JSONReaderTests {
    private func reader(_ text: String) -> JSONReader { JSONReader(Array(text.utf8)) }

    @Test func `members come in order, and what is not read is skipped`() throws {
        var reader = reader(#" {"a": [1, {"x": 2}], "b": "two", "c": 3.0, "d": true, "e": null, "f": {}} "#)
        var names: [JSONName] = []
        #expect(try reader.beginObject())
        while let name = try reader.nextMember() {
            names.append(name)
            switch name {
            case "b": #expect(try reader.string() == "two")
            case "c": #expect(try reader.number()?.integer == 3)
            case "d": #expect(try reader.bool() == true)
            case "e": #expect(try reader.null())
            default: break
            }
        }
        try reader.finish()
        #expect(names == ["a", "b", "c", "d", "e", "f"])
    }

    @Test func `elements come in order`() throws {
        var reader = reader("[[], [1], [1, 2]]")
        var counts: [Int] = []
        #expect(try reader.beginArray())
        while try reader.nextElement() {
            #expect(try reader.beginArray())
            var count = 0
            while try reader.nextElement() { count += 1 }
            counts.append(count)
        }
        try reader.finish()
        #expect(counts == [0, 1, 2])
    }

    @Test(arguments: [
        ("{}", JSONKind.object), ("[]", .array), ("\"\"", .string), ("-1", .number), ("false", .bool), ("null", .null),
    ])
    func `a value of another kind is left standing`(text: String, kind: JSONKind) throws {
        var reader = reader(text)
        #expect(try reader.peek() == kind)
        if kind != .object { #expect(try !reader.beginObject()) }
        if kind != .array { #expect(try !reader.beginArray()) }
        if kind != .string { #expect(try reader.string() == nil) }
        if kind != .number { #expect(try reader.number() == nil) }
        if kind != .bool { #expect(try reader.bool() == nil) }
        if kind != .null { #expect(try !reader.null()) }
        #expect(try reader.peek() == kind)
        try reader.finish()
    }

    @Test(arguments: [
        (#""""#, ""),
        (#""plain, and longer than sixteen bytes""#, "plain, and longer than sixteen bytes"),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC\uD83D\uDE00é€😀""#, "Aé€😀é€😀"),
        (#""\u0000""#, "\0"),
    ])
    func `escapes are resolved, in strings and in names`(text: String, value: String) throws {
        var reader = reader("{\(text): \(text)}")
        #expect(try reader.beginObject())
        #expect(try reader.nextMember() == JSONName(value))
        #expect(try reader.string() == value)
        #expect(try reader.nextMember() == nil)
    }

    @Test(
        arguments: [
            ("3", 3.0, 3, "an integer"),
            ("3.0", 3, 3, "one with a fraction of nothing"),
            ("30e-1", 3, 3, "one with an exponent"),
            ("-0", -0.0, 0, "negative zero"),
            ("3.5", 3.5, nil, "a fraction"),
            ("9223372036854775807", 0x1p63, Int.max, "the largest Int, which no float64 is"),
            ("-9223372036854775808", -0x1p63, Int.min, "the least Int"),
            ("9223372036854775808", 0x1p63, nil, "one more than an Int holds"),
            ("-9.223372036854775808e18", -0x1p63, nil, "the least Int, but not to be sure of"),
            ("9007199254740992.0", 0x1p53, 1 << 53, "the last to be sure of with a fraction"),
            ("9007199254740993.0", 0x1p53, 1 << 53, "rounded before it is looked at"),
            ("1e17", 1e17, nil, "where float64 has no neighbours but even ones"),
            ("1e400", .infinity, nil, "beyond float64"),
            ("-1e400", -.infinity, nil, "beyond float64, negative"),
            ("1e-400", 0, 0, "so small that it is zero"),
        ] as [(String, Double, Int?, String)]
    )
    func `a number is a float64, and an integer where it is one`(
        text: String,
        value: Double,
        integer: Int?,
        why: String
    ) throws {
        var reader = reader(text)
        let number = try #require(try reader.number())
        #expect(number.value.bitPattern == value.bitPattern)
        #expect(number.integer == integer)
        #expect(number.isTooLarge == value.isInfinite)
        #expect(number.literal == text)
        try reader.finish()
    }

    @Test func `a long number is not repeated whole`() throws {
        var reader = reader("1" + String(repeating: "0", count: 1000))
        #expect(try reader.number()?.literal.utf8.count == JSONName.quotedBytes)
    }

    @Test func `a skipped value can be come back to`() throws {
        var reader = reader(#"{"late": {"x": [1, {"y": 2}]}, "more": [{"z": 3}], "key": "now", "last": 4}"#)
        var late: JSONReader.Place?
        var seen: [String] = []
        #expect(try reader.beginObject())
        while let name = try reader.nextMember() {
            seen.append(name.text)
            switch name {
            case "late": late = reader.place
            case "key":
                #expect(try reader.string() == "now")
                let back = reader.detour(to: try #require(late))
                #expect(try reader.beginObject())
                #expect(try reader.nextMember() == "x")
                #expect(try reader.beginArray())
                #expect(try reader.nextElement())
                let inner = reader.place
                let innerBack = reader.detour(to: inner)
                #expect(try reader.number()?.integer == 1)
                reader.resume(innerBack)
                // Not read to its end: the reader goes on where it was all the same.
                reader.resume(back)
            default: break
            }
        }
        try reader.finish()
        #expect(seen == ["late", "more", "key", "last"])
    }

    @Test func `a place can be come back to after its object has ended`() throws {
        var reader = reader(#"[{"a": [1, 2], "b": 0}, {"a": 5, "a": 6}]"#)
        #expect(try reader.beginArray())
        #expect(try reader.nextElement())
        #expect(try reader.beginObject())
        #expect(try reader.nextMember() == "a")
        let place = reader.place
        while try reader.nextMember() != nil {}
        let back = reader.detour(to: place)
        #expect(try reader.tensor(of: Double.self).get().tensor.elements == [1, 2])
        reader.resume(back)
        #expect(try reader.nextElement())
        // The names of objects that are read afterwards are still told apart.
        #expect(throws: JSONSyntaxError.self) { try reader.skip() }
    }

    @Test func `depth is counted on from the place of a detour`() throws {
        var reader = JSONReader(Array("[[[[1]]]]".utf8), maximumDepth: 4)
        #expect(try reader.beginArray())
        #expect(try reader.nextElement())
        let place = reader.place
        while try reader.nextElement() {}
        let back = reader.detour(to: place)
        try reader.skip()
        reader.resume(back)
        try reader.finish()
    }

    @Test(
        arguments: [
            (#"{"parameter": "w", "x": 1}"#, "parameter"), ("{}", nil), ("[1]", nil), ("3", nil),
            (#"{"\u0061":1}"#, "a"),
        ] as [(String, JSONName?)]
    )
    func `an object's first name can be seen before it is read`(text: String, name: JSONName?) throws {
        var reader = reader(text)
        #expect(try reader.peekFirstName() == name)
        try reader.skip()
        try reader.finish()
    }

    @Test func `many names, a long name, many nulls and many escapes cost time in proportion`() throws {
        let clock = ContinuousClock()
        let texts = [
            "{" + (0..<200_000).map { "\"k\($0)\":0," }.joined() + "\"z\":0}",
            "{\"" + String(repeating: "k", count: 1 << 20) + "\":1}",
            "[" + String(repeating: "null,", count: 1_000_000) + "null]",
            "\"" + String(repeating: "\\u0041", count: 1 << 20) + "\"",
            "\"" + String(repeating: "s", count: 8 << 20) + "\"",
            String(repeating: "{\"a\":", count: 200_000) + "1" + String(repeating: "}", count: 200_000),
        ]
        for text in texts {
            let text = Array(text.utf8)
            // Some ten milliseconds each on a quiet machine; a quadratic reader would take minutes.
            #expect(clock.measure { try? check(text) } < .seconds(5))
        }
    }

    @Test(arguments: [1, 63, 64, 65, 1000])
    func `a long name that stands twice is found among short ones`(length: Int) throws {
        let long = String(repeating: "k", count: length)
        try check(Array("{\"a\":1,\"\(long)x\":2,\"b\":3,\"\(long)y\":4,\"c\":5}".utf8))
        for twice in ["a", "b", "c", "\(long)x", "\(long)\\u0079", "\(long)z"] {
            let text = "{\"a\":1,\"\(long)x\":2,\"b\":3,\"\(long)y\":4,\"c\":5,\"\(long)z\":6,\"\(twice)\":7}"
            #expect(throws: JSONSyntaxError.self) { try check(Array(text.utf8)) }
        }
    }

    @Test(arguments: [11, 12, 13, 64, 1000, 100_000])
    func `a name that stands twice is found among any number`(count: Int) throws {
        let names = (0..<count).map { $0.isMultiple(of: 7) ? "\\u006B\($0)" : "k\($0)" }
        func object(_ last: String) -> [UInt8] {
            Array(("{" + (names + [last]).map { "\"\($0)\":{\"k0\":0}" }.joined(separator: ",") + "}").utf8)
        }
        try check(object("k"))
        for twice in ["k0", "k7", "k\(count - 1)", "\\u006b\(count / 2)"] {
            #expect(throws: JSONSyntaxError.self) { try check(object(twice)) }
        }
    }
}
