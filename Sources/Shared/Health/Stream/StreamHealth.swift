package import Contract

/// Judges one stream over time. Ask it about once a second; it may be asked more often or less.
package struct StreamHealth: Sendable {
    package var setting: HealthSetting
    private var memory = StreamMemory()
    private var watch = FaultWatch<StreamFault, FaultFinding>()
    private var source = SourceHealth()
    private var state = StreamState.waiting
    private var since: Instant?

    /// From when media must have been flowing for a while before the stream is called live.
    private var settling: Instant?

    /// How long that while is: a source that comes and goes shall not be called live in between.
    static let settlingTime = Duration.seconds(2)

    package init(setting: HealthSetting) {
        self.setting = setting
    }

    /// - Parameters:
    ///   - snapshot: What the relay has told of it.
    ///   - destinations: What is to be said of the places that it is sent to.
    ///   - now: The relay's clock.
    /// - Returns: What is to be said of it.
    package mutating func judge(
        _ snapshot: StreamSnapshot,
        destinations: [DestinationVerdict] = [],
        at now: Instant
    ) -> Verdict {
        let source = self.source.judge(snapshot, timeout: self.setting.sourceTimeout, at: now)
        var verdict = self.judgeStream(snapshot, destinations, at: now)
        verdict.source = source
        return verdict
    }

    private mutating func judgeStream(
        _ snapshot: StreamSnapshot,
        _ destinations: [DestinationVerdict],
        at now: Instant
    ) -> Verdict {
        self.memory.record(snapshot, at: now)
        let sentences = StreamSentences(snapshot: snapshot, now: now, setting: self.setting)
        switch self.phase(of: snapshot, at: now) {
        case .gone(let state, let since):
            self.settling = nil
            self.watch.forget()
            self.memory.passOver(now)
            return self.verdict(state, from: since, sentences.wording { $0.gone(state) })
        case .arriving(let since):
            self.settling = nil
            self.watch.forget()
            self.memory.passOver(now)
            return self.verdict(.starting, from: since, sentences.wording(\.arriving))
        case .flowing(let source):
            // Whoever asks for the first time late is told of what has been for long.
            let start = self.since == nil ? source.connectedAt : now
            guard self.hasSettled(source, at: now) else {
                // One that stalled and goes on is not what it was before it does.
                self.memory.passOver(now)
                return self.verdict(.starting, from: source.connectedAt, sentences.wording(\.settling))
            }
            let finder = FaultFinder(
                snapshot: snapshot,
                destinations: destinations,
                now: now,
                memory: self.memory,
                watch: self.watch,
                setting: self.setting
            )
            self.watch.update(finder.found(), at: now)
            self.learn(snapshot, of: source, at: now)
            return self.verdict(onAirSince: start, sentences)
        }
    }

    /// A person says that the stream is as it should be.
    mutating func accept(_ snapshot: StreamSnapshot) {
        self.memory.accept(snapshot)
        self.watch.forget()
    }

    /// What of it outlives the host; nil where nothing is known.
    func habit(of stream: StreamName) -> HealthMemory.Habit? {
        self.memory.habit(of: stream, isFrozen: self.watch.isActive(.frozen))
    }

    /// Goes on with what another host knew of the stream at a time.
    mutating func restore(_ habit: HealthMemory.Habit, from saved: Instant, at now: Instant) {
        self.memory = StreamMemory(restoring: habit, from: saved, at: now)
    }

    /// Another instance of the relay follows: its counters begin at zero.
    mutating func beginInstance() {
        self.memory.beginInstance(isFrozen: self.watch.isActive(.frozen))
        self.watch.forget(Self.counted)
    }

    /// Faults that are found by counters.
    private static let counted: [StreamFault] = [
        .contended, .packetsLost, .tracksStepped, .timestampsJump, .packetsDropped, .viewersSlow,
    ]

    /// Faults that change what the picture's rates are, or how they are measured: while one is seen, they are not what is usual.
    private static let distorting: [StreamFault] = [
        .videoStopped, .contended, .unstable, .packetsLost, .frameRateFell, .bitrateFell, .black, .flat, .frozen,
        .inputSlow, .inputFast, .relayOverloaded,
    ]

    private mutating func learn(_ snapshot: StreamSnapshot, of source: SourceSnapshot, at now: Instant) {
        guard !Self.distorting.contains(where: self.watch.isSuspected) else { return self.memory.passOver(now) }
        self.memory.learn(snapshot, of: source, at: now)
    }

    private mutating func verdict(onAirSince start: Instant, _ sentences: StreamSentences) -> Verdict {
        let active = self.watch.active
        let findings = active.map { StreamFinding($0.fault, since: $0.since, $0.finding.wording) }
        guard let worst = active.first(where: { !$0.finding.isMinor }) else {
            let live = sentences.wording(\.live)
            let wording = Wording { audience, language in
                let texts = ([live] + findings.map(\.wording)).map { $0.text(for: audience, in: language) }
                return texts.joined(separator: language == .english ? " " : "")
            }
            return self.verdict(.live, from: start, wording, findings)
        }
        return self.verdict(.degraded, from: start, worst.finding.wording, findings)
    }

    private enum Phase {
        case gone(StreamState, since: Instant)
        /// A source is there, its picture is not.
        case arriving(since: Instant)
        case flowing(SourceSnapshot)
    }

    private func phase(of snapshot: StreamSnapshot, at now: Instant) -> Phase {
        guard let source = snapshot.source else {
            if snapshot.isShowingSlate { return .gone(.slate, since: snapshot.loss?.at ?? now) }
            guard let loss = snapshot.loss else { return .gone(.waiting, since: snapshot.createdAt) }
            let isMissed = loss.cause != .ended && loss.cause != .removed
            return .gone(isMissed ? .stale : .waiting, since: loss.at)
        }
        guard let heard = source.heard else { return .arriving(since: source.connectedAt) }
        guard now - heard <= self.setting.sourceTimeout else {
            return .gone(snapshot.isShowingSlate ? .slate : .stale, since: heard)
        }
        guard !snapshot.tracks.isEmpty else { return .arriving(since: source.connectedAt) }
        if let video = snapshot.defaultTrack(.video), video.lastPacketAt != nil, video.lastKeyframeAt == nil {
            return .arriving(since: source.connectedAt)
        }
        return .flowing(source)
    }

    /// A source that was already on air stays so when another takes over.
    private mutating func hasSettled(_ source: SourceSnapshot, at now: Instant) -> Bool {
        if self.state == .live || self.state == .degraded { return true }
        let isFirstLook = self.since == nil || self.state == .starting
        let start = self.settling ?? (isFirstLook ? source.connectedAt : now)
        self.settling = start
        return now - start >= Self.settlingTime
    }

    private mutating func verdict(
        _ state: StreamState,
        from start: Instant,
        _ wording: Wording,
        _ findings: [StreamFinding] = []
    ) -> Verdict {
        if self.state != state || self.since == nil {
            self.state = state
            self.since = start
        }
        return Verdict(
            state,
            since: self.since ?? start,
            wording,
            findings: findings,
            isHealthy: self.setting.judgement.health.isHealthy(state, findings.map(\.fault))
        )
    }
}
