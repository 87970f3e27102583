/// Quantities as people say them.
enum Words {
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

    static func rate(_ value: Double) -> String {
        let value = value.isFinite ? min(max(value, 0), 1_000_000) : 0
        return value < 10 ? self.decimal(value) : "\(Int(value.rounded()))"
    }

    static func bitrate(_ bits: Double) -> String {
        switch bits {
        case ..<1000: "\(Int(max(0, bits))) bit/s"
        case ..<1_000_000: "\(Int((bits / 1000).rounded())) kbit/s"
        case ..<1e12: "\(self.decimal(bits / 1_000_000)) Mbit/s"
        default: "more than a terabit/s"
        }
    }

    static func share(_ percent: Double) -> String {
        let percent = percent.isFinite ? min(max(percent, 0), 100) : 0
        return percent < 0.1 ? "less than 0.1 %" : "\(self.decimal(percent)) %"
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }
}
