import Contract
import Media
import Tape

/// How much of a stream its tapes are to hold, in time; all in µs of media.
enum TapePlan {
    /// For viewers of a live format: a line that stands still for so long costs its viewer nothing.
    static let live: Int64 = 20_000_000

    /// Of the stream itself: so much that a playlist asked for late begins at once.
    private static let packets: ClosedRange<Int64> = 10_000_000...60_000_000
    private static let packetSegments: Int64 = 4

    /// Beyond the window: segments stay for a while after they have left the playlist (RFC 8216 section 6.2.2).
    private static let lingeringSegments: Int64 = 2
    /// Whatever the window: players want three segments before they begin, and one is being written.
    private static let fewestSegments: Int64 = 5
    /// A longer segment is not believed to come again.
    private static let longestSegment: Int64 = 60_000_000

    /// The stream's own tape.
    static func packets(segment: Int64) -> Int64 {
        let wanted = Self.packetSegments * min(segment, Self.longestSegment)
        return min(max(wanted, Self.packets.lowerBound), Self.packets.upperBound)
    }

    /// A format that playlists are asked for of; `segment` is how long its segments are.
    static func listed(window: Int64, segment: Int64) -> Int64 {
        let segment = min(segment, Self.longestSegment)
        return max(window + Self.lingeringSegments * segment, Self.fewestSegments * segment, Self.live)
    }
}

extension TapeRetention {
    /// For a stream's own tape.
    static func packets(_ limits: LimitsSpec, _ budget: TapeBudget) -> TapeRetention {
        // A packet has a header on tape, and configurations are records, too.
        TapeRetention(limits, record: limits.frame + (128 << 10), budget)
    }

    /// For a wire format's, which adds framing and may put several frames into a record.
    static func wire(_ limits: LimitsSpec, _ budget: TapeBudget) -> TapeRetention {
        TapeRetention(limits, record: 2 * limits.frame + (128 << 10), budget)
    }

    private init(_ limits: LimitsSpec, record: Int, _ budget: TapeBudget) {
        self.init(
            least: min(LimitsSpec.tapeStart, limits.tape),
            most: limits.tape,
            record: record,
            memory: budget.account()
        )
    }
}
