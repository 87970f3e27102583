import Contract
import Media
import Wire

extension LinkSnapshot {
    /// What a receiver of RTP has counted.
    init(_ statistics: [RTPTrackStatistics]) {
        self.init(
            tracks: statistics.prefix(Self.tracksLimit).map { track in
                LinkTrack(
                    kind: track.track.map { $0.kind == .video ? .video : .audio } ?? .transportStream,
                    index: track.track.map { Int($0.index) } ?? 0,
                    packets: track.packets,
                    lost: track.lost,
                    reordered: track.reordered,
                    duplicates: track.duplicates,
                    jitter: .microseconds(track.jitter),
                    held: track.held,
                    isHolding: track.isHolding
                )
            },
            malformed: statistics.reduce(0) { $0 + $1.malformed + $1.unexpectedTypes }
        )
    }
}
