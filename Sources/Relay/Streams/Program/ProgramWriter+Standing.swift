import Media

extension ProgramWriter {
    /// Where a writer stands between two packets, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var counters: Counters
        fileprivate var timeline: Timeline
        fileprivate var segments: SegmentClock.Standing
        fileprivate var joined: [TrackID: CodecConfiguration]
        fileprivate var lastJoin: MediaTime?
        fileprivate var isBreakPending: Bool
    }

    var standing: Standing {
        Standing(
            counters: self.counters,
            timeline: self.timeline,
            segments: self.segments.standing,
            joined: self.joined,
            lastJoin: self.lastJoin,
            isBreakPending: self.isBreakPending
        )
    }

    /// Goes on where another writer of the tape stood.
    ///
    /// - Returns: false if none can have stood there.
    mutating func resume(_ standing: Standing) -> Bool {
        guard self.segments.resume(standing.segments) else { return false }
        self.counters = standing.counters
        self.timeline = standing.timeline
        self.joined = standing.joined
        self.lastJoin = standing.lastJoin
        self.isBreakPending = standing.isBreakPending
        return true
    }
}
