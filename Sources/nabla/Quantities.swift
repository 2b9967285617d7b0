import ArgumentParser

/// A number of bytes on the command line: `65536`, `64KiB`, `64MiB`, `1GiB`.
struct Size: ExpressibleByArgument, CustomStringConvertible {
    /// The number.
    let bytes: Int

    private static let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    init(_ bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        for (unit, factor) in Size.units where argument.hasSuffix(unit) {
            guard let count = Int(argument.dropLast(unit.count)), count > 0 else { return nil }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            self.bytes = bytes
            return
        }
        guard let bytes = Int(argument), bytes > 0 else { return nil }
        self.bytes = bytes
    }

    var description: String {
        for (unit, factor) in Size.units where bytes >= factor && bytes % factor == 0 {
            return "\(bytes / factor)\(unit)"
        }
        return String(bytes)
    }

    var defaultValueDescription: String { description }
}

/// A positive number of things.
struct Count: ExpressibleByArgument, CustomStringConvertible {
    /// The number.
    let value: Int

    init(_ value: Int) { self.value = value }

    init?(argument: String) {
        guard let value = Int(argument), value > 0 else { return nil }
        self.value = value
    }

    var description: String { String(value) }
    var defaultValueDescription: String { description }
}

/// A time in seconds, fractions allowed, up to a day.
struct Seconds: ExpressibleByArgument, CustomStringConvertible {
    private let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        guard let value = Double(argument), value >= 0, value <= 86_400 else { return nil }
        self.value = value
    }

    /// The time.
    var duration: Duration { .seconds(value) }

    var description: String { value == value.rounded() ? String(Int(value)) : String(value) }
    var defaultValueDescription: String { description }
}

/// A part of a whole on the command line: 0 to 1.
struct Share: ExpressibleByArgument, CustomStringConvertible {
    /// The part.
    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        guard let value = Double(argument), (0...1).contains(value) else { return nil }
        self.value = value
    }

    var description: String { value == value.rounded() ? String(Int(value)) : String(value) }
    var defaultValueDescription: String { description }
}
