import Contract

/// What must be remembered of a stream to tell a habit from an incident.
struct StreamMemory: Hashable, Sendable {
    private struct Sample: Hashable, Sendable {
        var at: Instant
        var counters: StreamCounters
    }

    /// What the picture usually is: exponential means over a minute of healthy time, of one source.
    struct Usual: Hashable, Sendable {
        var source: Instant
        var last: Instant
        var bitrate: Double
        var frameRate: Double
        /// How long it has been looked at while it was healthy.
        var seen: Duration

        /// Whether it has been looked at for long enough to be told from the start of a stream.
        var isKnown: Bool { self.seen >= StreamMemory.acquaintance }
    }

    /// How long a picture is looked at before anything is called usual.
    static let acquaintance = Duration.seconds(8)

    /// How far back counters are compared.
    static let span = Duration.seconds(60)

    private var samples: [Sample] = []
    private var losses: [Instant] = []
    private var closedAt: Instant?
    private(set) var usual: Usual?

    /// Kinds of tracks that the sources have had since one of them ended by itself or was taken off air: who begins again
    /// may do without.
    private(set) var kinds: Set<TrackSnapshot.Kind> = []

    mutating func record(_ snapshot: StreamSnapshot, at now: Instant) {
        self.recordCounters(snapshot.counters, at: now)
        if let loss = snapshot.loss, loss.cause != .replaced, loss.at != self.losses.last {
            self.losses.append(loss.at)
        }
        self.losses.removeAll { now - $0 > Self.span }
        if let loss = snapshot.loss, loss.cause == .ended || loss.cause == .removed, loss.at != self.closedAt {
            self.closedAt = loss.at
            self.kinds = []
        }
        guard snapshot.source != nil else { return }
        for track in snapshot.tracks { self.kinds.insert(track.kind) }
    }

    /// Takes the picture of the source on air for healthy, and so for what is usual. What a fault makes of it must not
    /// be learned, or the fault would be usual after a while and be forgotten.
    mutating func learn(_ snapshot: StreamSnapshot, of source: SourceSnapshot, at now: Instant) {
        self.recordPicture(snapshot, of: source, at: now)
    }

    /// Time passes that nothing is learned from.
    mutating func passOver(_ now: Instant) { self.usual?.last = now }

    /// How often the source was lost within the span.
    var recentLosses: Int { self.losses.count }

    /// How far a counter has come within the span.
    func growth(of counter: KeyPath<StreamCounters, UInt64>) -> UInt64 {
        guard let first = self.samples.first, let last = self.samples.last else { return 0 }
        let (growth, overflow) = last.counters[keyPath: counter]
            .subtractingReportingOverflow(first.counters[keyPath: counter])
        return overflow ? 0 : growth
    }

    private mutating func recordCounters(_ counters: StreamCounters, at now: Instant) {
        // One sample a second is enough whoever asks how often; the newest is always kept.
        if self.samples.count > 1, now - self.samples[self.samples.count - 2].at < .seconds(1) {
            self.samples.removeLast()
        }
        self.samples.append(Sample(at: now, counters: counters))
        while let first = self.samples.first, now - first.at > Self.span { self.samples.removeFirst() }
    }

    private mutating func recordPicture(_ snapshot: StreamSnapshot, of source: SourceSnapshot, at now: Instant) {
        guard let video = snapshot.defaultTrack(.video), video.bitrate > 0 else { return }
        guard var usual = self.usual, usual.source == source.connectedAt else {
            self.usual = Usual(
                source: source.connectedAt,
                last: now,
                bitrate: video.bitrate,
                frameRate: video.frameRate,
                seen: .zero
            )
            return
        }
        // Who was not looked at for a while is not known for that while.
        let passed = min(now - usual.last, .seconds(5))
        // In the first seconds the measured rates are still finding their level.
        let pace = usual.isKnown ? 60.0 : 2.5
        let share = min(1, passed.inSeconds / pace)
        usual.bitrate += (video.bitrate - usual.bitrate) * share
        usual.frameRate += (video.frameRate - usual.frameRate) * share
        usual.seen += passed
        usual.last = now
        self.usual = usual
    }
}

extension StreamSnapshot {
    /// The track of a kind that players show unless told otherwise.
    func defaultTrack(_ kind: TrackSnapshot.Kind) -> TrackSnapshot? {
        self.tracks.filter { $0.kind == kind }.min { $0.index < $1.index }
    }
}

extension Duration {
    var inSeconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
