package import Contract
import Encodings

/// How answers write times and numbers. What they are made of comes from a process that is not trusted.
package enum AnswerForm {
    /// A time as RFC 3339 has it, in UTC, of seconds since 1970; within the years that a date can be written in.
    package static func date(unix seconds: Double) -> String {
        let microseconds = min(max(seconds, -62_135_596_800), 253_402_300_799) * 1_000_000
        return CivilTime(microseconds: Int64(exactly: microseconds.rounded()) ?? 0).iso8601
    }

    package static func date(_ instant: Instant, by clock: ClockReading) -> String {
        self.date(unix: Double(clock.unix(of: instant)) / 1_000_000)
    }

    /// Three decimals, and nothing that JSON cannot write.
    package static func number(_ value: Double) -> Double {
        value.isFinite && abs(value) < 1e15 ? (value * 1000).rounded() / 1000 : 0
    }

    /// A duration in seconds.
    package static func seconds(_ duration: Duration) -> Double { self.number(duration.inSeconds) }
}
