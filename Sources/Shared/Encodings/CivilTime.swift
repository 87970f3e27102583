/// A time in UTC, in the Gregorian calendar, as people read it.
///
/// Reckoned here because Foundation, asked for the first date, loads its tables of time zones and languages for some 15 ms,
/// which viewers would wait if that were to happen while they are gone on with.
package struct CivilTime: Hashable, Sendable {
    package let year: Int64
    /// From 1.
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let millisecond: Int
    /// From 0, a Sunday.
    package let weekday: Int

    /// - Parameter microseconds: since 1970-01-01 UTC.
    package init(microseconds: Int64) {
        let milliseconds = Self.floor(microseconds, 1000)
        let seconds = Self.floor(milliseconds, 1000)
        let days = Self.floor(seconds, 86_400)
        let time = Int(seconds - days * 86_400)
        // The calendar repeats every 400 years of 146,097 days. Years begin in March here, so that a leap day is the last
        // one; day 0 is 1 March of the year 0.
        let shifted = days + 719_468
        let era = Self.floor(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Five months from March on have 153 days.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        self.month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
        self.hour = time / 3600
        self.minute = time / 60 % 60
        self.second = time % 60
        self.millisecond = Int(milliseconds - seconds * 1000)
        // 1970 began on a Thursday.
        self.weekday = Int(days + 4 - Self.floor(days + 4, 7) * 7)
    }

    /// `14:22:44`.
    package var clock: String {
        "\(Self.padded(self.hour, 2)):\(Self.padded(self.minute, 2)):\(Self.padded(self.second, 2))"
    }

    /// As ISO 8601 and RFC 3339 have it, with milliseconds: `2026-11-23T14:22:44.123Z`.
    package var iso8601: String {
        let date = "\(Self.padded(Int(self.year), 4))-\(Self.padded(self.month, 2))-\(Self.padded(self.day, 2))"
        return "\(date)T\(self.clock).\(Self.padded(self.millisecond, 3))Z"
    }

    /// A number with so many digits at least.
    package static func padded(_ value: Int, _ digits: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }
}
