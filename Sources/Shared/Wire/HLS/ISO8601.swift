/// Dates as playlists have them: ISO 8601 in UTC with milliseconds.
enum ISO8601 {
    /// The date so many microseconds after 1970-01-01 UTC.
    static func string(microseconds: Int64) -> String {
        let milliseconds = Self.floor(microseconds, 1000)
        let seconds = Self.floor(milliseconds, 1000)
        let days = Self.floor(seconds, 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = Self.date(days: days)
        let date = "\(Self.two(year / 100))\(Self.two(year % 100))-\(Self.two(month))-\(Self.two(day))"
        let time = "\(Self.two(second / 3600)):\(Self.two(second / 60 % 60)):\(Self.two(second % 60))"
        return "\(date)T\(time).\(PlaylistText.padded(milliseconds - seconds * 1000, to: 3))Z"
    }

    /// The Gregorian date, reckoned in eras of 400 years that begin on a 1st of March, so that leap days come last.
    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = Self.floor(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func two(_ value: Int64) -> String { PlaylistText.padded(value, to: 2) }
}
