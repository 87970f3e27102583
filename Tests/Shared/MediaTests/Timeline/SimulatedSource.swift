import Media
import NIOCore
import Toolkit

/// An encoder: what it captures and when, what its clock says of it, and when that arrives. All times µs.
struct SimulatedSource {
    struct Arrival {
        var packet: SourcePacket
        var now: Int64
        /// When the encoder captured it, by a clock without faults.
        var captured: Int64
    }

    /// From `at` on, each track's timestamps are off by so much; a track crosses at its own first packet after it.
    struct Jump {
        var at: Int64
        var by: Int64
        var audioDelay: Int64 = 0
    }

    var start: Int64 = 0
    var length: Int64 = 10_000_000
    var videoInterval: Int64 = 33_000
    var audioInterval: Int64 = 21_000
    var gop = 60
    var audioStart: Int64 = 0
    var videoStart: Int64 = 0
    /// How much later than captured a track's packets arrive.
    var audioLag: Int64 = 0
    var videoLag: Int64 = 0
    /// What the encoder's clock shows for its first instant.
    var firstTimestamp: Int64 = 0
    var bits = 32
    var jumps: [Jump] = []
    var jitter: Int64 = 0
    /// How much faster than ours the encoder's clock runs, parts per million.
    var partsPerMillion: Int64 = 0

    func arrivals(_ random: inout some RandomNumberGenerator) -> [Arrival] {
        var arrivals: [Arrival] = []
        if self.videoInterval > 0 {
            for (index, time) in stride(from: self.videoStart, to: self.length, by: Int(self.videoInterval))
                .enumerated()
            {
                let composition: Int64 = [0, 66_000, 33_000][index % 3]
                arrivals.append(
                    self.arrival(
                        .video,
                        time,
                        self.videoLag,
                        composition: composition,
                        isKeyframe: index % self.gop == 0,
                        &random
                    )
                )
            }
        }
        if self.audioInterval > 0 {
            for time in stride(from: self.audioStart, to: self.length, by: Int(self.audioInterval)) {
                arrivals.append(self.arrival(.audio, time, self.audioLag, isKeyframe: true, &random))
            }
        }
        // A connection keeps order within a track; the sort is stable enough because a track's arrivals rise.
        return arrivals.sorted { ($0.now, $0.packet.track) < ($1.now, $1.packet.track) }
    }

    private func arrival(
        _ track: TrackID,
        _ captured: Int64,
        _ lag: Int64,
        composition: Int64 = 0,
        isKeyframe: Bool,
        _ random: inout some RandomNumberGenerator
    ) -> Arrival {
        var time = captured + captured * self.partsPerMillion / 1_000_000 + self.firstTimestamp
        for jump in self.jumps where captured >= jump.at + (track == .audio ? jump.audioDelay : 0) { time += jump.by }
        if self.jitter > 0 { time += Int64.random(in: -self.jitter...self.jitter, using: &random) / 1000 * 1000 }
        let period: Int64 = (1 << Int64(self.bits)) * 1000
        let shown = ((time % period) + period) % period
        return Arrival(
            packet: SourcePacket(
                track: track,
                timestamp: shown,
                compositionOffset: composition,
                isKeyframe: isKeyframe,
                payload: ByteBuffer()
            ),
            now: self.start + captured + lag,
            captured: captured
        )
    }
}

/// A timeline under test with what came out of it.
struct TimelineRun {
    struct Row {
        var placement: Placement
        var arrival: SimulatedSource.Arrival

        var packet: Packet { self.placement.packet }
        var dts: Int64 { self.placement.packet.dts.microseconds }
        /// How far the packet was moved from when it was captured: the same for all tracks of a source.
        var shift: Int64 { self.dts - self.arrival.captured }
    }

    static let epoch: Int64 = 1_800_000_000_000_000

    var timeline = Timeline(now: 0, wallClock: Self.epoch)
    var rows: [Row] = []

    /// Streams a source from its start to its end and returns its rows.
    @discardableResult
    mutating func play(_ source: SimulatedSource, _ random: inout some RandomNumberGenerator) -> ArraySlice<Row> {
        let first = self.rows.count
        self.timeline.beginSource(.rtmp, now: source.start, wallClock: Self.epoch + source.start)
        for arrival in source.arrivals(&random) {
            let placement = self.timeline.place(arrival.packet, now: arrival.now)
            self.rows.append(Row(placement: placement, arrival: arrival))
        }
        return self.rows[first...]
    }

    /// The first packet that does not come after its forerunner on the same track, if any does not.
    var firstRegression: Row? {
        var last: [TrackID: MediaTime] = [:]
        return self.rows.first { row in
            defer { last[row.packet.track] = row.packet.dts }
            return last[row.packet.track].map { row.packet.dts <= $0 } ?? false
        }
    }

    var discontinuities: [Discontinuity] { self.rows.compactMap(\.placement.discontinuity) }
}

extension Sequence where Element == TimelineRun.Row {
    /// The different distances by which packets were moved; one when audio and video kept their relation.
    var shifts: Set<Int64> { Set(self.map(\.shift)) }
}
