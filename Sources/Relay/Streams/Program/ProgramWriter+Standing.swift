import Media
import Tape

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

    /// What a source has sent again did not come to what is on the tape: goes on behind all that is there, as after a break.
    ///
    /// - Returns: false where there is nothing that this writer did not come to.
    @discardableResult
    mutating func endRepeating(now: Now) -> Bool {
        guard self.tape.isAhead else { return false }
        // It was read when it was attached, and nobody else has written on it.
        guard let resumption = try? self.tape.endRepeating() else { return true }
        let counters = self.counters
        self = ProgramWriter(onto: self.tape, self.segments.following(resumption.segment), after: resumption, now: now)
        self.counters = counters
        self.isBreakPending = true
        return true
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
