import Capacity
package import Contract
import Libav
import Logging
package import Media
import Synchronization
import Tape

/// One stream: its sources, the program they make, and the wire formats that somebody wants of it.
///
/// A publisher's thread appends to the packet tape under the program's lock, and gives that back before anything is muxed.
/// Viewers read wire tapes without a lock; what they ask of a format waits for that format alone.
package final class Stream: Sendable {
    package let path: StreamPath
    let spec: CurrentSpec
    let budget: TapeBudget
    /// Has other streams give up bytes that they need less; called without a lock of this stream.
    let makeRoom: @Sendable (_ bytes: Int, _ demand: TapeDemand, _ now: Now) -> Void
    let log: Logger
    let packets: PacketTape
    let marks: ProgramMarks
    let tracks: LiveTracks
    let target: TargetDuration
    let program: Mutex<Program>
    let outputs: Outputs
    /// When somebody last published, watched or asked, µs monotonic.
    let lastUsed: Atomic<Int64>
    /// Has the tapes outlive the process; nil: they do not.
    let keeper: (any TapeKeeper)?
    let keep: Mutex<TapeKeep?>
    private let failureLog = Mutex(LogThrottle())
    private let omissionLog = Mutex(OmissionLog())

    /// How long a format stays muxed after the last viewer left or the last playlist was asked for, µs.
    static let formatLinger: Int64 = 60_000_000
    /// How long a stream whose source is gone keeps its tapes, µs: its playlists are asked for that long.
    static let restAfter: Int64 = 120_000_000

    /// A stream that nobody publishes yet: its tapes have no memory, unless another process has written one.
    init(
        path: StreamPath,
        spec current: CurrentSpec,
        budget: TapeBudget,
        keeper: (any TapeKeeper)?,
        stored: StoredTape? = nil,
        now: Now,
        log: Logger,
        makeRoom: @escaping @Sendable (_ bytes: Int, _ demand: TapeDemand, _ now: Now) -> Void
    ) throws {
        let spec = current.value
        let segment = spec.hls.segment.microseconds
        self.packets =
            try stored?.tape
            ?? PacketTape(
                name: "packets \(path)",
                retention: .packets(spec.limits, budget),
                span: TapePlan.packets(segment: segment),
                records: TapeSize.leastRecords
            )
        self.keeper = keeper
        self.keep = Mutex(stored?.keep)
        self.path = path
        self.spec = current
        self.budget = budget
        self.makeRoom = makeRoom
        var log = log
        log[metadataKey: "stream"] = "\(path)"
        self.log = log
        self.marks = ProgramMarks(segmentLength: segment, now: now)
        self.tracks = LiveTracks(path: path)
        let clock = SegmentClock(target: MediaTime(microseconds: segment), after: stored?.resumption.segment)
        self.target = TargetDuration(offer: clock.proposal)
        self.program = Mutex(
            Program(
                onto: self.packets,
                clock,
                spec,
                after: stored?.resumption,
                marks: self.marks,
                targetDuration: self.target,
                now: now
            )
        )
        self.outputs = Outputs(
            of: self.packets,
            marks: self.marks,
            path: path,
            spec: current,
            budget: budget,
            keeper: keeper,
            log: log
        )
        self.lastUsed = Atomic(now.monotonic)
    }

    /// Changes the program, and tells viewers of its tracks if they have changed.
    func change<Result>(_ body: (inout sending Program) -> sending Result) -> Result {
        let (result, description) = self.program.withLock { program in
            let result = body(&program)
            return (result, program.takeDescription())
        }
        if let description { self.tracks.publish(description) }
        return result
    }

    func use(now: Now) { self.lastUsed.store(now.monotonic, ordering: .relaxed) }

    // MARK: Publishing

    /// Connects a source whose timestamps count as `clock` says, or says why not. Keys have been checked by then. It goes on
    /// air unless one of a better rank is.
    /// `onEvicted` is called once, from any thread, if the source loses the stream to another.
    package func claim(
        _ snapshot: SourceSnapshot,
        as id: SourceID,
        rank: SourceRank = .main,
        clock: SourceClock = .rtmp,
        now: Now,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) {
        try self.startTape(now: now)
        let source = Source(id: id, rank: rank, clock: clock, snapshot: snapshot, onEvicted: onEvicted)
        let takeover = self.spec.value.takeover
        switch self.change({ $0.claim(source, takeover: takeover, now: now) }) {
        case .refused(let refusal):
            throw PublishDenial(.busy, "\(refusal)")
        case .connected(let isOnAir, let evicted):
            self.use(now: now)
            if isOnAir { self.outputs.openAwaited(now: now, mayWait: false) }
            LibavLibrary.loadAhead()
            self.log.info(
                isOnAir ? "source on air" : "source stands by",
                metadata: ["address": "\(snapshot.address)", "encoder": "\(snapshot.encoder ?? "unknown")"]
            )
            evicted?.onEvicted("Another encoder, at \(snapshot.address), took \(self.path) over.")
        }
    }

    /// Why another source would not be put on air now; nil: it would.
    package func denial(now: Now) -> PublishDenial? {
        let takeover = self.spec.value.takeover
        return self.program.withLock { $0.refusal(takeover: takeover, now: now) }.map { PublishDenial(.busy, "\($0)") }
    }

    /// Takes what a source sent.
    ///
    /// - Parameters:
    ///   - events: What was made of it.
    ///   - arrival: What of its media is in no event, or not yet.
    ///   - id: The source.
    ///   - now: When it came.
    /// - Returns: false if the source is not connected any more; its events are not used.
    package func publish(
        _ events: [SourceEvent],
        _ arrival: MediaArrival = MediaArrival(),
        from id: SourceID,
        now: Now
    ) -> Bool {
        // Between two sweeps health has called the source silent already.
        self.noticeSilence(now: now)
        let reception = self.change { $0.receive(events, arrival, from: id, now: now) }
        guard reception.isConnected else { return false }
        guard !events.isEmpty else { return true }
        self.use(now: now)
        self.outputs.request(.read)
        if let failure = reception.failure, self.failureLog.withLock({ $0.allows(now.monotonic) }) {
            self.log.warning("media left out", metadata: ["error": "\(failure)"])
        }
        self.tellOmissions(in: events, now: now)
        return true
    }

    /// Whatever the protocol, what a source sends and nobody gets stands in the log.
    private func tellOmissions(in events: [SourceEvent], now: Now) {
        let hasAny = events.contains { if case .omission = $0 { true } else { false } }
        guard hasAny else { return }
        for omission in self.omissionLog.withLock({ $0.due(in: events, now: now.monotonic) }) {
            self.log.warning(
                "media left out",
                metadata: [
                    "part": "\(omission.part.rawValue)", "codec": "\(omission.codec)",
                    "reason": "\(omission.reason.rawValue)", "sentence": "\(omission.sentence)",
                ]
            )
        }
    }

    /// Says how the packets of a source come, as counted since it was let on air; about once a second.
    package func report(_ link: LinkSnapshot, of id: SourceID) {
        self.program.withLock { $0.report(link, of: id) }
    }

    /// Adds what a source says of itself after it was let on air.
    package func describe(_ id: SourceID, encoder: String) {
        self.program.withLock { $0.sources[id]?.snapshot.encoder = encoder }
    }

    /// A source's connection ended.
    package func leave(_ id: SourceID, cause: SourceLoss.Cause, now: Now) {
        guard let lost = self.change({ $0.leave(id, cause: cause, now: now) }) else { return }
        self.outputs.request([.read, .flush])
        self.log.notice(
            "source lost",
            metadata: ["cause": "\(cause.rawValue)", "address": "\(lost.snapshot.address)"]
        )
    }

    /// Removes whoever is connected, and whoever is missed: a source that was lost is not waited for any more.
    ///
    /// - Returns: whether somebody was.
    @discardableResult
    package func dropSource(sentence: String, now: Now) -> Bool {
        let (dropped, wasMissed) = self.change { ($0.removeSources(now: now), $0.giveUpLost(now: now)) }
        guard !dropped.isEmpty else { return wasMissed }
        self.outputs.request([.read, .flush])
        for source in dropped { source.onEvicted(sentence) }
        return true
    }

    // MARK: Time

    /// Called a few times a second: notices silence, and stops muxing what nobody wants.
    package func sweep(now: Now) {
        self.marks.note(now.monotonic)
        self.warmTapes()
        self.outputs.closeUnwanted(now: now)
        self.settleTapes(now: now)
        guard let lost = self.noticeSilence(now: now) else { return }
        self.log.notice("source silent", metadata: ["address": "\(lost.snapshot.address)"])
    }

    @discardableResult
    private func noticeSilence(now: Now) -> Source? {
        guard let lost = self.program.withLock({ $0.noticeSilence(now: now) }) else { return nil }
        self.outputs.request([.read, .flush])
        return lost
    }

    /// When the source on air will have been silent for too long if nothing comes, µs monotonic.
    var silenceDeadline: Int64? {
        self.program.withLock { $0.selection.deadline }
    }

    /// From now on a source counts as lost after so much silence.
    package func setSourceTimeout(_ timeout: Duration) {
        self.program.withLock { $0.selection.timeout = timeout }
    }

    /// Whether nobody has published, watched or asked since `time`, µs monotonic.
    package func isIdle(since time: Int64) -> Bool {
        self.lastUsed.load(ordering: .relaxed) < time && self.program.withLock { $0.sources.isEmpty }
            && !self.outputs.isWanted && !self.tracks.isAwaited
    }

    /// When the last source went, µs monotonic; nil while one is on air, or where there never was one.
    var sourceGone: Int64? {
        self.program.withLock { $0.selection.onAir == nil ? $0.sourceGone : nil }
    }

    /// Whether anybody was ever on air.
    package var wasPublished: Bool {
        self.program.withLock { !$0.sources.isEmpty || $0.sourceGone != nil }
    }

    /// The formats that are muxed now.
    package var formats: Set<WireFormat> { self.outputs.formats }

    /// What is true of the stream now. Viewers are counted by whoever serves them.
    package func snapshot(now: Now) -> StreamSnapshot {
        let omissions = self.outputs.omissions
        let formats = self.outputs.snapshots(target: self.target.seconds, now: now)
        var snapshot = self.program.withLock { $0.snapshot(of: self.path, leavingOut: omissions, now: now) }
        snapshot.formats = formats
        snapshot.delays = self.outputs.delays
        return snapshot
    }

    /// Ends every viewer once it has all there is.
    package func finish() {
        self.outputs.request([.read, .finish])
    }
}
