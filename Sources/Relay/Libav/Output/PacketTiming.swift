internal import Media
internal import NIOCore

/// A track's clock and, for audio, its sample grid: from a packet's stream time to the ticks libav is told.
struct PacketTiming {
    private(set) var clock: TrackClock
    private var grid: SampleGrid?

    init(scale: Int, configuration: CodecConfiguration) {
        self.clock = TrackClock(scale: scale)
        self.grid = AudioFrameLength(configuration).map { SampleGrid($0, scale: scale) }
    }

    /// The packet's times, later by `lead`, and the length its coding gives it, in ticks.
    mutating func stamp(
        _ packet: Packet,
        lead: MediaTime = .zero,
        earliest: Int64? = nil
    ) -> (stamp: TrackClock.Stamp, duration: Int64?) {
        var wanted = TrackClock.Stamp(
            pts: self.clock.ticks(packet.pts + lead),
            dts: self.clock.ticks(packet.dts + lead)
        )
        let placed = self.grid?.place(wanted.dts, payload: packet.payload)
        if let placed {
            wanted.pts += placed.start - wanted.dts
            wanted.dts = placed.start
        }
        return (self.clock.accept(wanted, earliest: earliest), placed?.duration)
    }
}
