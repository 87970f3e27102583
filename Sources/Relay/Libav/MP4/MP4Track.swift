internal import Media
internal import NIOCore

/// One track's timing and the packet whose duration is not known yet.
struct MP4Track {
    struct Held {
        var stamp: TrackClock.Stamp
        var isKeyframe: Bool
        var payload: ByteBuffer
        /// The coding's own length in ticks, where it has one.
        var length: Int64?
    }

    let id: TrackID
    let codec: Codec
    private var timing: PacketTiming
    private var held: Held?
    /// The distance of the newest two packets and of the two before, in ticks.
    private var newestDistance: Int64?
    private var olderDistance: Int64?
    /// Where the durations written so far end, in ticks.
    private var end: Int64?

    init(_ id: TrackID, scale: Int, configuration: CodecConfiguration) {
        self.id = id
        self.codec = configuration.codec
        self.timing = PacketTiming(scale: scale, configuration: configuration)
    }

    var clock: TrackClock { self.timing.clock }

    /// Takes a packet in and gives back the one before it, now with its true duration.
    mutating func exchange(_ packet: Packet) -> (packet: Held, duration: Int64)? {
        let last = self.timing.clock.lastDTS
        let (stamp, length) = self.timing.stamp(packet, earliest: self.end)
        if let last { (self.newestDistance, self.olderDistance) = (stamp.dts - last, self.newestDistance) }
        self.end = nil
        let before = self.held
        self.held = Held(
            stamp: stamp,
            isKeyframe: packet.track.kind == .audio || packet.flags.contains(.keyframe),
            payload: packet.payload,
            length: length
        )
        return before.map { ($0, duration: stamp.dts - $0.stamp.dts) }
    }

    /// The packet held, to be written as a fragment's last; `next` is the dts of the packet that will follow it.
    mutating func release(next: MediaTime?) -> (packet: Held, duration: Int64)? {
        guard let held = self.held else { return nil }
        self.held = nil
        let distance = next.map { self.timing.clock.ticks($0) - held.stamp.dts }
        let duration = max(1, held.length ?? distance ?? self.estimate)
        self.end = held.stamp.dts + duration
        return (held, duration)
    }

    /// The lesser of the last two distances: a gap of a tick is harmless, an overlap would move the next packet.
    private var estimate: Int64 {
        guard let newest = self.newestDistance else { return self.timing.clock.scale / 30 }
        return min(newest, self.olderDistance ?? newest)
    }
}
