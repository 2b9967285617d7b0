package import Foundation

/// A key as a file of keys has it: not the key, which only its holder knows, but its hash.
package struct Key: Sendable, Equatable {
    /// Who holds it.
    package let name: String
    /// What it allows.
    package let rights: Rights
    /// The SHA-256 of its bytes.
    ///
    /// The key has 256 random bits, so a slow hash would add nothing.
    package let hash: [UInt8]
    /// How many requests a second it allows on average; `nil` for any number.
    package var rate: Double?
    /// When it stops being valid.
    package var expiry: Date?
}

/// A file of keys: one `name:rights:hash` a line, with `:rate=10` and `:expires=2027-01-31` after it where wanted.
package struct KeyFile: Sendable {
    /// The keys.
    package let keys: [Key]

    /// What is wrong with a file.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads a file that nobody but its owner and group can read, and only its owner change.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - mayBeEmpty: Whether it need not have a key.
    /// - Throws: Why it can't be used; what stands in it is never repeated.
    package init(path: String, mayBeEmpty: Bool = false) throws(Fault) {
        let file = try KeyFile.read(path)
        guard file.mode & 0o037 == 0 else {
            let shown = String(file.mode, radix: 8)
            throw Fault(description: "\(path) can be read or changed by others (mode \(shown)): chmod 600 \(path)")
        }
        let text = String(decoding: file.bytes, as: UTF8.self)
        do throws(Fault) {
            keys = try KeyFile.keys(text, mayBeEmpty: mayBeEmpty)
        } catch {
            throw Fault(description: "\(path): \(error.description)")
        }
    }

    /// Reads the text of a file; empty lines and those that begin with # are passed over.
    package static func keys(_ text: String, mayBeEmpty: Bool = false) throws(Fault) -> [Key] {
        var keys: [Key] = []
        var names: Set<String> = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let key = key(line) else {
                let form = "name:rights:hash, and after it :rate=N and :expires=YYYY-MM-DD if wanted"
                throw Fault(description: "line \(number + 1) is not \(form); rights are of read,write,compute")
            }
            guard names.insert(key.name).inserted else {
                throw Fault(description: "line \(number + 1) has the name of an earlier line")
            }
            keys.append(key)
        }
        if keys.isEmpty, !mayBeEmpty { throw Fault(description: "there is no key in it; nabla keys add makes one") }
        return keys
    }

    private static func key(_ line: String) -> Key? {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, ModelName.isValid(parts[0]), let rights = Rights(parts[1]),
            let hash = [UInt8](hexadecimal: parts[2]), hash.count == 32
        else { return nil }
        var key = Key(name: parts[0], rights: rights, hash: hash)
        for setting in parts.dropFirst(3) {
            if setting.hasPrefix("rate="), key.rate == nil, let rate = Double(setting.dropFirst(5)), rate > 0 {
                key.rate = rate
            } else if setting.hasPrefix("expires="), key.expiry == nil, let day = day(String(setting.dropFirst(8))) {
                key.expiry = day
            } else {
                return nil
            }
        }
        return key
    }

    /// The beginning of a day in UTC, written `2027-01-31`; `nil` where the text is none.
    package static func day(_ text: String) -> Date? {
        guard text.utf8.count == 10 else { return nil }
        return try? Date(text + "T00:00:00Z", strategy: .iso8601)
    }
}

extension Key {
    /// Makes a key and its secret, which is shown once and kept nowhere.
    ///
    /// - Parameters:
    ///   - name: Who will hold it.
    ///   - rights: What it allows.
    ///   - rate: How many requests a second.
    ///   - expires: The day on which it stops being valid, as it stands in the file.
    /// - Returns: The line for the file, and the secret.
    package static func make(
        name: String,
        rights: Rights,
        rate: Double? = nil,
        expires: String? = nil
    ) -> (line: String, secret: String) {
        // The system's generator draws from the kernel (getrandom(2)).
        let random = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        let secret = "nabla_" + random.hexadecimal
        var line = "\(name):\(rights.text):\(SHA256.digest(Array(secret.utf8)).hexadecimal)"
        if let rate { line += ":rate=\(rate)" }
        if let expires { line += ":expires=\(expires)" }
        return (line, secret)
    }
}
