extension SegmentClock {
    /// Where a clock stands between two packets, written down for the process that goes on with it.
    package struct Standing: Sendable, Codable {
        fileprivate var running: Running?
        fileprivate var isBroken: Bool
        fileprivate var leader: TrackID?
        fileprivate var leaderSeen: MediaTime?
        fileprivate var leaderStep: MediaTime
        fileprivate var leaderKeyframe: MediaTime?
        fileprivate var keyframeDistance: MediaTime
        fileprivate var lengths: [MediaTime]
        fileprivate var promised: Int?
        fileprivate var isWithinGroup: Bool

        /// No playlist promises more, s.
        private static let longestPromise = 86400

        /// Whether a clock can have stood so.
        fileprivate var isPlausible: Bool {
            self.running.map { SegmentClock.isPlausible($0.mark) } ?? true
                && self.promised.map { (1...Self.longestPromise).contains($0) } ?? true
        }
    }

    package var standing: Standing {
        Standing(
            running: self.running,
            isBroken: self.isBroken,
            leader: self.leader,
            leaderSeen: self.leaderSeen,
            leaderStep: self.leaderStep,
            leaderKeyframe: self.leaderKeyframe,
            keyframeDistance: self.keyframeDistance,
            lengths: self.lengths,
            promised: self.promised,
            isWithinGroup: self.isWithinGroup
        )
    }

    /// Goes on where another clock of the same target stood.
    ///
    /// - Returns: false if no clock can have stood there; this one is as it was then.
    package mutating func resume(_ standing: Standing) -> Bool {
        guard standing.isPlausible else { return false }
        self.running = standing.running
        self.isBroken = standing.isBroken
        self.leader = standing.leader
        self.leaderSeen = standing.leaderSeen
        self.leaderStep = standing.leaderStep
        self.leaderKeyframe = standing.leaderKeyframe
        self.keyframeDistance = standing.keyframeDistance
        self.lengths = standing.lengths.suffix(Self.remembered)
        self.promised = standing.promised
        self.isWithinGroup = standing.isWithinGroup
        return true
    }
}
