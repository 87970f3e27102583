internal import Foundation

/// Times of events as people where the host is, or where the command is given, read them.
package struct LocalTime: Sendable {
    private let calendar: Calendar

    /// - Parameter zone: The name of a zone of time; nil: the one of this machine.
    package init(zone: String? = nil) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone.flatMap(TimeZone.init(identifier:)) ?? .current
        self.calendar = calendar
    }

    package var zone: String { self.calendar.timeZone.identifier }

    /// `2026-12-05` and `14:03:10` of µs since 1970-01-01 UTC.
    package func parts(_ unix: Int64) -> (day: String, time: String) {
        let date = Date(timeIntervalSince1970: min(max(Double(unix) / 1_000_000, -6e10), 2.5e11))
        let parts = self.calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        func two(_ number: Int?) -> String {
            let text = "\(number ?? 0)"
            return text.count < 2 ? "0\(text)" : text
        }
        return (
            "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day))",
            "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
        )
    }
}
