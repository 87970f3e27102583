import Media

/// Until when the tracks of a format are shown and heard.
///
/// The pictures of an encoder that reorders them end later than its sound. Players that place what comes after a break at
/// the end of the longest track (Media Source Extensions, sequence mode) wait for ever before the gap in the other.
struct TrackEnds {
    private struct Track {
        var dts: MediaTime
        var interval: MediaTime
        var end: MediaTime
    }

    private var tracks: [TrackID: Track] = [:]

    /// A track that ended longer than this before the others had ended by itself.
    private static let reach = MediaTime(microseconds: 500_000)
    private static let longestInterval = MediaTime(microseconds: 200_000)
    private static let usualInterval = MediaTime(microseconds: 20_000)

    mutating func note(_ packet: Packet) {
        let last = self.tracks[packet.track]
        let interval = last.map { min(packet.dts - $0.dts, Self.longestInterval) } ?? Self.usualInterval
        let end = packet.pts + interval
        self.tracks[packet.track] = Track(dts: packet.dts, interval: interval, end: max(end, last?.end ?? end))
    }

    /// What a track lacks until the last of the others has ended: from where on, and until when. Nil for none.
    func lack(of track: TrackID) -> (from: MediaTime, until: MediaTime)? {
        guard let own = self.tracks[track]?.end, let longest = self.tracks.values.map(\.end).max(),
            own < longest, longest - own <= Self.reach
        else { return nil }
        return (own, longest)
    }

    mutating func removeAll() { self.tracks = [:] }
}
