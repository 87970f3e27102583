import Contract
import Media
package import Wire

extension LinkSnapshot {
    /// What a receiver of RTP has counted, and how often bytes of no packet stood between two on its connection.
    package init(_ statistics: [RTPTrackStatistics], strays: UInt64 = 0) {
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
            malformed: statistics.reduce(strays) { $0 + $1.malformed + $1.unexpectedTypes }
        )
    }
}
