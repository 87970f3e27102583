package import Logging
package import Media
package import NIOCore
package import Streams
package import Wire

/// A transport stream of one source, by whatever it came: bytes in, source events out, and a line in the log, at most once
/// a second, for what is wrong with it.
///
/// It waits for nothing and needs no thread: whoever receives the bytes calls it. Its times are those of
/// ``SourceClock/unbounded``.
package struct TransportStreamReader: Sendable {
    private var demuxer: TSDemuxer
    private let log: Logger
    private var said = TSStatistics()
    private var throttle = LogThrottle()
    private var isForeignSaid = false

    /// Bytes without a packet after which it is said that this is no transport stream.
    private static let skippedLimit: UInt64 = 100_000

    package init(_ configuration: TSDemuxer.Configuration = TSDemuxer.Configuration(), log: Logger) {
        self.demuxer = TSDemuxer(configuration)
        self.log = log
    }

    /// Where a reader stands between two pictures, written down for the process that goes on with it.
    package struct Standing: Sendable, Codable {
        fileprivate let demuxer: TSDemuxer.Standing
        fileprivate let isForeignSaid: Bool
    }

    /// Nil in the midst of a picture, as far as ``TSDemuxer/standing`` says.
    package var standing: Standing? {
        self.demuxer.standing.map { Standing(demuxer: $0, isForeignSaid: self.isForeignSaid) }
    }

    /// Goes on where another stood; nil where none can have stood so.
    package init?(resuming standing: Standing, log: Logger) {
        guard let demuxer = TSDemuxer(resuming: standing.demuxer) else { return nil }
        self.demuxer = demuxer
        self.log = log
        self.said = demuxer.statistics
        self.isForeignSaid = standing.isForeignSaid
    }

    /// What the bytes say; any number of them, cut anywhere.
    package mutating func read(_ bytes: ByteBuffer, now: Now) -> [SourceEvent] {
        let events = self.demuxer.receive(bytes)
        self.tell(now)
        return events
    }

    /// What came of media that went into no event, or not yet, since this was last asked.
    package mutating func takeArrival() -> MediaArrival { self.demuxer.arrival.take() }

    /// Bytes are missing before the next ones.
    package mutating func interrupt() -> [SourceEvent] {
        self.demuxer.interrupt()
    }

    /// What was held back for more, because the source has fallen silent or is gone.
    package mutating func flush() -> [SourceEvent] {
        self.demuxer.flush()
    }

    /// Whether pictures are held back now, until one comes that a decoder can start at.
    package var isHolding: Bool { self.demuxer.isHolding }

    /// Since the beginning.
    package var statistics: TSStatistics { self.demuxer.statistics }

    private mutating func tell(_ now: Now) {
        guard self.throttle.allows(now.monotonic) else { return }
        let counts = self.demuxer.statistics
        defer { self.said = counts }
        if !self.isForeignSaid {
            if counts.packets == 0, counts.skippedBytes > Self.skippedLimit {
                self.isForeignSaid = true
                self.log.warning("what arrives is no MPEG transport stream")
            } else if !counts.foreignTypes.isEmpty {
                self.isForeignSaid = true
                self.log.warning(
                    "tracks left out that cannot be carried",
                    metadata: ["stream types": "\(counts.foreignTypes.sorted())"]
                )
            }
        }
        let faults = Self.faults(counts, since: self.said)
        guard !faults.isEmpty else { return }
        self.log.warning("transport stream damaged", metadata: faults)
    }

    /// What went wrong since, by its name.
    private static func faults(_ counts: TSStatistics, since before: TSStatistics) -> Logger.Metadata {
        let counters: [(String, KeyPath<TSStatistics, UInt64>)] = [
            ("packets lost", \.lostPackets), ("packets damaged", \.damagedPackets),
            ("packets encrypted", \.scrambledPackets), ("sync losses", \.syncLosses),
            ("broken tables", \.brokenSections), ("units damaged", \.damagedUnits),
            ("units malformed", \.malformedUnits), ("pictures held", \.heldUnits),
        ]
        var metadata: Logger.Metadata = [:]
        for (name, counter) in counters where counts[keyPath: counter] > before[keyPath: counter] {
            metadata[name] = "\(counts[keyPath: counter] - before[keyPath: counter])"
        }
        return metadata
    }
}
