import Encodings
internal import FoundationEssentials

/// Times of events: µs since 1970-01-01 UTC, and RFC 3339 in UTC.
package enum EventTime {
    /// Within the years that a date can be written in.
    package static func text(_ unix: Int64) -> String {
        CivilTime(microseconds: min(max(unix, -62_135_596_800_000_000), 253_402_300_799_999_999)).iso8601
    }

    /// Nil where the text is no such time. The fraction may be left out.
    package static func unix(_ text: String) -> Int64? {
        let styles = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
        for style in styles {
            guard let date = try? Date(text, strategy: style) else { continue }
            let seconds = date.timeIntervalSince1970
            guard abs(seconds) < 1e12 else { return nil }
            return Int64((seconds * 1_000_000).rounded())
        }
        return nil
    }

    /// Now, by the machine's clock.
    package static func now() -> Int64 { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded()) }
}
