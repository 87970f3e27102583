import Media
import Tape

/// Puts what the source on air delivers on the stream's clock, cuts it into segments, and writes it on the packet tape with
/// the places where a reader can begin.
///
/// The clock survives reconnects, switches between sources, and jumps of a source's own clock.
struct ProgramWriter {
    /// Without video every packet could be a join; this is how far apart they are, µs.
    static let audioJoinInterval = MediaTime.milliseconds(500)

    struct Counters: Codable {
        var discontinuities: UInt64 = 0
        /// Packets whose timestamp came before the one before on their track, where the next ones did not go on from there.
        var regressions: UInt64 = 0
        /// Times that a track stepped back against the others and went on from there.
        var trackSteps: UInt64 = 0
    }

    let tape: PacketTape
    var counters = Counters()
    var timeline: Timeline
    var segments: SegmentClock
    /// The tracks at the last join.
    var joined: [TrackID: CodecConfiguration] = [:]
    var lastJoin: MediaTime?
    var isBreakPending = false

    /// Goes on behind what a program that is dead has left on the tape, if that is known: nil is a new tape.
    init(onto tape: PacketTape, _ segments: SegmentClock, after resumption: TapeResumption? = nil, now: Now) {
        self.tape = tape
        self.timeline = Timeline(now: now.monotonic, wallClock: now.wall)
        self.segments = segments
        guard let resumption, resumption.newest != nil else { return }
        self.timeline.resume(decoded: resumption.decoded, presented: resumption.presented, now: now.monotonic)
        self.joined = resumption.configurations
        self.lastJoin = resumption.newest
    }

    /// Wall-clock minus stream time, µs; nil before the first packet.
    var wallOffset: Int64? {
        self.timeline.head.map { self.timeline.wallClock(at: $0) &- $0.microseconds }
    }

    /// Another source begins; its configurations follow.
    mutating func beginSource(_ clock: SourceClock, now: Now) {
        self.endRepeating(now: now)
        if self.lastJoin != nil { self.isBreakPending = true }
        self.tape.forgetConfigurations()
        self.timeline.beginSource(clock, now: now.monotonic, wallClock: now.wall)
    }

    /// The same source begins anew, with the configurations that it had.
    mutating func resumeSource(_ clock: SourceClock, now: Now) {
        self.isBreakPending = true
        self.timeline.beginSource(clock, now: now.monotonic, wallClock: now.wall)
    }

    /// Tells the timeline how far pictures may come out of order.
    mutating func expect(_ track: TrackID, _ configuration: CodecConfiguration) {
        guard let depth = configuration.reorderDepth else { return }
        let rate = configuration.frameRate.flatMap { $0 >= 1 ? $0 : nil }
        self.timeline.expect(track, reorderDepth: depth, interval: rate.map { Int64(1_000_000 / $0) })
    }

    func carry(_ track: TrackID, _ configuration: CodecConfiguration) throws(TapeError) {
        try self.tape.append(.configuration(track, configuration), join: false)
    }

    /// The stream goes on without the track.
    func drop(_ track: TrackID) { self.tape.forgetConfiguration(of: track) }

    /// Gives a packet its time on the stream's clock.
    mutating func place(_ source: SourcePacket, now: Now) -> Placement {
        let placement = self.timeline.place(source, now: now.monotonic)
        if placement.discontinuity != nil { self.isBreakPending = true }
        if placement.hasRegressed { self.counters.regressions += 1 }
        if placement.trackStep != nil { self.counters.trackSteps += 1 }
        return placement
    }

    /// Writes a packet of a stream that has these tracks now.
    mutating func write(
        _ placement: Placement,
        among tracks: [TrackID: CodecConfiguration]
    ) throws(TapeError) {
        guard let primary = tracks.keys.min() else { return }
        var packet = placement.packet
        packet.flags.remove(.discontinuity)
        let isKeyframe = packet.track == primary && self.isJoin(packet)
        if isKeyframe { self.noteBreak(&packet, tracks) }
        self.segments.follow(primary)
        let mark = self.segments.observe(packet, wallClock: placement.wallClock)
        if mark != nil { packet.flags.insert(.segmentStart) }
        let isJoin = isKeyframe || mark != nil && !self.segments.isWithinGroup
        if isJoin { self.lastJoin = packet.dts }
        try self.tape.append(.packet(packet), join: isJoin, segment: mark)
    }

    /// Keeps the cut of segments and what playlists say of it in step.
    mutating func settle(_ promise: TargetDuration) {
        if let promised = promise.offer(self.segments.proposal) { self.segments.promise(promised) }
    }

    /// Forgets the promised duration, because nobody holds a playlist any more.
    mutating func forgetPromise() { self.segments.forgetPromise() }

    private func isJoin(_ packet: Packet) -> Bool {
        if packet.track.kind == .video { return packet.flags.contains(.keyframe) }
        guard let last = self.lastJoin, !self.isBreakPending else { return true }
        return packet.dts - last >= Self.audioJoinInterval
    }

    /// Marks the keyframe after a break: of the source, of its clock, or of the codecs without either.
    private mutating func noteBreak(_ packet: inout Packet, _ tracks: [TrackID: CodecConfiguration]) {
        let isChange = self.lastJoin != nil && self.joined != tracks
        if self.isBreakPending || isChange {
            self.counters.discontinuities += 1
            packet.flags.insert(.discontinuity)
        }
        self.isBreakPending = false
        self.joined = tracks
    }
}
