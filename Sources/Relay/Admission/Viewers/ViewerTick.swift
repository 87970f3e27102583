/// A viewer's own latency budget, asked for with `?tick=` in milliseconds.
package enum ViewerTick {
    /// Longest budget a viewer may ask for, ms.
    static let limit = 1000

    package static func read(_ text: String?) -> Duration? {
        guard let text, let value = Int(text.hasSuffix("ms") ? String(text.dropLast(2)) : text) else { return nil }
        return .milliseconds(min(max(value, 0), Self.limit))
    }
}
