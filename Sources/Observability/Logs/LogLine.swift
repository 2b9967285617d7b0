import Glibc
import Logging

/// One line of a log as it is built.
struct LogLine {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(256) }

    /// An event as a JSON object.
    mutating func json(_ time: Timestamp, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        add("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"msg\":")
        string(message)
        for (name, entry) in metadata.sorted(by: { $0.key < $1.key }) {
            add(",")
            // A reader takes the last of equal names, which must not be one that a caller chose.
            string(["time", "level", "msg"].contains(name) ? "_" + name : name)
            add(":")
            value(entry)
        }
        add("}\n")
    }

    /// An event for reading.
    mutating func text(_ time: Timestamp, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        add("\(time) \(level.rawValue) ")
        var body = LogLine()
        body.string(message)
        // Escaped as in JSON, so that nothing in it can begin a line of its own.
        bytes += body.bytes.dropFirst().dropLast()
        for (name, entry) in metadata.sorted(by: { $0.key < $1.key }) {
            add(" \(name)=")
            let text = "\(entry)"
            let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
            if isPlain { add(text) } else { string(text) }
        }
        add("\n")
    }

    private mutating func value(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): string(text)
        case .stringConvertible(let number as Int): add(String(number))
        case .stringConvertible(let number as Double) where number.isFinite: add(String(number))
        case .stringConvertible(let flag as Bool): add(flag ? "true" : "false")
        case .stringConvertible(let other): string("\(other)")
        case .array(let values):
            add("[")
            for (index, one) in values.enumerated() {
                if index > 0 { add(",") }
                self.value(one)
            }
            add("]")
        case .dictionary(let members):
            add("{")
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { add(",") }
                string(member.key)
                add(":")
                self.value(member.value)
            }
            add("}")
        }
    }

    private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A JSON string (RFC 8259, section 7).
    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): add("\\n")
            case UInt8(ascii: "\r"): add("\\r")
            case UInt8(ascii: "\t"): add("\\t")
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                add("\\u00" + (digits.count == 1 ? "0" : "") + digits)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// A time of day as RFC 3339 writes it, in UTC and milliseconds.
struct Timestamp: CustomStringConvertible {
    let description: String

    /// Makes the text of a time.
    init(seconds: Int, milliseconds: Int) {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days since 1970 to year, month and day.
        let (days, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (era, day) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let digits = { (number: Int, width: Int) in
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = [
            digits(400 * era + year + (month <= 2 ? 1 : 0), 4), digits(month, 2),
            digits(dayOfYear - (153 * march + 2) / 5 + 1, 2),
        ].joined(separator: "-")
        let clock = [time / 3600, time / 60 % 60, time % 60].map { digits($0, 2) }.joined(separator: ":")
        description = "\(date)T\(clock).\(digits(milliseconds, 3))Z"
    }

    /// The present.
    static func now() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }
}
