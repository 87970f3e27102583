import Encodings
import FoundationEssentials
import Synchronization

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 section 5.6.7).
package struct HTTPDate: Hashable, Sendable, CustomStringConvertible {
    /// Since 1970-01-01 UTC, within the years 1970 to 9999.
    package let seconds: Int64

    private static let bounds: ClosedRange<Int64> = 0...253_402_300_799
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter seconds: since 1970-01-01 UTC.
    package init(seconds: Int64) {
        self.seconds = min(max(seconds, Self.bounds.lowerBound), Self.bounds.upperBound)
    }

    package var description: String {
        let time = CivilTime(microseconds: self.seconds * 1_000_000)
        let (day, year) = (CivilTime.padded(time.day, 2), CivilTime.padded(Int(time.year), 4))
        return "\(Self.days[time.weekday]), \(day) \(Self.months[time.month - 1]) \(year) \(time.clock) GMT"
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
