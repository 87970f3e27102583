/// How much earlier than its source says a track is decoded, so that no picture is shown before it is decoded.
///
/// Encoders that do not delay their pictures give those that are shown early negative composition times, which no
/// container but a signed `trun` has room for. All decoding times of the track move by one amount; presentation times,
/// and with them order and the relation to sound, stay as they are. What a picture alone demanded is given back once many
/// have gone without.
struct DecodingDelay: Sendable {
    /// More than this is an error of one packet and not an encoder's delay, µs: sixteen pictures (ITU-T H.264 section
    /// A.3.1) at sixteen a second.
    static let most: Int64 = 1_000_000

    /// Pictures that may come before one that is shown ahead of them, and µs from one to the next where known.
    let depth: Int64
    let interval: Int64?

    /// µs.
    var current: Int64 = 0

    /// What pictures of late have needed, µs, and what the last keyframe foretold.
    var recent = RecentMaximum(window: Self.memory)
    var foreseen: Int64 = 0

    private static let usualInterval: Int64 = 40_000
    /// Pictures for which the need of one counts.
    private static let memory = 128
    /// A delay that is too long by less than this stays, µs: sources round their times.
    private static let leastReturn: Int64 = 10_000

    init(depth: Int = 0, interval: Int64? = nil) {
        self.depth = Int64(clamping: max(0, min(depth, 16)))
        self.interval = interval.map { max(1, min($0, Self.most)) }
    }

    /// Takes note of a picture. Gives by how much the delay grew, µs.
    mutating func note(_ composition: Int64, isKeyframe: Bool) -> Int64 {
        let needed = composition < 0 ? 0 &- max(composition, 0 &- Self.most) : 0
        if isKeyframe { self.foreseen = self.foresee(composition) }
        self.recent.note(needed)
        let wanted = max(self.recent.value, self.foreseen)
        let growth = max(0, wanted - self.current)
        if growth > 0 || self.current - wanted >= Self.leastReturn { self.current = wanted }
        return growth
    }

    /// What the earliest picture behind a keyframe will need, µs: all of them are shown after it, so it tells in time.
    private func foresee(_ composition: Int64) -> Int64 {
        guard self.depth > 0, self.interval != nil || composition <= 0 else { return 0 }
        let interval = self.interval ?? Self.usualInterval
        let foreseen = min(self.depth * interval &- composition, Self.most)
        // Sources round their times.
        return foreseen - self.current > interval / 2 ? foreseen : max(0, min(foreseen, self.current))
    }
}
