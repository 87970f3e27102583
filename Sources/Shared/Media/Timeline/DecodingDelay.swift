/// How much earlier than its source says a track is decoded, so that no picture is shown before it is decoded.
///
/// Encoders that do not delay their pictures give those that are shown early negative composition times, which no
/// container but a signed `trun` has room for. All decoding times of the track move by one amount; presentation times,
/// and with them order and the relation to sound, stay as they are.
struct DecodingDelay: Sendable {
    /// More than this is an error of one packet and not an encoder's delay, µs: sixteen pictures (ITU-T H.264 section
    /// A.3.1) at sixteen a second.
    static let most: Int64 = 1_000_000

    /// Pictures that may come before one that is shown ahead of them, and µs from one to the next where known.
    private let depth: Int64
    private let interval: Int64?

    /// µs; it only grows.
    private(set) var current: Int64 = 0

    private static let usualInterval: Int64 = 40_000

    init(depth: Int = 0, interval: Int64? = nil) {
        self.depth = Int64(clamping: max(0, min(depth, 16)))
        self.interval = interval.map { max(1, min($0, Self.most)) }
    }

    /// Takes note of a picture. Gives by how much the delay grew, µs.
    mutating func note(_ composition: Int64, isKeyframe: Bool) -> Int64 {
        var needed = composition < 0 ? 0 &- composition : 0
        // The pictures behind a keyframe are shown after it: it tells what the earliest of them will need, in time.
        if isKeyframe, self.depth > 0, self.interval != nil || composition <= 0 {
            let interval = self.interval ?? Self.usualInterval
            let foreseen = self.depth * interval &- composition
            // Sources round their times.
            if foreseen &- self.current > interval / 2 { needed = max(needed, foreseen) }
        }
        let growth = max(0, min(needed, Self.most) - self.current)
        self.current += growth
        return growth
    }
}
