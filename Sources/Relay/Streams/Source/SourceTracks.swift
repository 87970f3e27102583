import Media

/// The tracks of the source on air, as they become known: which of them are part of the stream, and which of their packets.
///
/// A stream begins, and goes on, with a keyframe, and so does each track of it. A track is part of the stream from its first
/// packet until nothing has come of it for long, whatever the source announces: players wait for a track they were told of.
struct SourceTracks {
    /// What follows from an event of the source.
    enum Step {
        /// The source says how it codes a track, whether anything comes of it or not.
        case announce(TrackID, CodecConfiguration)
        /// From here on the track is part of the stream, coded so.
        case carry(TrackID, CodecConfiguration)
        /// The track is not part of the stream any more.
        case drop(TrackID)
        case write(SourcePacket)
        /// A packet that nobody could decode: of a track without a configuration.
        case discard
    }

    enum Phase {
        /// A source has begun; its first events wait until it is plain which tracks it has.
        case discovering(TrackDiscovery)
        /// The tracks are known; everything before a keyframe is left out.
        case awaitingKeyframe
        case flowing
    }

    /// How long sound waits for the first keyframe of a picture beside it, µs: a camera that is switched off must not keep the
    /// sound from anybody.
    static let pictureWait: Int64 = 2_000_000
    /// A track that nothing came of for so long, by its source's clock and by ours, is not part of the stream any more, µs.
    static let silence: Int64 = 6_000_000

    /// How the source says its tracks are coded, whether anything comes of them or not.
    var configurations: [TrackID: CodecConfiguration] = [:]
    /// The tracks that the stream has: each from its first packet on.
    var carried: [TrackID: CodecConfiguration] = [:]
    /// How often ``carried`` or ``isFlowing`` has changed.
    private(set) var changes: UInt64 = 0
    var phase = Phase.discovering(TrackDiscovery()) {
        didSet { self.changes &+= 1 }
    }
    /// The tracks that have had a packet to begin with.
    var begun: Set<TrackID> = []
    /// The tracks that the source has sent anything of.
    var seen: Set<TrackID> = []
    var lastPackets: [TrackID: (dts: MediaTime, arrival: Int64)] = [:]
    /// Since when sound waits for a picture, µs monotonic.
    var soundWaits: Int64?

    /// The track whose keyframes are joins: the first video track, or else the first audio track.
    var primary: TrackID? { self.carried.keys.min() }

    /// Whether the source's tracks are known and a first keyframe has come.
    var isFlowing: Bool {
        if case .flowing = self.phase { true } else { false }
    }

    /// A source goes on behind a break: it does not repeat its configurations, so they stay in force.
    mutating func awaitKeyframe() {
        self.lastPackets = [:]
        self.soundWaits = nil
        self.phase = .awaitingKeyframe
    }

    /// Takes an event where a source's first events are still waited for.
    ///
    /// - Returns: nil if they are not, and the event is to be admitted as it is; otherwise all that is to be admitted by now.
    mutating func discover(with event: SourceEvent) -> [SourceEvent]? {
        if case .packet(let packet) = event { self.seen.insert(packet.track) }
        guard case .discovering(var discovery) = self.phase else { return nil }
        // The phase lets go of what is kept, so that nothing is copied for one event more.
        self.phase = .awaitingKeyframe
        discovery.add(event)
        guard discovery.isComplete else {
            self.phase = .discovering(discovery)
            return []
        }
        // The first join names every track there is: some codings are known only from a first packet behind it.
        var known: Set<TrackID> = []
        let configurations = discovery.events.filter { event in
            guard case .configuration(let track, _) = event else { return false }
            return known.insert(track).inserted
        }
        return configurations + discovery.events
    }

    /// Appends what follows from an event.
    mutating func admit(_ event: SourceEvent, now: Now, steps: inout [Step]) {
        switch event {
        case .configuration(let track, let configuration):
            guard self.configurations[track] != configuration else { return }
            self.configurations[track] = configuration
            steps.append(.announce(track, configuration))
            if self.carried[track] != nil { self.carry(track, configuration, &steps) }
        case .packet(let packet):
            guard self.configurations[packet.track] != nil else { return steps.append(.discard) }
            guard self.admits(packet, now: now, &steps) else { return }
            for track in self.entering(with: packet.track) {
                guard let configuration = self.configurations[track] else { continue }
                self.carry(track, configuration, &steps)
            }
            steps.append(.write(packet))
        case .omission:
            // Whoever keeps the account of them has noted it.
            break
        }
    }

    /// A packet of the track is missing from here on: the track goes on with its next keyframe.
    mutating func leaveOut(_ track: TrackID) {
        guard track.kind == .video else { return }
        self.begun.remove(track)
    }

    /// Notes that a packet was placed on the stream's clock.
    ///
    /// - Returns: the tracks that have sent nothing for long and are dropped.
    mutating func note(_ packet: Packet, now: Now) -> [TrackID] {
        self.lastPackets[packet.track] = (packet.dts, now.monotonic)
        var silent: [TrackID] = []
        for track in self.carried.keys {
            guard let last = self.lastPackets[track] else {
                self.lastPackets[track] = (packet.dts, now.monotonic)
                continue
            }
            // A stray timestamp is ahead by one of the clocks alone, and so is the first packet after a stall of the line.
            let isSilent =
                (packet.dts - last.dts).microseconds > Self.silence && now.monotonic - last.arrival > Self.silence
            if isSilent { silent.append(track) }
        }
        for track in silent { self.drop(track) }
        return silent
    }

    /// A unit of that kind was still arriving at a time, µs monotonic: no track of it is silent for that.
    mutating func note(arriving kind: TrackKind, at time: Int64) {
        for track in self.lastPackets.keys where track.kind == kind {
            guard let last = self.lastPackets[track] else { continue }
            self.lastPackets[track] = (last.dts, max(last.arrival, time))
        }
    }

    /// Whether a packet may pass.
    private mutating func admits(_ packet: SourcePacket, now: Now, _ steps: inout [Step]) -> Bool {
        let canBegin = packet.isKeyframe || packet.track.kind == .audio
        if case .awaitingKeyframe = self.phase {
            guard canBegin, self.opens(packet.track, now: now, &steps) else { return false }
            self.phase = .flowing
        }
        guard canBegin || self.begun.contains(packet.track) else { return false }
        self.begun.insert(packet.track)
        return true
    }

    /// Whether the stream begins, or goes on, with a packet of the track that can be decoded without any other.
    private mutating func opens(_ track: TrackID, now: Now, _ steps: inout [Step]) -> Bool {
        guard track != self.configurations.keys.min() else { return true }
        let since = self.soundWaits ?? now.monotonic
        self.soundWaits = since
        guard now.monotonic - since >= Self.pictureWait else { return false }
        for other in self.carried.keys.sorted() where other < track {
            self.drop(other)
            steps.append(.drop(other))
        }
        return true
    }

    /// The tracks that become part of the stream with a packet of that one: at its beginning all that send.
    private func entering(with track: TrackID) -> [TrackID] {
        guard self.carried.isEmpty else { return self.carried[track] == nil ? [track] : [] }
        return self.configurations.keys.filter { $0 >= track && self.seen.contains($0) }.sorted()
    }

    private mutating func carry(_ track: TrackID, _ configuration: CodecConfiguration, _ steps: inout [Step]) {
        self.carried[track] = configuration
        self.changes &+= 1
        steps.append(.carry(track, configuration))
    }

    private mutating func drop(_ track: TrackID) {
        self.carried[track] = nil
        self.changes &+= 1
        self.begun.remove(track)
        self.lastPackets[track] = nil
    }
}
