import HTTPServer
import Testing

@Test func `the sets of bytes are those of the grammars`() {
    let alphanumeric = Set((UInt8(ascii: "0")...UInt8(ascii: "9"))).union(UInt8(ascii: "a")...UInt8(ascii: "z"))
        .union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    for byte in UInt8.min...UInt8.max {
        #expect(byte.isTokenByte == alphanumeric.union("!#$%&'*+-.^_`|~".utf8).contains(byte))
        #expect(byte.isPathByte == alphanumeric.union("-._~!$&'()*+,;=:@/".utf8).contains(byte))
        #expect(byte.isHostByte == alphanumeric.union("-._~!$&'()*+,;=".utf8).contains(byte))
        #expect(byte.isFieldValueByte == (byte == 9 || (byte >= 32 && byte != 127)))
    }
}

@Test func `field names are compared without regard to case, and lines of one name are joined`() {
    var fields: Fields = ["Accept": "a", "X": "b", "ACCEPT": "c"]
    #expect(fields["accept"] == "a, c")
    #expect(fields["Accep"] == nil)
    // U+212A KELVIN SIGN folds to k in Unicode, not here.
    #expect(Fields(dictionaryLiteral: ("Kk", "v"))["k\u{212A}"] == nil)
    fields["accept"] = "d"
    #expect(fields.map(\.name) == ["X", "accept"])
    fields["x"] = nil
    #expect(fields.count == 1)
}

@Test func `a value cannot end its line`() {
    let fields: Fields = ["Location": "/a\r\nSet-Cookie: b\0"]
    #expect(fields["Location"] == "/a  Set-Cookie: b ")
}

@Test func `a problem is JSON whatever its detail holds`() {
    let refusal = Refusal(404, "no \"such\" \\ thing\n\u{0}é😀")
    let text = String(decoding: Problem(refusal, instance: "id").json, as: UTF8.self)
    #expect(
        text == #"{"type":"about:blank","title":"Not Found","status":404,"#
            + #""detail":"no \"such\" \\ thing\u000a\u0000\u00e9\ud83d\ude00","instance":"id"}"# + "\n"
    )
}

@Test func `sums of moments end at never`() {
    #expect(Moment(nanoseconds: .max - 1) + .seconds(1) == .never)
    #expect(Moment.zero + .seconds(Int64.max) == .never)
    #expect(Moment(nanoseconds: 1_500_000_000) - Moment(nanoseconds: 500_000_000) == .seconds(1))
}
