import Contract
import Media
import NIOCore
import Tape

/// The stream itself: its sources, which of them is on air, and what of it is written on the packet tape.
///
/// A value under the publisher's lock. It appends and keeps accounts, and does nothing that could be long; whatever follows
/// from a change is returned and done when the lock is free again.
struct Program {
    var createdAt: Now
    let marks: ProgramMarks
    let targetDuration: TargetDuration
    let limits: LimitsSpec
    var selection: SourceSelection
    /// Those that are connected.
    var sources: [SourceID: Source] = [:]
    var loss: SourceLoss?
    /// When it was gone on with after the death of the process that had it before, whose sources are gone; µs monotonic.
    var restoredAt: Int64?
    var writer: ProgramWriter
    /// Of the source on air, or of the last that was.
    var tracks = SourceTracks()
    var meters: [TrackID: TrackMeter] = [:]
    var counters = StreamCounters()
    /// What is left out for everybody.
    var omissions = OmissionTally()
    /// What of ``tracks`` was last published.
    private var describedChanges: UInt64?
    private var described = LiveTracks.Value()
    private var steps: [SourceTracks.Step] = []

    init(
        onto tape: PacketTape,
        _ segments: SegmentClock,
        _ spec: RelaySpec,
        after resumption: TapeResumption? = nil,
        marks: ProgramMarks,
        targetDuration: TargetDuration,
        now: Now
    ) {
        self.createdAt = now
        self.marks = marks
        self.targetDuration = targetDuration
        self.limits = spec.limits
        self.selection = SourceSelection(timeout: spec.sourceTimeout)
        self.restoredAt = resumption.map { _ in now.monotonic }
        self.writer = ProgramWriter(onto: tape, segments, after: resumption, now: now)
    }

    /// The source on air, or the one that was until it fell silent.
    var holder: Source? { self.selection.holder.flatMap { self.sources[$0] } }

    /// When its last source went, µs monotonic; nil where it never had one.
    var sourceGone: Int64? { self.loss?.at.microseconds ?? self.restoredAt }

    /// What viewers are to know of the tracks, if that has changed since it was last asked.
    mutating func takeDescription() -> LiveTracks.Value? {
        let hasSource = self.holder != nil
        guard self.describedChanges != self.tracks.changes || self.described.hasSource != hasSource else { return nil }
        self.describedChanges = self.tracks.changes
        self.described = LiveTracks.Value(
            tracks: self.tracks.carried,
            isFlowing: self.tracks.isFlowing,
            hasSource: hasSource,
            revision: self.described.revision + 1
        )
        return self.described
    }

    /// A source is on air that begins anew.
    mutating func beginSource(_ source: Source, now: Now) {
        self.writer.beginSource(source.clock, now: now)
        self.tracks = SourceTracks()
        self.describedChanges = nil
        for track in self.meters.keys { self.meters[track]?.breakOff() }
        self.omissions.forget()
        self.marks.beginSource(at: self.writer.tape.nextSequence)
        if !self.targetDuration.isHeld(within: Stream.formatLinger, now: now.monotonic) {
            self.targetDuration.forget()
            self.writer.forgetPromise()
            self.writer.settle(self.targetDuration)
        }
    }

    /// Takes one event of the source on air onto the tape, keeps it until the source's tracks are known, or leaves it out.
    ///
    /// - Returns: what stood against it.
    mutating func take(_ event: SourceEvent, now: Now) -> TapeError? {
        switch event {
        case .omission(let omission):
            self.omissions.note(omission, at: now.monotonic)
            return nil
        case .packet(let packet) where packet.payload.readableBytes > self.limits.frame:
            self.omissions.note(.tooLarge(packet, self.codec(of: packet), self.limits), at: now.monotonic)
            self.leaveOut(packet.track)
            return .recordTooLarge(packet.payload.readableBytes, limit: self.limits.frame)
        case .packet(let packet):
            self.counters.bytesIn += UInt64(packet.payload.readableBytes)
            self.counters.packetsIn += 1
        case .configuration:
            break
        }
        guard let discovered = self.tracks.discover(with: event) else { return self.admit(event, now: now) }
        var failure: TapeError?
        for event in discovered { failure = self.admit(event, now: now) ?? failure }
        return failure
    }

    /// What the tape does not take is left out, and what comes after it goes on.
    private mutating func admit(_ event: SourceEvent, now: Now) -> TapeError? {
        self.steps.removeAll(keepingCapacity: true)
        self.tracks.admit(event, now: now, steps: &self.steps)
        do {
            for index in self.steps.indices { try self.perform(self.steps[index], now: now) }
            return nil
        } catch {
            // Of what is sent again after a death, viewers have what the dead process made of it.
            guard case .packet(let packet) = event, error != .diverged else { return error }
            self.omissions.note(.untaken(packet, self.codec(of: packet), error, self.limits), at: now.monotonic)
            self.leaveOut(packet.track)
            return error
        }
    }

    private mutating func perform(_ step: SourceTracks.Step, now: Now) throws(TapeError) {
        switch step {
        case .announce(let track, let configuration): self.writer.expect(track, configuration)
        case .carry(let track, let configuration): try self.writer.carry(track, configuration)
        case .drop(let track): self.writer.drop(track)
        case .discard: self.counters.packetsDropped += 1
        case .write(let packet):
            let placement = self.writer.place(packet, now: now)
            self.meters[packet.track, default: TrackMeter()].count(placement.packet, now: now.monotonic)
            for silent in self.tracks.note(placement.packet, now: now) { self.writer.drop(silent) }
            try self.writer.write(placement, among: self.tracks.carried)
        }
    }

    private mutating func leaveOut(_ track: TrackID) {
        self.counters.packetsDropped += 1
        self.tracks.leaveOut(track)
    }

    private func codec(of packet: SourcePacket) -> Codec? { self.tracks.configurations[packet.track]?.codec }
}
