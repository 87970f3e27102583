import Media

extension MediaTagDecoder {
    /// Where a decoder stands between two tags, written down for the process that goes on with it.
    package struct Standing: Sendable, Codable {
        fileprivate var tracks: [MediaTagTrack]
        fileprivate var nalTracks: [NALTagTrack.Standing]
        fileprivate var dropped: UInt64
        fileprivate var refusedShares: UInt64
    }

    /// Nil while something waits for the tag behind it.
    package var standing: Standing? {
        var nalTracks: [NALTagTrack.Standing] = []
        for track in self.nalTracks.values {
            guard let standing = track.standing else { return nil }
            nalTracks.append(standing)
        }
        return Standing(
            tracks: Array(self.tracks.values),
            nalTracks: nalTracks,
            dropped: self.dropped,
            refusedShares: self.refusedShares
        )
    }

    /// Nil where no decoder of so many tracks can have stood so.
    package init?(resuming standing: Standing, trackLimit: Int = Self.defaultTrackLimit) {
        self.init(trackLimit: trackLimit)
        for track in standing.tracks { self.tracks[track.id] = track }
        for standing in standing.nalTracks {
            guard let track = NALTagTrack(resuming: standing) else { return nil }
            self.nalTracks[track.id] = track
        }
        guard self.tracks.count + self.nalTracks.count <= trackLimit else { return nil }
        self.dropped = standing.dropped
        self.refusedShares = standing.refusedShares
    }
}
