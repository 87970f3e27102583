import Media

extension SourceTracks {
    /// The tracks of a source whose stream flows, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        private struct LastPacket: Sendable, Codable {
            var dts: MediaTime
            var arrival: Int64
        }

        /// Sources have fewer.
        private static let most = 256

        let configurations: [TrackID: CodecConfiguration]
        let carried: [TrackID: CodecConfiguration]
        private let begun: Set<TrackID>
        private let seen: Set<TrackID>
        private let lastPackets: [TrackID: LastPacket]

        /// Nil before the first keyframe, and while one is waited for again.
        init?(_ tracks: SourceTracks) {
            guard tracks.isFlowing else { return nil }
            self.configurations = tracks.configurations
            self.carried = tracks.carried
            self.begun = tracks.begun
            self.seen = tracks.seen
            self.lastPackets = tracks.lastPackets.mapValues { LastPacket(dts: $0.dts, arrival: $0.arrival) }
        }

        /// Nil where no source can have stood so.
        var tracks: SourceTracks? {
            guard !self.carried.isEmpty, self.configurations.count <= Self.most, self.carried.count <= Self.most else {
                return nil
            }
            var tracks = SourceTracks()
            tracks.configurations = self.configurations
            tracks.carried = self.carried
            tracks.begun = self.begun
            tracks.seen = self.seen
            tracks.lastPackets = self.lastPackets.mapValues { ($0.dts, $0.arrival) }
            tracks.phase = .flowing
            return tracks
        }
    }
}
