import Backprop
import GradientService
import Testing

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{0}\u{10}\u{7F}~", "ABB/fg=="), (">>>???", "Pj4+Pz8/"),
        ] as [(String, String)]
    )
    func `the RFC's vectors go both ways`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == Array(encoded.utf8))
        #expect(Base64.decode(Array(encoded.utf8)) == Array(text.utf8))
    }

    @Test(
        arguments: [
            ("Zg", "no padding"), ("Zg=", "half the padding"), ("Zg===", "too much of it"), ("Z", "six bits"),
            ("=", "padding alone"), ("====", "a group of padding"), ("Z===", "padding for more than a byte"),
            ("Zg==Zg==", "padding in the middle"), ("Zm=v", "padding within a group"), ("Zh==", "bits in the padding"),
            ("Zm9=", "two bits in the padding"), ("Zm9v\n", "a line break"), (" Zm9", "a blank"),
            ("Zm9-", "the URL alphabet"),
            ("Zm_v", "the URL alphabet"), ("Zm9é", "a letter beyond ASCII"), ("Zm9\u{0}", "NUL"),
        ] as [(String, String)]
    )
    func `what is not canonical is refused`(text: String, why: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test func `every length comes back, and every wrong byte in every place is found`() {
        var generator = Seeded(state: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        let text = Base64.encode((0..<48).map { UInt8($0 * 5) })
        let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where !letters.contains(byte) {
                var changed = text
                changed[index] = byte
                // The last character may be padding; then the one before it has bits that must be zero, and has not.
                if Base64.decode(changed) != nil { Issue.record("byte \(byte) at \(index) was taken for a letter") }
            }
        }
    }

    private func tensor(_ text: [UInt8], count: Int) throws -> [Float]? {
        let json = Array(#"{"shape":[\#(count)],"dtype":"float32","base64":""#.utf8) + text + Array(#""}"#.utf8)
        var reader = JSONReader(json)
        guard case .success(let written) = try reader.tensor(of: Float.self) else { return nil }
        return written.tensor.elements
    }

    @Test func `a tensor of any length comes back, and every wrong letter in every place is found`() throws {
        for count in 1..<70 {
            let numbers = (0..<count).map { Float($0) / 7 - 2 }
            let text = Base64.encode(numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
            #expect(try tensor(text, count: count) == numbers)
        }
        let text = Base64.encode([UInt8](repeating: 0x41, count: 4 * 48))
        for index in text.indices {
            for letter in [" ", "!", ",", "-", ".", ":", "@", "[", "`", "{", "~", "=", "_"] {
                var changed = text
                changed.replaceSubrange(index...index, with: letter.utf8)
                #expect(try tensor(changed, count: 48) == nil, "\(letter) at \(index) was taken for a letter")
            }
        }
    }
}
