import Contract
import Media
import Tape

/// How sources come and go.
extension Program {
    enum Admission {
        /// The source is connected: on air, or standing by.
        case connected(isOnAir: Bool, evicted: Source?)
        case refused(SourceSelection.Refusal)
    }

    /// What came of what a source sent.
    struct Reception {
        /// Whether the source is connected; if not, its events are not used.
        var isConnected = true
        /// The last event that is not on the tape was left out for this.
        var failure: TapeError?
    }

    /// Connects a source, whose key has been checked.
    mutating func claim(_ source: Source, takeover: Bool, now: Now) -> Admission {
        let evicted: Source?
        switch self.selection.claim(source.id, rank: source.rank, now: now.monotonic, takeover: takeover) {
        case .refuse(let refusal):
            return .refused(refusal)
        case .standBy(let former):
            var waiting = source
            waiting.warm = WarmGOP()
            let evicted = former.flatMap { self.sources.removeValue(forKey: $0) }
            self.sources[source.id] = waiting
            return .connected(isOnAir: false, evicted: evicted)
        case .begin:
            evicted = nil
            if self.sourceGone != nil { self.counters.reconnects += 1 }
        case .takeOver(let former):
            evicted = self.sources.removeValue(forKey: former)
            self.counters.takeovers += 1
        }
        if let evicted { self.noteLoss(of: evicted, .replaced, now: now) }
        self.sources[source.id] = source
        self.beginSource(source, now: now)
        return .connected(isOnAir: true, evicted: evicted)
    }

    /// Why another source would not be put on air now; nil: it would.
    func refusal(takeover: Bool, now: Now) -> SourceSelection.Refusal? {
        var selection = self.selection
        // Numbers of sources begin at 1.
        guard case .refuse(let refusal) = selection.claim(SourceID(0), now: now.monotonic, takeover: takeover) else {
            return nil
        }
        return refusal
    }

    /// Takes what a source sent: onto the tape if it is on air, and into its warm group of pictures if it stands by.
    /// What of it goes into no event, or not yet, is in `arrival`.
    mutating func receive(
        _ events: [SourceEvent],
        _ arrival: MediaArrival = MediaArrival(),
        from id: SourceID,
        now: Now
    ) -> Reception {
        guard !events.isEmpty else { return Reception(isConnected: self.hear(arrival, from: id, now: now)) }
        var reception = Reception()
        switch self.selection.heard(id, canBegin: self.keepWarm(events, of: id, now: now), now: now.monotonic) {
        case .refuse:
            reception.isConnected = false
            return reception
        case .standBy:
            self.note(events, of: id, now: now)
            self.note(arrival, of: id, now: now)
            return reception
        case .goOnAir(let former):
            reception.failure = self.switchOver(to: id, from: former, now: now)
        case .resume:
            self.counters.reconnects += 1
            // One that had not begun has nothing to go on with.
            if self.tracks.isFlowing { self.goOn(now: now) }
            reception.failure = self.write(events, now: now)
        case .proceed:
            reception.failure = self.write(events, now: now)
        }
        self.note(events, of: id, now: now)
        self.note(arrival, of: id, now: now)
        self.marks.note(now.monotonic)
        self.writer.settle(self.targetDuration)
        if let offset = self.writer.wallOffset { self.marks.note(wallOffset: offset) }
        return reception
    }

    /// Keeps what a source sends that stands by.
    ///
    /// - Returns: whether a stream can begin with what is kept.
    private mutating func keepWarm(_ events: [SourceEvent], of id: SourceID, now: Now) -> Bool {
        guard self.sources[id]?.warm != nil else { return false }
        for event in events { self.sources[id]?.warm?.keep(event, now: now) }
        return self.sources[id]?.warm?.canBegin ?? false
    }

    private mutating func write(_ events: [SourceEvent], now: Now) -> TapeError? {
        var failure: TapeError?
        for event in events { failure = self.take(event, now: now) ?? failure }
        return failure
    }

    /// The source on air goes on behind a break, with its next keyframe.
    mutating func goOn(now: Now) {
        guard let source = self.holder else { return }
        self.tracks.awaitKeyframe()
        self.writer.resumeSource(source.clock, now: now)
        for (track, configuration) in self.tracks.configurations { self.writer.expect(track, configuration) }
    }

    /// Puts a source on air that stood by, from its newest keyframe on, as if that had come through when it came.
    private mutating func switchOver(to id: SourceID, from former: SourceID?, now: Now) -> TapeError? {
        guard let source = self.sources[id], let warm = source.warm else { return nil }
        self.sources[id]?.warm = nil
        if let former {
            self.sources[former]?.warm = WarmGOP(of: self.tracks.configurations)
            if let former = self.sources[former], self.isOnTape(former, now: now) {
                self.noteLoss(of: former, .replaced, now: now)
                self.counters.takeovers += 1
            } else {
                self.counters.reconnects += 1
            }
        } else if self.sourceGone != nil {
            self.counters.reconnects += 1
        }
        let arrivals = warm.arrivals(now: now)
        // The stream's clock does not go back to before what is on the tape.
        func time(_ at: Now) -> Now { at.monotonic < self.marks.lastTime ? now : at }
        self.beginSource(source, now: arrivals.first.map { time($0.at) } ?? now)
        var failure: TapeError?
        for arrival in arrivals { failure = self.take(arrival.event, now: time(arrival.at)) ?? failure }
        return failure
    }

    /// Whether the source was still being heard.
    private func isOnTape(_ source: Source, now: Now) -> Bool {
        let heard = source.snapshot.heard?.microseconds ?? now.monotonic
        return now.monotonic - heard < self.selection.timeout.microseconds
    }

    /// A source's connection ended.
    ///
    /// - Returns: the source, if the stream has lost it by that.
    mutating func leave(_ id: SourceID, cause: SourceLoss.Cause, now: Now) -> Source? {
        let isHolder = self.selection.holder == id
        let wasOnAir = self.selection.left(id, now: now.monotonic)
        guard let source = self.sources.removeValue(forKey: id), isHolder else { return nil }
        // One that had fallen silent was lost before, and for that reason.
        self.noteLoss(of: source, wasOnAir ? cause : .silent, now: now)
        return source
    }

    /// Disconnects every source.
    mutating func removeSources(now: Now) -> [Source] {
        let removed = self.sources.values.sorted { $0.rank < $1.rank }
        for source in removed {
            let isHolder = self.selection.holder == source.id
            _ = self.leave(source.id, cause: .removed, now: now)
            if isHolder { self.noteLoss(of: source, .removed, now: now) }
        }
        return removed
    }

    /// Nobody waits any more for a source that was lost.
    ///
    /// - Returns: whether one was, and nobody is there.
    mutating func giveUpLost(now: Now) -> Bool {
        guard self.sources.isEmpty, let loss = self.loss, loss.cause != .ended, loss.cause != .removed else {
            return false
        }
        self.loss = SourceLoss(at: Instant(now), cause: .removed, source: loss.source)
        return true
    }

    /// The source on air that has been silent for too long, told once.
    mutating func noticeSilence(now: Now) -> Source? {
        guard let id = self.selection.tick(now: now.monotonic), let source = self.sources[id] else { return nil }
        self.noteLoss(of: source, .silent, now: now)
        return source
    }

    private mutating func noteLoss(of source: Source, _ cause: SourceLoss.Cause, now: Now) {
        self.loss = SourceLoss(at: Instant(now), cause: cause, source: source.snapshot)
    }

    /// How the packets of a source come, as counted since it was let on air.
    mutating func report(_ link: LinkSnapshot, of id: SourceID) {
        guard let before = self.sources[id].map({ $0.snapshot.link ?? LinkSnapshot() }) else { return }
        // What was given up for lost may come yet.
        func growth(_ count: KeyPath<LinkSnapshot, UInt64>) -> UInt64 {
            link[keyPath: count] > before[keyPath: count] ? link[keyPath: count] - before[keyPath: count] : 0
        }
        self.counters.linkPackets += growth(\.packets)
        self.counters.linkLost += growth(\.lost)
        self.counters.linkHeld += growth(\.held)
        self.sources[id]?.snapshot.link = link
    }
}
