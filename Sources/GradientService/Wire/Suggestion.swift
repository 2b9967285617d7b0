/// The known name nearest to a wrong one, for "did you mean".
enum Suggestion {
    /// The name in `known` that differs from `name` by the fewest changed, added, dropped or swapped bytes, if that is
    /// few enough to be a slip.
    static func nearest(to name: String, among known: [String]) -> String? {
        // A name longer than any known one by this much can't be a slip, and comparing takes the product of lengths.
        guard name.utf8.count <= 64 else { return nil }
        let ranked = known.map { ($0, distance(Array(name.utf8), Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, best.0.utf8.count / 2) else { return nil }
        return best.0
    }

    /// What to add to a message about a wrong name: the nearest name, or all there are, after a semicolon.
    static func hint(_ name: String, among known: [String]) -> String {
        if let nearest = nearest(to: name, among: known) { return "; did you mean \"\(nearest)\"?" }
        if known.isEmpty || known.count > 12 { return "" }
        return "; known are " + known.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    /// Damerau's distance in its restricted form: edits, with a swap of neighbours as one.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
