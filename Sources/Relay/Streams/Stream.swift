package import Contract
import Libav
import Logging
package import Media
import Synchronization
import Tape
import Wire

/// One stream: who is on air, what it sent, and the formats it is muxed to at the moment.
///
/// Everything a publisher causes happens in its own event loop under this stream's lock, and nothing in it waits.
/// Viewers read the wire tapes without it.
package final class Stream: Sendable {
    package let path: StreamPath
    let spec: CurrentSpec
    let budget: TapeBudget
    /// Has other streams give up bytes that they need less; called without this stream's lock.
    let makeRoom: @Sendable (_ bytes: Int, _ demand: TapeDemand, _ now: Now) -> Void
    let state: Mutex<State>
    let log: Logger

    struct State {
        let packets: PacketTape
        let createdAt: Now
        var desk: SourceDesk
        var source: Source?
        var loss: SourceLoss?
        var ingest: Ingest
        var counters = StreamCounters()
        var outputs: [WireFormat: Output] = [:]
        var waiters = SegmentWaiters()
        var trackWaiters: [UInt64: @Sendable () -> Void] = [:]
        var nextTrackWaiter: UInt64 = 0
        var lastUsed: Int64
        var omissions = OmissionBook()
        /// What of them each format has had noted.
        var notedOmissions: [WireFormat: [MediaOmission]] = [:]
        /// When a playlist was last asked for, µs monotonic.
        var lastPlaylist: Int64?
        var failureLog = LogThrottle()
        var shortageLog = LogThrottle(interval: 60_000_000)
    }

    /// The publisher on air.
    struct Source {
        let id: SourceID
        let clock: SourceClock
        var snapshot: SourceSnapshot
        /// Tells its connection that it is no longer on air, and why.
        let onEvicted: @Sendable (_ sentence: String) -> Void
    }

    /// How long a format stays muxed after the last viewer left or the last playlist was asked for, µs.
    static let formatLinger: Int64 = 60_000_000
    /// How long a stream whose source is gone keeps its tapes, µs: its playlists are asked for that long.
    static let restAfter: Int64 = 120_000_000
    /// Length of a fragment of MP4.
    static let partTarget = MediaTime.milliseconds(200)

    /// A stream that nobody publishes yet: its tapes have no memory.
    init(
        path: StreamPath,
        spec current: CurrentSpec,
        budget: TapeBudget,
        now: Now,
        log: Logger,
        makeRoom: @escaping @Sendable (_ bytes: Int, _ demand: TapeDemand, _ now: Now) -> Void
    ) throws {
        let spec = current.value
        let packets = try PacketTape(
            name: "packets \(path)",
            retention: .packets(spec.limits, budget),
            span: TapePlan.packets(segment: spec.hls.segment.microseconds),
            records: LimitsSpec.tapeRecords
        )
        self.path = path
        self.spec = current
        self.budget = budget
        self.makeRoom = makeRoom
        var log = log
        log[metadataKey: "stream"] = "\(path)"
        self.log = log
        self.state = Mutex(
            State(
                packets: packets,
                createdAt: now,
                desk: SourceDesk(timeout: spec.sourceTimeout),
                ingest: Ingest(segmentTarget: MediaTime(microseconds: spec.hls.segment.microseconds), now: now),
                lastUsed: now.monotonic
            )
        )
    }

    // MARK: Publishing

    /// Puts a source whose timestamps count as `clock` says on air, or says why not. Keys have been checked by then.
    /// `onEvicted` is called once, from any thread, if the source loses the stream to another.
    package func claim(
        _ snapshot: SourceSnapshot,
        as id: SourceID,
        clock: SourceClock = .rtmp,
        now: Now,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) {
        try self.startTape(now: now)
        let outcome: Result<Source?, PublishDenial> = self.state.withLock { state in
            let evicted: Source?
            switch state.desk.claim(id, now: now.monotonic, takeover: self.spec.value.takeover) {
            case .refuse(let refusal):
                return .failure(PublishDenial(.busy, "\(refusal)"))
            case .begin:
                evicted = state.source
                if state.loss != nil { state.counters.reconnects += 1 }
            case .takeOver:
                evicted = state.source
                state.counters.takeovers += 1
            }
            if let evicted {
                state.loss = SourceLoss(at: Instant(now), cause: .replaced, source: evicted.snapshot)
            }
            state.source = Source(id: id, clock: clock, snapshot: snapshot, onEvicted: onEvicted)
            state.packets.forgetConfigurations()
            state.ingest.beginSource(clock, now: now)
            state.omissions.forget()
            state.notedOmissions = [:]
            if state.lastPlaylist.map({ now.monotonic - $0 > Self.formatLinger }) ?? true {
                state.ingest.forgetTargetDuration()
            }
            state.lastUsed = now.monotonic
            self.openAwaited(in: &state, now: now)
            return .success(evicted)
        }
        switch outcome {
        case .failure(let denial): throw denial
        case .success(let evicted):
            LibavLibrary.loadAhead()
            self.log.info(
                "source on air",
                metadata: ["address": "\(snapshot.address)", "encoder": "\(snapshot.encoder ?? "unknown")"]
            )
            evicted?.onEvicted("Another encoder, at \(snapshot.address), took \(self.path) over.")
        }
    }

    /// Why another source would not be put on air now; nil: it would.
    package func denial(now: Now) -> PublishDenial? {
        var desk = self.state.withLock { $0.desk }
        let takeover = self.spec.value.takeover
        // Numbers of sources begin at 1.
        guard case .refuse(let refusal) = desk.claim(SourceID(0), now: now.monotonic, takeover: takeover) else {
            return nil
        }
        return PublishDenial(.busy, "\(refusal)")
    }

    /// Takes what a source sent.
    ///
    /// - Returns: false if the source is not on air any more; its events are not used.
    package func publish(_ events: [SourceEvent], from id: SourceID, now: Now) -> Bool {
        let (isOnAir, failure, due) = self.state.withLock { state -> (Bool, (any Error)?, [@Sendable () -> Void]) in
            // Between two sweeps health has called the source silent already.
            _ = state.noticeSilence(now: now)
            switch state.desk.heard(id, now: now.monotonic) {
            case .refuse: return (false, nil, [])
            case .resume:
                state.counters.reconnects += 1
                state.ingest.resumeSource(state.source?.clock ?? .rtmp, now: now)
                self.openAwaited(in: &state, now: now)
            case .proceed: break
            }
            state.source?.snapshot.lastHeard = Instant(now)
            state.lastUsed = now.monotonic
            let limits = self.spec.value.limits
            var failure: (any Error)?
            for event in events { failure = state.take(event, limits, now: now) ?? failure }
            failure = state.muxAll(limits, now: now) ?? failure
            state.noteOmissions(now: now)
            let shouldLog = failure != nil && state.failureLog.allows(now.monotonic)
            let due = state.takeDueWaiters() + state.takeTrackWaiters(of: self.path)
            return (true, shouldLog ? failure : nil, due)
        }
        if let failure { self.log.warning("media left out", metadata: ["error": "\(failure)"]) }
        for tell in due { tell() }
        return isOnAir
    }

    /// Says how the packets of a source come, as counted since it was let on air; about once a second.
    package func report(_ link: LinkSnapshot, of id: SourceID) {
        self.state.withLock { state in
            guard state.source?.id == id else { return }
            let before = state.source?.snapshot.link ?? LinkSnapshot()
            state.counters.linkPackets += Self.growth(link.packets, since: before.packets)
            state.counters.linkLost += Self.growth(link.lost, since: before.lost)
            state.counters.linkHeld += Self.growth(link.held, since: before.held)
            state.source?.snapshot.link = link
        }
    }

    /// What was given up for lost may come yet.
    private static func growth(_ count: UInt64, since before: UInt64) -> UInt64 {
        count > before ? count - before : 0
    }

    /// A source's connection ended.
    package func leave(_ id: SourceID, cause: SourceLoss.Cause, now: Now) {
        let lost = self.state.withLock { state -> Source? in
            let wasOnAir = state.desk.left(id, now: now.monotonic)
            guard state.source?.id == id else { return nil }
            // One that had fallen silent was lost before, and for that reason.
            return state.lose(wasOnAir ? cause : .silent, now: now)
        }
        if let lost {
            self.log.notice(
                "source lost",
                metadata: ["cause": "\(cause.rawValue)", "address": "\(lost.snapshot.address)"]
            )
        }
    }

    /// Removes whoever is on air.
    ///
    /// - Returns: whether somebody was.
    @discardableResult
    package func dropSource(sentence: String, now: Now) -> Bool {
        let dropped = self.state.withLock { state -> Source? in
            guard let source = state.source else { return nil }
            _ = state.desk.left(source.id, now: now.monotonic)
            return state.lose(.removed, now: now)
        }
        dropped?.onEvicted(sentence)
        return dropped != nil
    }

    // MARK: Time

    /// Called a few times a second: notices silence, and stops muxing what nobody wants.
    package func sweep(now: Now) {
        self.warmTapes()
        let spec = self.spec.value
        let (lost, shortage) = self.state.withLock { state -> (Source?, MediaOmission?) in
            state.dropUnwanted(now: now)
            let shortage = state.settle(spec, now: now)
            return (state.noticeSilence(now: now), shortage)
        }
        if let shortage { self.log.warning("less is kept", metadata: ["sentence": "\(shortage.sentence)"]) }
        if let lost {
            self.log.notice("source silent", metadata: ["address": "\(lost.snapshot.address)"])
        }
    }

    /// Takes memory for the tapes ahead of what is written, outside of the lock that publishers want.
    private func warmTapes() {
        let (packets, wires) = self.state.withLock { state in
            // Nothing is taken for a stream that is merely asked for.
            state.source == nil ? (nil, []) : (state.packets, state.outputs.values.map(\.tape))
        }
        packets?.warm()
        for tape in wires { tape.warm() }
    }

    /// From now on a source counts as lost after so much silence.
    package func setSourceTimeout(_ timeout: Duration) {
        self.state.withLock { $0.desk.timeout = timeout }
    }

    /// Whether nobody has published, watched or asked since `time`, µs monotonic.
    package func isIdle(since time: Int64) -> Bool {
        self.state.withLock { state in
            state.source == nil && state.lastUsed < time && state.waiters.isEmpty && state.trackWaiters.isEmpty
                && state.outputs.values.allSatisfy { $0.leases == 0 }
        }
    }

    /// When the last source went, µs monotonic; nil while one is on air, or where there never was one.
    var sourceGone: Int64? {
        self.state.withLock { $0.desk.onAir == nil ? $0.loss?.at.microseconds : nil }
    }

    /// Whether anybody was ever on air.
    package var wasPublished: Bool {
        self.state.withLock { $0.source != nil || $0.loss != nil }
    }

    /// Adds what a source says of itself after it was let on air.
    package func describe(_ id: SourceID, encoder: String) {
        self.state.withLock { state in
            guard state.source?.id == id else { return }
            state.source?.snapshot.encoder = encoder
        }
    }

    /// The formats that are muxed now.
    package var formats: Set<WireFormat> {
        self.state.withLock { Set($0.outputs.keys) }
    }

    /// What is true of the stream now. Viewers are counted by whoever serves them.
    package func snapshot(now: Now) -> StreamSnapshot {
        self.state.withLock { $0.snapshot(of: self.path, now: now) }
    }

    /// Ends every viewer once it has all there is.
    package func finish() {
        self.state.withLock { state in
            for format in state.outputs.keys { state.outputs[format]?.finish() }
        }
    }
}
