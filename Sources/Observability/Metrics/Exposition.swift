/// Text in Prometheus' exposition format, version 0.0.4.
struct Exposition {
    private(set) var text = ""

    /// Begins a metric.
    mutating func family(_ definition: MetricDefinition) {
        text += "# HELP \(definition.name) \(Exposition.escaped(definition.help, quotes: false))\n"
        text += "# TYPE \(definition.name) \(definition.kind.word)\n"
    }

    /// Writes one line.
    mutating func sample(_ name: String, _ labels: String, _ value: Double) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(Exposition.number(value))\n"
    }

    /// Labels as they stand between the braces.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.map { "\(name($0.0))=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",")
    }

    /// A number, whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    /// A name with what may not stand in one replaced.
    static func name(_ text: String) -> String {
        let name = String(
            text.unicodeScalars.map { scalar in
                let isAllowed =
                    scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                return isAllowed || scalar == "_" ? Character(scalar) : "_"
            }
        )
        return name.first?.isNumber == false ? name : "_" + name
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
