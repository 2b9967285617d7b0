import COpenSSL

/// The SHA-256 of bytes (FIPS 180-4), and comparing such digests.
enum SHA256 {
    /// The 32 bytes of the digest of some bytes, one part after another.
    static func digest(_ parts: [UInt8]...) -> [UInt8] {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("memory for a digest") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var successes = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
        for part in parts {
            let added = unsafe part.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
            successes += added
        }
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            successes += unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            count = 32
        }
        precondition(successes == 2 + parts.count, "a digest has no way to fail")
        return digest
    }

    /// Whether two digests are equal, in a time that does not depend on where they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { unsafe CRYPTO_memcmp(left.baseAddress, $0.baseAddress, left.count) == 0 }
        }
    }
}

extension [UInt8] {
    /// The bytes as hexadecimal digits.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes that hexadecimal digits stand for; `nil` where they are none.
    init?(hexadecimal text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(Unicode.Scalar(digits[start])).hexDigitValue,
                let low = Character(Unicode.Scalar(digits[start + 1])).hexDigitValue
            else { return nil }
            append(UInt8(high << 4 | low))
        }
    }
}
