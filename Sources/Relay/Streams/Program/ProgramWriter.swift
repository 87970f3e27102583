import Media
import NIOCore
import Tape

/// What happens to a source's events between the protocol session and the packet tape: the stream is held until it can
/// begin with a keyframe, put on the stream's clock, cut into segments, and written down with its join points.
struct Ingest {
    private enum Gate {
        /// A source has begun; its first events wait until it is plain which tracks it has.
        case gathering(Gathering)
        /// The tracks are known; everything before a keyframe is left out.
        case awaitingKeyframe
        case flowing
    }

    /// Without video every packet could be a join; this is how far apart they are, µs.
    static let audioJoinInterval = MediaTime.milliseconds(500)

    /// How long sound waits for the first keyframe of a picture beside it, µs: a camera that is switched off must not keep the
    /// sound from anybody.
    static let pictureWait: Int64 = 2_000_000
    /// A track that nothing came of for so long, by its source's clock and by ours, is not part of the stream any more, µs.
    static let silence: Int64 = 6_000_000

    /// How the source says its tracks are coded, whether anything comes of them or not.
    private(set) var configurations: [TrackID: CodecConfiguration] = [:]
    /// The tracks that the stream has: each from its first packet on.
    private(set) var tracks: [TrackID: CodecConfiguration] = [:]
    private(set) var meters: [TrackID: TrackMeter] = [:]
    private(set) var counters = Counters()
    private var timeline: Timeline
    private var segments: SegmentClock
    private var gate = Gate.gathering(Gathering())
    private var joined: [TrackID: CodecConfiguration] = [:]
    private var lastJoin: MediaTime?
    private var begun: Set<TrackID> = []
    /// The tracks that the source has sent anything of.
    private var seen: Set<TrackID> = []
    private var lastPackets: [TrackID: (dts: MediaTime, arrival: Int64)] = [:]
    /// Since when sound waits for a picture, µs monotonic.
    private var soundWaits: Int64?
    private var isBreakPending = false

    struct Counters {
        var discontinuities = 0
        /// Packets left out because nobody could decode them: of a track without a configuration.
        var dropped = 0
        /// Packets left out because a stream goes on from a keyframe, and so does each track. Nothing is wrong with them.
        var beforeKeyframe = 0
        /// Packets whose timestamp came before the one before on their track, where the next ones did not go on from there.
        var regressions = 0
        /// Times that a track stepped back against the others and went on from there.
        var trackSteps = 0
        var bytes: UInt64 = 0
        var packets: UInt64 = 0
    }

    /// An event that is not on the tape.
    struct Failure {
        let event: SourceEvent
        let error: TapeError
    }

    init(segmentTarget: MediaTime, now: Now) {
        self.timeline = Timeline(now: now.monotonic, wallClock: now.wall)
        self.segments = SegmentClock(target: segmentTarget)
    }

    /// The track whose keyframes are joins: the first video track, or else the first audio track.
    var primary: TrackID? { self.tracks.keys.min() }

    /// Whether the source's tracks are known and a first keyframe has come.
    var isFlowing: Bool {
        if case .flowing = self.gate { true } else { false }
    }

    /// How long a segment of a playlist may be at most, in whole seconds; who asks is told the same from then on.
    mutating func promiseTargetDuration() -> Int { self.segments.promise() }

    /// Nobody holds a playlist any more.
    mutating func forgetTargetDuration() { self.segments.forgetPromise() }

    /// Wall-clock minus stream time, µs.
    func wallOffset(now: Now) -> Int64 {
        guard let head = self.timeline.head else { return now.wall &- now.monotonic }
        return self.timeline.wallClock(at: head) &- head.microseconds
    }

    mutating func beginSource(_ clock: SourceClock, now: Now) {
        if self.lastJoin != nil {
            self.isBreakPending = true
        }
        self.timeline.beginSource(clock, now: now.monotonic, wallClock: now.wall)
        self.configurations = [:]
        self.tracks = [:]
        self.begun = []
        self.seen = []
        self.lastPackets = [:]
        self.soundWaits = nil
        for track in self.meters.keys { self.meters[track]?.breakOff() }
        self.gate = .gathering(Gathering())
    }

    /// A source that had fallen silent sends again: it does not repeat its configurations, so they stay in force.
    mutating func resumeSource(_ clock: SourceClock, now: Now) {
        guard case .flowing = self.gate else { return }
        self.isBreakPending = true
        self.timeline.beginSource(clock, now: now.monotonic, wallClock: now.wall)
        for (track, configuration) in self.configurations { self.expectOrder(of: track, configuration) }
        self.lastPackets = [:]
        self.soundWaits = nil
        self.gate = .awaitingKeyframe
    }

    /// Tells the timeline how far pictures may come out of order.
    private mutating func expectOrder(of track: TrackID, _ configuration: CodecConfiguration) {
        guard let depth = configuration.reorderDepth else { return }
        let rate = configuration.frameRate.flatMap { $0 >= 1 ? $0 : nil }
        self.timeline.expect(track, reorderDepth: depth, interval: rate.map { Int64(1_000_000 / $0) })
    }

    /// Takes one event onto the tape, or keeps it until the source's tracks are known.
    ///
    /// What the tape does not take is left out, and what comes after it goes on.
    ///
    /// - Returns: the last event that was left out, and why.
    mutating func accept(_ event: SourceEvent, now: Now, onto tape: PacketTape) -> Failure? {
        if case .packet(let packet) = event {
            self.counters.bytes += UInt64(packet.payload.readableBytes)
            self.counters.packets += 1
            self.seen.insert(packet.track)
        }
        guard case .gathering(var gathering) = self.gate else {
            return self.attempt(event, now: now, onto: tape)
        }
        // The gate lets go of what is gathered, so that nothing is copied for one event more.
        self.gate = .awaitingKeyframe
        gathering.add(event)
        guard gathering.isComplete else {
            self.gate = .gathering(gathering)
            return nil
        }
        var failure: Failure?
        // The first join names every track there is: some codings are known only from a first packet behind it.
        var known: Set<TrackID> = []
        for event in gathering.events {
            guard case .configuration(let track, _) = event, known.insert(track).inserted else { continue }
            failure = self.attempt(event, now: now, onto: tape) ?? failure
        }
        for event in gathering.events { failure = self.attempt(event, now: now, onto: tape) ?? failure }
        return failure
    }

    /// A packet of the track is missing from here on: the track goes on with its next keyframe.
    mutating func leaveOut(_ track: TrackID) {
        self.counters.dropped += 1
        guard track.kind == .video else { return }
        self.begun.remove(track)
    }

    private mutating func attempt(_ event: SourceEvent, now: Now, onto tape: PacketTape) -> Failure? {
        do {
            try self.process(event, now: now, onto: tape)
            return nil
        } catch {
            if case .packet(let packet) = event { self.leaveOut(packet.track) }
            return Failure(event: event, error: error)
        }
    }

    private mutating func process(_ event: SourceEvent, now: Now, onto tape: PacketTape) throws(TapeError) {
        switch event {
        case .configuration(let track, let configuration):
            guard self.configurations[track] != configuration else { return }
            self.configurations[track] = configuration
            self.expectOrder(of: track, configuration)
            // Players wait for a track that they were told of: one that nothing has come of is not part of the stream.
            guard self.tracks[track] != nil else { return }
            self.tracks[track] = configuration
            try tape.append(.configuration(track, configuration), join: false)
        case .packet(let packet):
            try self.process(packet, now: now, onto: tape)
        case .omission:
            // Whoever keeps the account of them has noted it.
            break
        }
    }

    private mutating func process(_ source: SourcePacket, now: Now, onto tape: PacketTape) throws(TapeError) {
        guard self.configurations[source.track] != nil else {
            self.counters.dropped += 1
            return
        }
        guard self.admits(source, now: now, on: tape) else {
            self.counters.beforeKeyframe += 1
            return
        }
        for track in self.entering(with: source.track) {
            guard let configuration = self.configurations[track] else { continue }
            self.tracks[track] = configuration
            try tape.append(.configuration(track, configuration), join: false)
        }
        let placement = self.timeline.place(source, now: now.monotonic)
        var packet = placement.packet
        self.meters[source.track, default: TrackMeter()].count(packet, now: now.monotonic)
        if placement.discontinuity != nil { self.isBreakPending = true }
        if placement.hasRegressed { self.counters.regressions += 1 }
        if placement.trackStep != nil { self.counters.trackSteps += 1 }
        packet.flags.remove(.discontinuity)
        self.note(packet, now: now, on: tape)
        guard let primary = self.primary else { return }
        let isKeyframe = packet.track == primary && self.isJoin(packet)
        if isKeyframe { self.noteBreak(&packet) }
        self.segments.follow(primary)
        let mark = self.segments.observe(packet, wallClock: placement.wallClock)
        if mark != nil { packet.flags.insert(.segmentStart) }
        let isJoin = isKeyframe || mark != nil && !self.segments.isWithinGroup
        if isJoin { self.lastJoin = packet.dts }
        try tape.append(.packet(packet), join: isJoin, segment: mark)
    }

    /// Whether a packet may pass: a stream goes on from a keyframe, and so does each track of it.
    private mutating func admits(_ packet: SourcePacket, now: Now, on tape: PacketTape) -> Bool {
        let canBegin = packet.isKeyframe || packet.track.kind == .audio
        if case .awaitingKeyframe = self.gate {
            guard canBegin, self.opens(packet.track, now: now, on: tape) else { return false }
            self.gate = .flowing
        }
        guard canBegin || self.begun.contains(packet.track) else { return false }
        self.begun.insert(packet.track)
        return true
    }

    /// Whether the stream begins, or goes on, with a packet of the track that can be decoded without any other.
    private mutating func opens(_ track: TrackID, now: Now, on tape: PacketTape) -> Bool {
        guard track != self.configurations.keys.min() else { return true }
        let since = self.soundWaits ?? now.monotonic
        self.soundWaits = since
        guard now.monotonic - since >= Self.pictureWait else { return false }
        for other in self.tracks.keys where other < track { self.leave(other, tape) }
        return true
    }

    /// The tracks that become part of the stream with a packet of that one: at its beginning all that send.
    private func entering(with track: TrackID) -> [TrackID] {
        guard self.tracks.isEmpty else { return self.tracks[track] == nil ? [track] : [] }
        return self.configurations.keys.filter { $0 >= track && self.seen.contains($0) }.sorted()
    }

    /// Notes when a track last sent something, and what has not for long.
    private mutating func note(_ packet: Packet, now: Now, on tape: PacketTape) {
        self.lastPackets[packet.track] = (packet.dts, now.monotonic)
        for track in self.tracks.keys {
            guard let last = self.lastPackets[track] else {
                self.lastPackets[track] = (packet.dts, now.monotonic)
                continue
            }
            // A stray timestamp is ahead by one of the clocks alone, and so is the first packet after a stall of the line.
            let isSilent =
                (packet.dts - last.dts).microseconds > Self.silence && now.monotonic - last.arrival > Self.silence
            if isSilent { self.leave(track, tape) }
        }
    }

    private mutating func leave(_ track: TrackID, _ tape: PacketTape) {
        self.tracks[track] = nil
        self.begun.remove(track)
        self.lastPackets[track] = nil
        tape.forgetConfiguration(of: track)
    }

    private func isJoin(_ packet: Packet) -> Bool {
        if packet.track.kind == .video { return packet.flags.contains(.keyframe) }
        guard let last = self.lastJoin, !self.isBreakPending else { return true }
        return packet.dts - last >= Self.audioJoinInterval
    }

    /// Marks the keyframe after a break: of the source, of its clock, or of the codecs without either.
    private mutating func noteBreak(_ packet: inout Packet) {
        let isChange = self.lastJoin != nil && self.joined != self.tracks
        if self.isBreakPending || isChange {
            self.counters.discontinuities += 1
            packet.flags.insert(.discontinuity)
        }
        self.isBreakPending = false
        self.joined = self.tracks
    }
}
