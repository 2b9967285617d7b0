/// An integer that turns unknown, instead of trapping, where a result passes the range of `Int`.
///
/// Shape rules reckon with it, since a client may choose a stride or a padding as large as it likes.
struct CheckedInteger: Sendable, ExpressibleByIntegerLiteral {
    /// The integer, `nil` once a result did not fit.
    let value: Int?

    init(_ value: Int) { self.value = value }
    init(integerLiteral value: Int) { self.value = value }
    private init(_ result: (partialValue: Int, overflow: Bool)) {
        value = result.overflow ? nil : result.partialValue
    }
    private init() { value = nil }

    static func + (left: CheckedInteger, right: CheckedInteger) -> CheckedInteger {
        combine(left, right) { $0.addingReportingOverflow($1) }
    }
    static func - (left: CheckedInteger, right: CheckedInteger) -> CheckedInteger {
        combine(left, right) { $0.subtractingReportingOverflow($1) }
    }
    static func * (left: CheckedInteger, right: CheckedInteger) -> CheckedInteger {
        combine(left, right) { $0.multipliedReportingOverflow(by: $1) }
    }

    private static func combine(
        _ left: CheckedInteger,
        _ right: CheckedInteger,
        _ operation: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) -> CheckedInteger {
        guard let a = left.value, let b = right.value else { return CheckedInteger() }
        return CheckedInteger(operation(a, b))
    }
}
