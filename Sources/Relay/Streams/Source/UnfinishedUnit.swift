import Media

/// How long a source has been sending a unit of media of one kind whose end has not come.
///
/// It is heard meanwhile, and not for ever: a peer that sends a byte a second would hold its stream for as long as it likes. The
/// time runs from the first bytes behind the last whole unit, so that beginning another unit instead of ending one wins nothing.
struct UnfinishedUnit: Hashable, Sendable {
    /// For how long the bytes of one unit count as being heard, µs: 4 MB at 2 Mbit/s are 16 s, which with the shortest timeouts in
    /// use come to their end.
    static let limit: Int64 = 15_000_000

    /// When its first bytes came, µs monotonic.
    private var since: Int64?

    init() {}

    /// Bytes of it came.
    ///
    /// - Parameter now: µs, monotonic.
    /// - Returns: until when the source counts as heard by them, µs monotonic.
    mutating func arrive(now: Int64) -> Int64 {
        let start = self.since ?? now
        self.since = start
        return min(now, start + Self.limit)
    }

    /// A whole one came.
    mutating func end() { self.since = nil }
}

/// What a source has begun to send and not ended, of both kinds. Sound that drips behind a picture that did wins nothing either.
struct UnfinishedUnits: Hashable, Sendable {
    private var video = UnfinishedUnit()
    private var audio = UnfinishedUnit()
    private var any = UnfinishedUnit()

    init() {}

    /// Bytes of a unit of that kind came.
    ///
    /// - Parameters:
    ///   - kind: Of which kind.
    ///   - now: µs, monotonic.
    /// - Returns: until when the source counts as heard by them, µs monotonic.
    mutating func arrive(_ kind: TrackKind, now: Int64) -> Int64 {
        let counted =
            switch kind {
            case .video: self.video.arrive(now: now)
            case .audio: self.audio.arrive(now: now)
            }
        return min(counted, self.any.arrive(now: now))
    }

    /// A whole one of that kind came.
    mutating func end(_ kind: TrackKind) {
        self.any.end()
        switch kind {
        case .video: self.video.end()
        case .audio: self.audio.end()
        }
    }
}
