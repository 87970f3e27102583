internal import FoundationEssentials

/// Quantities as people say them.
package enum Phrases {
    static func time(_ duration: Duration) -> String {
        let seconds = duration.inSeconds
        switch seconds {
        case ..<1: return "\(max(0, Int(seconds * 1000))) ms"
        case ..<90: return "\(Int(seconds.rounded())) s"
        case ..<5400: return "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: return "\(Int((seconds / 3600).rounded())) h"
        default: return "\(Int((seconds / 86_400).rounded())) days"
        }
    }

    /// The same in Japanese: `12秒`.
    package static func japanese(_ duration: Duration) -> String {
        let seconds = min(max(duration.inSeconds, 0), 1e12)
        return switch seconds {
        case ..<90: "\(max(1, Int(seconds)))秒"
        case ..<5400: "\(Int((seconds / 60).rounded()))分"
        case ..<172_800: "\(Int((seconds / 3600).rounded()))時間"
        default: "\(Int((seconds / 86_400).rounded()))日"
        }
    }

    static func rate(_ value: Double) -> String {
        let value = value.isFinite ? min(max(value, 0), 1_000_000) : 0
        return value < 10 ? self.decimal(value) : "\(Int(value.rounded()))"
    }

    package static func bitrate(_ bits: Double) -> String {
        switch bits {
        case ..<1000: "\(Int(max(0, bits))) bit/s"
        case ..<1_000_000: "\(Int((bits / 1000).rounded())) kbit/s"
        case ..<1e12: "\(self.decimal(bits / 1_000_000)) Mbit/s"
        default: "more than a terabit/s"
        }
    }

    /// With two decimals.
    static func ratio(_ value: Double) -> String {
        let value = value.isFinite ? value : 0
        let hundredths = Int((min(max(value, 0), 1000) * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    static func share(_ percent: Double) -> String {
        let percent = percent.isFinite ? min(max(percent, 0), 100) : 0
        return percent < 0.1 ? "less than 0.1 %" : "\(self.decimal(percent)) %"
    }

    static func japaneseShare(_ percent: Double) -> String {
        let percent = percent.isFinite ? min(max(percent, 0), 100) : 0
        return percent < 0.1 ? "0.1%未満" : "\(self.decimal(percent))%"
    }

    package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    package static func bytes(_ count: Int) -> String {
        switch count {
        case ..<(1 << 20): "\(max(count, 0) >> 10) KiB"
        case ..<(10 << 30): "\(count >> 20) MiB"
        default: "\(count >> 30) GiB"
        }
    }

    /// How long ago something was, short of a second as people say it.
    static func ago(_ time: Duration) -> String { time < .seconds(1) ? "just now" : "\(Self.time(time)) ago" }

    /// The same in Japanese, as it stands before what happened: `12秒前に`.
    static func japaneseAgo(_ time: Duration) -> String {
        time < .seconds(1) ? "たった今、" : "\(Self.japanese(time))前に"
    }

    /// How long ago `then` was at `now`, both as the API writes them; the text itself where it is none.
    package static func age(from then: String, to now: String) -> String {
        guard let start = self.instant(then), let end = self.instant(now) else { return then }
        return self.span(end.timeIntervalSince(start))
    }

    package static func span(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return "?" }
        let whole = Int(max(0, seconds))
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m \(whole % 60)s"
        case ..<86_400: return "\(whole / 3600)h \(whole / 60 % 60)m"
        default: return "\(whole / 86_400)d \(whole / 3600 % 24)h"
        }
    }

    private static func instant(_ text: String) -> Date? {
        try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }
}
