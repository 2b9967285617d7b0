import GradientService
import Glibc

/// One line of a table.
struct Figure: Sendable {
    /// The table and what was measured.
    let group, name: String
    /// What is counted; less of it is better.
    let unit: String
    /// What the least disturbed run took, and the median of all runs.
    let best, median: Double
    /// What else there is to say.
    var note = ""

    /// By which it is found in another file.
    var key: String { "\(group)/\(name)" }
}

/// Prints figures as Markdown tables as they come, beside those of another run if there is one.
final class Report {
    let stopwatch: Stopwatch
    private let filter: [String]
    private let baseline: [String: Double]?
    private var figures: [Figure] = []
    private var group = ""

    init(_ stopwatch: Stopwatch, filter: [String], baseline: [String: Double]?) {
        self.stopwatch = stopwatch
        self.filter = filter.map { $0.lowercased() }
        self.baseline = baseline
    }

    /// Whether a figure is asked for, by any part of its table's name and its own.
    func wants(_ group: String, _ name: String) -> Bool {
        let key = "\(group)/\(name)".lowercased()
        return filter.isEmpty || filter.contains { key.contains($0) }
    }

    /// Prints a figure if it is asked for.
    func add(_ figure: Figure) {
        guard wants(figure.group, figure.name) else { return }
        if figure.group != group { begin(figure.group) }
        figures.append(figure)
        var cells = [
            padded(figure.name, 50), figure.unit, number(figure.best, 9), number(figure.median, 9),
        ]
        if let baseline {
            let before = baseline[figure.key]
            cells += [number(before, 9), number(before.map { $0 / figure.best }, 6)]
        }
        line(cells + [figure.note])
    }

    /// Measures one action, if it is asked for, and prints what a call takes.
    func measure(
        _ group: String,
        _ name: String,
        _ unit: String = "ns",
        dividedBy divisor: Double = 1,
        _ action: @escaping () -> Void
    ) {
        guard wants(group, name) else { return }
        let timing = stopwatch.time(action) / divisor
        add(Figure(group: group, name: name, unit: unit, best: timing.best, median: timing.median))
    }

    private func begin(_ group: String) {
        self.group = group
        print("\n## \(group)\n")
        var cells = [padded("what", 50), "unit", "     best", "   median"]
        if baseline != nil { cells += ["   before", " times"] }
        line(cells + ["note"])
        let numbers = baseline == nil ? 2 : 4
        line([":---", ":---"] + [String](repeating: "---:", count: numbers) + [":---"])
    }

    private func line(_ cells: [String]) {
        print("| " + cells.joined(separator: " | ") + " |")
        fflush(nil)
    }
}

extension Report {
    /// The figures as JSON text.
    var json: [UInt8] {
        let rows = figures.map { figure -> JSONTree in
            [
                "group": .string(figure.group), "name": .string(figure.name), "unit": .string(figure.unit),
                "best": .number(figure.best), "median": .number(figure.median), "note": .string(figure.note),
            ]
        }
        var writer = JSONWriter()
        writer.tree([
            "clock": .string(stopwatch.clock.rawValue), "seconds": .number(stopwatch.seconds),
            "runs": .integer(stopwatch.runs), "figures": .array(rows),
        ])
        writer.endLine()
        return writer.take()
    }

    /// The best figures of a run that was written as JSON; `nil` where that is something else, or was timed by another
    /// clock.
    static func baseline(_ text: [UInt8], clock: Stopwatch.Clock) -> [String: Double]? {
        guard let tree = try? JSONTree(parsing: text), tree["clock"] == .string(clock.rawValue),
            case .array(let rows) = tree["figures"]
        else { return nil }
        var found: [String: Double] = [:]
        for row in rows {
            guard case .string(let group) = row["group"], case .string(let name) = row["name"] else { return nil }
            switch row["best"] {
            case .number(let best): found["\(group)/\(name)"] = best
            case .integer(let best): found["\(group)/\(name)"] = Double(best)
            default: return nil
            }
        }
        return found
    }
}

/// A text with spaces up to a width.
func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// A number with some three digits that count, at the right of a cell.
func number(_ value: Double?, _ width: Int = 0) -> String {
    guard let value, value.isFinite else { return String(repeating: " ", count: max(0, width - 1)) + "-" }
    let places = value.magnitude >= 100 ? 0 : value.magnitude >= 10 ? 1 : 2
    let scale = [1.0, 10, 100][places]
    let scaled = Int((value.magnitude * scale).rounded())
    var text = String(scaled / Int(scale))
    if places > 0 {
        let fraction = String(scaled % Int(scale))
        text += "." + String(repeating: "0", count: places - fraction.count) + fraction
    }
    if value < 0 { text = "-" + text }
    return String(repeating: " ", count: max(0, width - text.count)) + text
}
