/// A point on the monotonic clock, in nanoseconds.
///
/// A plain number, so that the state machine is tested with times of the test's choice.
package struct Moment: Comparable, Hashable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Moment(nanoseconds: 0)

    /// No deadline.
    package static let never = Moment(nanoseconds: .max)

    package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The later moment, or `never` where the sum does not fit.
    package static func + (moment: Moment, duration: Duration) -> Moment {
        moment.advanced(by: duration.wholeNanoseconds)
    }

    /// The later moment, or `never` where the sum does not fit.
    func advanced(by nanoseconds: Int64) -> Moment {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .never : Moment(nanoseconds: sum)
    }

    /// The time from `right` to `left`.
    package static func - (left: Moment, right: Moment) -> Duration {
        .nanoseconds(left.nanoseconds.subtractingReportingOverflow(right.nanoseconds).partialValue)
    }
}

extension Duration {
    /// Nanoseconds, at most what 64 bits hold.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? .max : sum
    }
}
