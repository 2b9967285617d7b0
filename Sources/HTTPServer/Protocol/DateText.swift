/// `Date` as IMF-fixdate (RFC 9110 §5.6.7), made again only when the second changes.
package struct DateText {
    private var seconds = Int64.min
    private var text: [UInt8] = []

    package init() {}

    /// The date of a second since 1970, 29 bytes: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package mutating func bytes(at seconds: Int64) -> [UInt8] {
        if seconds != self.seconds {
            self.seconds = seconds
            text = DateText.make(seconds)
        }
        return text
    }

    private static func make(_ seconds: Int64) -> [UInt8] {
        let days = Int(seconds / 86400)
        let time = Int(seconds % 86400)
        // Years are counted from 1 March 0000, so that the leap day is a year's last.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days % 7]
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = "\(weekday), \(two(day)) \(names[month - 1]) \(year)"
        return Array("\(date) \(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT".utf8)
    }
}
