import Foundation

/// Numbers for reading: at most six significant digits, without what they would not need.
enum ShortNumber {
    /// The number as text, `∞` and `NaN` for what is not finite, −0 as 0.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-∞" : "∞" }
        if value == 0 { return "0" }
        // %g drops trailing zeros and takes an exponent where the number is very large or small.
        let text = String(format: "%.6g", value)
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else {
            return text
        }
        return "\(text[..<mark])e\(exponent)"
    }
}
