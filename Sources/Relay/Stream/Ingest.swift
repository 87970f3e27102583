import Media
import NIOCore
import Tape

/// What happens to a source's events between the protocol session and the packet tape: the stream is held until it can
/// begin with a keyframe, put on the stream's clock, cut into segments, and written down with its join points.
struct Ingest {
    private enum Gate {
        /// A source has begun; its first events wait until it is plain which tracks it has.
        case gathering([SourceEvent], bytes: Int)
        /// The tracks are known; everything before a keyframe is left out.
        case awaitingKeyframe
        case flowing
    }

    /// How long a source's first events wait for the configuration of a second kind of track, µs of media time.
    static let gatherSpan: Int64 = 500_000
    /// The same in bytes of payload, for a source whose timestamps stand still.
    static let gatherBytes = 4 << 20
    /// Without video every packet could be a join; this is how far apart they are, µs.
    static let audioJoinInterval = MediaTime.milliseconds(500)

    private(set) var configurations: [TrackID: CodecConfiguration] = [:]
    private(set) var meters: [TrackID: TrackMeter] = [:]
    private(set) var counters = Counters()
    private var timeline: Timeline
    private var segments: SegmentClock
    private var gate = Gate.gathering([], bytes: 0)
    private var joined: [TrackID: CodecConfiguration] = [:]
    private var lastJoin: MediaTime?
    private var begun: Set<TrackID> = []
    private var isBreakPending = false

    struct Counters {
        var discontinuities = 0
        /// Packets left out because nobody could decode them: of a track without a configuration.
        var dropped = 0
        /// Packets left out because a stream goes on from a keyframe, and so does each track. Nothing is wrong with them.
        var beforeKeyframe = 0
        /// Packets whose timestamp did not come after the one before on their track.
        var regressions = 0
        var bytes: UInt64 = 0
        var packets: UInt64 = 0
    }

    init(segmentTarget: MediaTime, now: Now) {
        self.timeline = Timeline(now: now.monotonic, wallClock: now.wall)
        self.segments = SegmentClock(target: segmentTarget)
    }

    /// The track whose keyframes are joins: the first video track, or else the first audio track.
    var primary: TrackID? { self.configurations.keys.min() }

    /// Whether the source's tracks are known and a first keyframe has come.
    var isFlowing: Bool {
        if case .flowing = self.gate { true } else { false }
    }

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
        self.begun = []
        for track in self.meters.keys { self.meters[track]?.breakOff() }
        self.gate = .gathering([], bytes: 0)
    }

    /// A source that had fallen silent sends again: it does not repeat its configurations, so they stay in force.
    mutating func resumeSource(_ clock: SourceClock, now: Now) {
        guard case .flowing = self.gate else { return }
        self.isBreakPending = true
        self.timeline.beginSource(clock, now: now.monotonic, wallClock: now.wall)
        self.gate = .awaitingKeyframe
    }

    mutating func accept(_ event: SourceEvent, now: Now, onto tape: PacketTape) throws(TapeError) {
        if case .packet(let packet) = event {
            self.counters.bytes += UInt64(packet.payload.readableBytes)
            self.counters.packets += 1
        }
        guard case .gathering(var held, let bytes) = self.gate else {
            try self.process(event, now: now, onto: tape)
            return
        }
        self.gate = .awaitingKeyframe
        held.append(event)
        let size = bytes + event.size
        guard Self.hasGathered(held, bytes: size) else {
            self.gate = .gathering(held, bytes: size)
            return
        }
        // The first join names every track there is: some codings are known only from a first packet behind it.
        var known: Set<TrackID> = []
        for event in held {
            guard case .configuration(let track, _) = event, known.insert(track).inserted else { continue }
            try self.process(event, now: now, onto: tape)
        }
        for event in held { try self.process(event, now: now, onto: tape) }
    }

    private static func hasGathered(_ events: [SourceEvent], bytes: Int) -> Bool {
        var kinds: Set<TrackKind> = []
        var first: Int64?
        var last: Int64 = 0
        for event in events {
            switch event {
            case .configuration(let track, _):
                kinds.insert(track.kind)
            case .packet(let packet):
                first = first ?? packet.timestamp
                last = packet.timestamp
            case .omission:
                break
            }
        }
        guard let first else { return false }
        // A clock that turns round between the first packets says nothing about how long this has lasted.
        let span = last - first
        return kinds.count == 2 || span >= Self.gatherSpan || span < 0 || bytes >= Self.gatherBytes
    }

    private mutating func process(_ event: SourceEvent, now: Now, onto tape: PacketTape) throws(TapeError) {
        switch event {
        case .configuration(let track, let configuration):
            guard self.configurations[track] != configuration else { return }
            self.configurations[track] = configuration
            try tape.append(.configuration(track, configuration), join: false)
        case .packet(let packet):
            try self.process(packet, now: now, onto: tape)
        case .omission:
            // Whoever keeps the account of them has noted it.
            break
        }
    }

    private mutating func process(_ source: SourcePacket, now: Now, onto tape: PacketTape) throws(TapeError) {
        guard self.configurations[source.track] != nil, let primary = self.primary else {
            self.counters.dropped += 1
            return
        }
        guard self.admits(source, primary) else {
            self.counters.beforeKeyframe += 1
            return
        }
        let placement = self.timeline.place(source, now: now.monotonic)
        var packet = placement.packet
        self.meters[source.track, default: TrackMeter()].count(packet, now: now.monotonic)
        if placement.discontinuity != nil { self.isBreakPending = true }
        if placement.wasHeld { self.counters.regressions += 1 }
        packet.flags.remove(.discontinuity)
        let isKeyframe = packet.track == primary && self.isJoin(packet)
        if isKeyframe { self.noteBreak(&packet) }
        self.segments.follow(primary)
        let mark = self.segments.observe(packet, wallClock: placement.wallClock)
        if mark != nil { packet.flags.insert(.segmentStart) }
        let isJoin = isKeyframe || mark != nil
        if isJoin { self.lastJoin = packet.dts }
        try tape.append(.packet(packet), join: isJoin, segment: mark)
    }

    /// Whether a packet may pass: a stream goes on from a keyframe, and so does each track of it.
    private mutating func admits(_ packet: SourcePacket, _ primary: TrackID) -> Bool {
        let canBegin = packet.isKeyframe || packet.track.kind == .audio
        if case .awaitingKeyframe = self.gate {
            guard packet.track == primary, canBegin else { return false }
            self.gate = .flowing
        }
        guard canBegin || self.begun.contains(packet.track) else { return false }
        self.begun.insert(packet.track)
        return true
    }

    private func isJoin(_ packet: Packet) -> Bool {
        if packet.track.kind == .video { return packet.flags.contains(.keyframe) }
        guard let last = self.lastJoin, !self.isBreakPending else { return true }
        return packet.dts - last >= Self.audioJoinInterval
    }

    /// Marks the keyframe after a break: of the source, of its clock, or of the codecs without either.
    private mutating func noteBreak(_ packet: inout Packet) {
        let isChange = self.lastJoin != nil && self.joined != self.configurations
        if self.isBreakPending || isChange {
            self.counters.discontinuities += 1
            packet.flags.insert(.discontinuity)
        }
        self.isBreakPending = false
        self.joined = self.configurations
    }
}

extension SourceEvent {
    fileprivate var size: Int {
        switch self {
        case .configuration(_, let configuration): configuration.record.readableBytes
        case .packet(let packet): packet.payload.readableBytes
        case .omission: 0
        }
    }
}
