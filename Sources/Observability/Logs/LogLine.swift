import Glibc
import Logging

/// One line of a log as it is built: its time, level and message, and members of the event.
package struct LogLine {
    private(set) var bytes: [UInt8] = []
    private let format: LogFormat

    /// Begins a line.
    init(_ format: LogFormat, _ time: Timestamp, _ level: Logger.Level, _ message: String) {
        self.format = format
        bytes.reserveCapacity(512)
        switch format {
        case .json:
            add("{\"time\":\"")
            time.write(into: &bytes)
            add("\",\"level\":\"")
            add(level.rawValue)
            add("\",\"msg\":")
            string(message)
        case .text:
            time.write(into: &bytes)
            add(" ")
            add(level.rawValue)
            add(" ")
            // Escaped as in JSON, so that nothing in it can begin a line of its own.
            escaped(message)
        }
    }

    /// Adds members that a caller chose.
    mutating func members(_ metadata: Logger.Metadata) {
        for (name, entry) in metadata.sorted(by: { $0.key < $1.key }) {
            switch format {
            case .json:
                add(",")
                // A reader takes the last of equal names, which must not be one that a caller chose.
                string(["time", "level", "msg"].contains(name) ? "_" + name : name)
                add(":")
                value(entry)
            case .text:
                add(" \(name)=")
                plain("\(entry)")
            }
        }
    }

    /// Adds a text under a name that needs no escapes.
    package mutating func member(_ name: StaticString, _ text: String) {
        begin(name)
        switch format {
        case .json: string(text)
        case .text: plain(text)
        }
    }

    /// Adds a number.
    package mutating func member(_ name: StaticString, _ number: Int) {
        begin(name)
        add(String(number))
    }

    /// Adds a finite number.
    package mutating func member(_ name: StaticString, _ number: Double) {
        begin(name)
        add(number.description)
    }

    /// Ends the line.
    mutating func end() { add(format == .json ? "}\n" : "\n") }

    private mutating func begin(_ name: StaticString) {
        add(format == .json ? ",\"" : " ")
        name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        add(format == .json ? "\":" : "=")
    }

    /// Text as it is where nothing in it needs quotes.
    private mutating func plain(_ text: String) {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        if isPlain { add(text) } else { string(text) }
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
        escaped(text)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ text: String) {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 && $0 != 0x5C }) { return add(text) }
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
    }
}

/// A time of day as RFC 3339 writes it, in UTC and milliseconds.
struct Timestamp {
    /// Since 1970.
    let seconds: Int
    let milliseconds: Int

    /// Writes it as text.
    func write(into bytes: inout [UInt8]) {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days since 1970 to year, month and day.
        let (days, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (era, day) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        func digits(_ number: Int, _ width: Int, _ end: Unicode.Scalar) {
            var place = width == 2 ? 10 : width == 3 ? 100 : 1000
            while place > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / place % 10))
                place /= 10
            }
            bytes.append(UInt8(ascii: end))
        }
        digits(400 * era + year + (month <= 2 ? 1 : 0), 4, "-")
        digits(month, 2, "-")
        digits(dayOfYear - (153 * march + 2) / 5 + 1, 2, "T")
        digits(time / 3600, 2, ":")
        digits(time / 60 % 60, 2, ":")
        digits(time % 60, 2, ".")
        digits(milliseconds, 3, "Z")
    }

    /// The present.
    static func now() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }
}
