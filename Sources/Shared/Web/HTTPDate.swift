import FoundationEssentials
import Synchronization

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 section 5.6.7).
package struct HTTPDate: Hashable, Sendable, CustomStringConvertible {
    /// Since 1970-01-01 UTC, within the years 1970 to 9999.
    package let seconds: Int64

    private static let bounds: ClosedRange<Int64> = 0...253_402_300_799
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter seconds: since 1970-01-01 UTC.
    package init(seconds: Int64) {
        self.seconds = min(max(seconds, Self.bounds.lowerBound), Self.bounds.upperBound)
    }

    package var description: String {
        let (days, time) = (self.seconds / 86_400, self.seconds % 86_400)
        // The calendar repeats every 400 years of 146,097 days. Years begin in March here, so that a leap day is the last
        // one; day 0 is 1 March of the year 0.
        let shifted = days + 719_468
        let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Five months from March on have 153 days.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 2 : monthFromMarch - 10
        let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
        let clock = [time / 3600, time / 60 % 60, time % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        let name = Self.days[Int(days % 7)]
        return "\(name), \(Self.padded(day, 2)) \(Self.months[Int(month)]) \(Self.padded(year, 4)) \(clock) GMT"
    }

    private static func padded(_ number: Int64, _ count: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(count - text.count, 0)) + text
    }

    private static let newest = Mutex<(date: HTTPDate, text: String)?>(nil)

    /// The date now, written once a second.
    package static var now: String {
        let date = HTTPDate(seconds: Int64(Date().timeIntervalSince1970))
        return self.newest.withLock { newest in
            if let newest, newest.date == date { return newest.text }
            let text = date.description
            newest = (date, text)
            return text
        }
    }
}
