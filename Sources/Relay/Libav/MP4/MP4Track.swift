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
    /// When the samples written so far have been shown, in ticks.
    private var shown: Int64?

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
        return before.map { self.written($0, duration: stamp.dts - $0.stamp.dts) }
    }

    /// When everything taken in will have been shown; nil before the first packet.
    var presentationEnd: MediaTime? {
        let held = self.held.map { $0.stamp.pts + max(1, $0.length ?? self.estimate) }
        return [held, self.shown].compactMap { $0 }.max().map(self.timing.clock.time)
    }

    /// The packet held, to be written as a fragment's last.
    ///
    /// - Parameters:
    ///   - next: the dts of the packet that will follow it, where that is known.
    ///   - end: until when it is to be shown where nothing follows it.
    /// - Returns: the packet and its duration; nil where none is held.
    mutating func release(next: MediaTime?, until end: MediaTime? = nil) -> (packet: Held, duration: Int64)? {
        guard let held = self.held else { return nil }
        self.held = nil
        let distance = next.map { self.timing.clock.ticks($0) - held.stamp.dts }
        var duration = max(1, held.length ?? distance ?? self.estimate)
        // A picture that others are shown after has its end given by those.
        if let end, held.stamp.pts + duration >= self.shown ?? held.stamp.pts {
            duration = max(duration, self.timing.clock.ticks(end) - held.stamp.pts)
        }
        self.end = held.stamp.dts + duration
        return self.written(held, duration: duration)
    }

    private mutating func written(_ packet: Held, duration: Int64) -> (packet: Held, duration: Int64) {
        let end = packet.stamp.pts + duration
        self.shown = max(end, self.shown ?? end)
        return (packet, duration)
    }

    /// The lesser of the last two distances: a gap of a tick is harmless, an overlap would move the next packet.
    private var estimate: Int64 {
        guard let newest = self.newestDistance else { return self.timing.clock.scale / 30 }
        return min(newest, self.olderDistance ?? newest)
    }
}
