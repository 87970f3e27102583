/// How much of a stream its tapes are to hold, in time; all in µs of media.
package enum TapePlan {
    /// For viewers of a live format: a line that stands still for so long costs its viewer nothing.
    package static let live: Int64 = 20_000_000

    /// Of the stream itself: so much that a playlist asked for late begins at once.
    private static let packets: ClosedRange<Int64> = 10_000_000...60_000_000
    private static let packetSegments: Int64 = 4

    /// Beyond the window: segments stay for a while after they have left the playlist (RFC 8216 section 6.2.2).
    private static let lingeringSegments: Int64 = 2
    /// Whatever the window: players want three segments before they begin, and one is being written.
    package static let fewestSegments: Int64 = 5
    /// A longer segment is not believed to come again.
    private static let longestSegment: Int64 = 60_000_000

    /// Copies of segments that are kept of each format when nobody is being sent them any more.
    package static let copies = 4

    /// The stream's own tape.
    package static func packets(segment: Int64) -> Int64 {
        let wanted = Self.packetSegments * Self.believed(segment)
        return min(max(wanted, Self.packets.lowerBound), Self.packets.upperBound)
    }

    /// A format that segments are cut from; `segment` is how long they are.
    package static func segments(window: Int64, segment: Int64) -> Int64 {
        let segment = Self.believed(segment)
        return max(window + Self.lingeringSegments * segment, Self.fewestSegments * segment)
    }

    /// A format that playlists are asked for of, or not: they want more than viewers who stay connected.
    package static func span(hasPlaylists: Bool, window: Int64, segment: Int64) -> Int64 {
        hasPlaylists ? max(Self.segments(window: window, segment: segment), Self.live) : Self.live
    }

    /// Records of a tape of so much time: a stream has about a hundred packets a second.
    package static func records(_ kind: WireKind, window: Int64) -> Int {
        switch kind {
        case .transportStream: max(TapeSize.leastRecords, Int(clamping: window / 1_000_000) * 160)
        case .rtmp, .flv, .mp4, .rtp: TapeSize.leastRecords
        }
    }

    private static func believed(_ segment: Int64) -> Int64 { min(max(segment, 0), Self.longestSegment) }
}
