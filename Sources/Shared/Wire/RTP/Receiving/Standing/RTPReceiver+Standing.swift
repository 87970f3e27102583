extension RTPReceiver {
    /// Where a receiver stands between two packets, written down for the process that goes on with it.
    package struct Standing: Sendable, Codable {
        /// The synchronisation source of its reports.
        fileprivate var source: UInt32
        fileprivate var nextReport: Int64?
        fileprivate var random: UInt32
        fileprivate var hasSaidGoodbye: Bool
        fileprivate var tracks: [RTPTrack.Standing]
        fileprivate var clock: RTPSynchronizer
    }

    /// Nil in the midst of an access unit of any track, and while a packet waits for others.
    package var standing: Standing? {
        var tracks: [RTPTrack.Standing] = []
        tracks.reserveCapacity(self.tracks.count)
        for track in self.tracks {
            guard let standing = track.standing else { return nil }
            tracks.append(standing)
        }
        return Standing(
            source: self.configuration.source,
            nextReport: self.nextReport,
            random: UInt32(truncatingIfNeeded: self.random >> 32),
            hasSaidGoodbye: self.hasSaidGoodbye,
            tracks: tracks,
            clock: self.clock
        )
    }

    /// Goes on where another of the same description stood; nil where none can have stood so.
    ///
    /// - Parameters:
    ///   - standing: where.
    ///   - description: of what is received.
    ///   - configuration: makes one of the source of the reports.
    package init?(
        resuming standing: Standing,
        _ description: SessionDescription,
        configuration: (_ source: UInt32) -> RTPReceiverConfiguration
    ) {
        do throws(RTPError) {
            try self.init(description, configuration: configuration(standing.source))
        } catch {
            return nil
        }
        guard standing.tracks.count == self.tracks.count, standing.clock.isPlausible(like: self.clock) else {
            return nil
        }
        for (place, track) in standing.tracks.enumerated() {
            guard self.tracks[place].resume(track) else { return nil }
        }
        self.clock = standing.clock
        self.nextReport = standing.nextReport
        self.random = UInt64(standing.random) << 32 | UInt64(standing.source)
        self.hasSaidGoodbye = standing.hasSaidGoodbye
    }
}
