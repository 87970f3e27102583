import FoundationEssentials

/// Quantities as people read them.
enum Phrases {
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    static func bitrate(_ bits: Double) -> String {
        switch bits {
        case ..<1000: "\(Int(max(0, bits))) bit/s"
        case ..<1_000_000: "\(Int((bits / 1000).rounded())) kbit/s"
        case ..<1e12: "\(self.tenths(bits / 1_000_000)) Mbit/s"
        default: "over 1 Tbit/s"
        }
    }

    static func bytes(_ count: Int) -> String {
        switch count {
        case ..<(1 << 20): "\(max(count, 0) >> 10) KiB"
        case ..<(10 << 30): "\(count >> 20) MiB"
        default: "\(count >> 30) GiB"
        }
    }

    /// `2026-11-24 18:05:09 UTC`, of a date as the API writes it.
    static func date(_ text: String) -> String {
        guard text.count >= 19 else { return text }
        return text.prefix(19).replacing("T", with: " ") + " UTC"
    }

    /// How long ago `then` was at `now`, both as the API writes them; the text itself where it is none.
    static func age(from then: String, to now: String) -> String {
        guard let start = self.instant(then), let end = self.instant(now) else { return then }
        return self.span(end.timeIntervalSince(start))
    }

    static func span(_ seconds: Double) -> String {
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

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
