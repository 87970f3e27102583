package import Media

/// What a stream looks like to who receives it by RTP: its tracks in order, and its session description.
package struct RTPPresentation: Hashable, Sendable {
    package let tracks: [RTPOutgoingTrack]

    /// The CNAME of all its sources (RFC 3550 section 6.5.1), and the session's name: the stream's path.
    package let name: String

    /// Of the tracks those that RTP carries, video first. `path` names the stream.
    package init(_ tracks: [TrackID: CodecConfiguration], path: String) {
        let seed = RTPSeed.of(path)
        var carried: [RTPOutgoingTrack] = []
        for (track, configuration) in tracks.sorted(by: { $0.key < $1.key }) {
            guard let made = RTPOutgoingTrack(track, configuration, number: carried.count, seed: seed) else { continue }
            carried.append(made)
        }
        self.tracks = carried
        self.name = path
    }

    /// Whether a receiver that was told of one can go on with packets of the other.
    package func isContinued(by other: RTPPresentation) -> Bool {
        self.name == other.name && self.tracks.count == other.tracks.count
            && zip(self.tracks, other.tracks).allSatisfy { $0.isContinued(by: $1) }
    }

    /// Where the packets go, for a session description.
    package enum Delivery: Hashable, Sendable {
        /// As is agreed in RTSP.
        case negotiated
        /// To an address; each track's port in order, its reports to the next. `ttl` is that of an IPv4 multicast group.
        case sent(host: String, ttl: Int?, ports: [UInt16])
    }
}
