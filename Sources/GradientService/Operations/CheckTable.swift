import Backprop
import Foundation

extension CheckOperation {
    /// Checks the gradients of a request and lays out what was found for reading, the worst first.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - limits: The bounds.
    ///   - isColoured: Whether verdicts are coloured, as a terminal shows them.
    ///   - progress: Told how many entries have been tried, and of how many.
    /// - Returns: A table with a sentence above it.
    /// - Throws: What is wrong with the body.
    package static func table(
        of body: [UInt8],
        limits: RequestLimits,
        isColoured: Bool,
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws(Rejection) -> String {
        switch try AnySubmission.decode(body, needs, limits: limits) {
        case .float64(let submission): try table(of: submission, isColoured, progress)
        case .float32(let submission): try table(of: submission, isColoured, progress)
        }
    }

    private static func table<S>(
        of submission: Submission<S>,
        _ isColoured: Bool,
        _ progress: (_ done: Int, _ total: Int) -> Void
    ) throws(Rejection) -> String {
        _ = try boundedMemory(submission)
        let report: GradientReport
        do throws(Cancelled) {
            report = try self.report(on: submission, progress: progress, isCancelled: { false })
        } catch {
            preconditionFailure("nobody cancels")
        }
        let rows = report.ranking.map { found in
            let names = submission.network.names(of: found.variable)
            let place = found.shape.indices(of: found.worst.position)
            return [
                names.layer ?? "-", names.variable, String(found.checked),
                "[" + place.map(String.init).joined(separator: ", ") + "]",
                String(format: "%.9g", found.worst.analytic), String(format: "%.9g", found.worst.numeric),
                String(format: "%.1e", found.worst.absoluteError), String(format: "%.1e", found.worst.excess),
                found.worst.isNearKink ? "near a kink" : found.passes ? "agrees" : "fails",
            ]
        }
        let header = [
            "layer", "variable", "checked", "worst at", "analytic", "numeric", "difference", "of tolerated", "",
        ]
        let lines = aligned([header] + rows)
        let verdicts = [TerminalColour.none] + report.ranking.map { $0.passes ? .none : .red }
        return summary(of: report) + "\n\n"
            + zip(lines, verdicts).map { isColoured ? $1.applied(to: $0) : $0 }.joined(separator: "\n") + "\n"
    }

    private static func summary(of report: GradientReport) -> String {
        let entries = report.variables.reduce(0) { $0 + $1.checked }
        let failing = report.variables.filter { !$0.passes }.count
        let tried = "\(entries) entries of \(report.variables.count) tensors tried"
        return failing == 0 ? tried + ": every gradient agrees" : tried + ": \(failing) of the tensors fail"
    }

    /// Rows as lines: words to the left and numbers to the right of columns as wide as they need be.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let words: Set = [0, 1, 3, 8]
        let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            let cells = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return words.contains(column) ? row[column] + padding : padding + row[column]
            }
            let line = cells.joined(separator: "  ")
            return String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
        }
    }
}

/// A colour of a terminal.
private enum TerminalColour {
    case none, red

    /// The text in this colour (ECMA-48, Select Graphic Rendition).
    func applied(to text: String) -> String { self == .none ? text : "\u{1B}[31m\(text)\u{1B}[0m" }
}
