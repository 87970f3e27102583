import Contract

/// What must be remembered of a stream to tell a habit from an incident.
struct StreamMemory: Hashable, Sendable {
    private struct Sample: Hashable, Sendable {
        var at: Instant
        var counters: StreamCounters
        /// Of viewers of all formats.
        var skips: UInt64
        var stalls: UInt64

        init(_ snapshot: StreamSnapshot, at now: Instant) {
            self.at = now
            self.counters = snapshot.counters
            self.skips = snapshot.outputs.values.reduce(0) { $0 &+ $1.skips }
            self.stalls = snapshot.outputs.values.reduce(0) { $0 &+ $1.stalls }
        }
    }

    /// What the picture usually is, of one source. It may become more by itself, and never less: a decline that is slow enough
    /// would be usual at every step of it.
    struct Usual: Hashable, Sendable {
        /// Which source; nil where a relay's death has made it call again: whoever comes first then is it.
        var source: Instant?
        var last: Instant

        /// The means over a minute of healthy time.
        fileprivate var recent: Rates

        /// The highest of those.
        fileprivate var highest: Rates

        /// How long it has been looked at while it was healthy.
        var seen: Duration

        var bitrate: Double { self.highest.bitrate }
        var frameRate: Double { self.highest.frameRate }

        /// Whether it has been looked at for long enough to be told from the start of a stream.
        var isKnown: Bool { self.seen >= StreamMemory.acquaintance }
    }

    fileprivate struct Rates: Hashable, Sendable {
        var bitrate: Double
        var frameRate: Double

        mutating func approach(_ rates: Rates, by share: Double) {
            self.bitrate += (rates.bitrate - self.bitrate) * share
            self.frameRate += (rates.frameRate - self.frameRate) * share
        }

        func raised(to rates: Rates) -> Rates {
            Rates(
                bitrate: max(self.bitrate, rates.bitrate),
                frameRate: max(self.frameRate, rates.frameRate)
            )
        }
    }

    /// A change of how the stream is coded, while its source was on air.
    struct FormatChange: Hashable, Sendable {
        var at: Instant
        var before: Format
        var after: Format
    }

    /// What viewers' decoders have to be made for; nil of what is not there.
    struct Format: Hashable, Sendable {
        var source: Instant
        var video: String?
        var size: PixelSize?
        var audio: String?

        init?(_ snapshot: StreamSnapshot) {
            guard let source = snapshot.source, !snapshot.tracks.isEmpty else { return nil }
            let video = snapshot.defaultTrack(.video)
            self.source = source.connectedAt
            self.video = video?.codec
            self.size = video.flatMap { $0.width > 0 ? PixelSize(width: $0.width, height: $0.height) : nil }
            self.audio = snapshot.defaultTrack(.audio)?.codec
        }

        /// Whether something that is known of both differs. What comes later than the rest is no change.
        func differs(from other: Format) -> Bool {
            func differ<Value: Equatable>(_ key: KeyPath<Format, Value?>) -> Bool {
                guard let left = self[keyPath: key], let right = other[keyPath: key] else { return false }
                return left != right
            }
            return differ(\.video) || differ(\.size) || differ(\.audio)
        }
    }

    /// How long a picture is looked at before anything is called usual.
    static let acquaintance = Duration.seconds(8)

    /// How long the means are means of, and how long a source is learned from before they can only rise.
    private static let minute = Duration.seconds(60)

    /// How far back counters are compared.
    static let span = Duration.seconds(60)

    private var samples: [Sample] = []
    private var losses: [Instant] = []
    private var closedAt: Instant?
    /// What was lost until then is known to a host that has ended since.
    private var restoredFrom: Instant?
    private(set) var usual: Usual?

    /// Kinds of tracks that the sources have had since one of them ended by itself or was taken off air: who begins again
    /// may do without.
    private(set) var kinds: Set<TrackSnapshot.Kind> = []

    private var format: Format?
    private(set) var formatChange: FormatChange?

    /// Whether the picture was frozen when the relay's instance ended, and has stood still since: the next one has not seen
    /// it move.
    private(set) var wasFrozen = false

    mutating func record(_ snapshot: StreamSnapshot, at now: Instant) {
        self.recordCounters(snapshot, at: now)
        if let loss = snapshot.loss, loss.cause.isOfTheLine, loss.at != self.losses.last {
            self.losses.append(loss.at)
        }
        self.losses.removeAll { now - $0 > Self.span }
        let known = self.restoredFrom ?? Instant(microseconds: .min)
        if let loss = snapshot.loss, loss.cause == .ended || loss.cause == .removed, loss.at != self.closedAt,
            loss.at > known
        {
            self.closedAt = loss.at
            self.kinds = []
        }
        if self.wasFrozen, let picture = snapshot.inspection?.picture, picture.decoded > 1, picture.standsSince == nil {
            self.wasFrozen = false
        }
        self.recordFormat(snapshot, at: now)
        guard let source = snapshot.source else { return }
        // Another source has usual rates of its own, also where they are a fraction of those before.
        if let known = self.usual?.source, known != source.connectedAt { self.usual = nil }
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
        self.growth { $0.counters[keyPath: counter] }
    }

    /// How often viewers have been moved ahead, and dropped, within the span because they were too slow.
    var slowness: (skips: UInt64, stalls: UInt64) { (self.growth(of: \.skips), self.growth(of: \.stalls)) }

    private func growth(of figure: (Sample) -> UInt64) -> UInt64 {
        guard let first = self.samples.first, let last = self.samples.last else { return 0 }
        let (growth, overflow) = figure(last).subtractingReportingOverflow(figure(first))
        return overflow ? 0 : growth
    }

    private mutating func recordCounters(_ snapshot: StreamSnapshot, at now: Instant) {
        // One sample a second is enough whoever asks how often; the newest is always kept.
        if self.samples.count > 1, now - self.samples[self.samples.count - 2].at < .seconds(1) {
            self.samples.removeLast()
        }
        self.samples.append(Sample(snapshot, at: now))
        while let first = self.samples.first, now - first.at > Self.span { self.samples.removeFirst() }
    }

    /// A person says that the stream is as it should be: what it is now is usual from now on.
    mutating func accept(_ snapshot: StreamSnapshot) {
        self.usual = nil
        self.formatChange = nil
        self.wasFrozen = false
        self.kinds = Set(snapshot.tracks.map(\.kind))
    }

    /// The counters of another instance begin at zero. What is usual stays so: its end was not the encoder's doing.
    mutating func beginInstance(isFrozen: Bool) {
        self.samples = []
        self.usual?.source = nil
        self.format = nil
        self.wasFrozen = self.wasFrozen || isFrozen
    }

    private mutating func recordFormat(_ snapshot: StreamSnapshot, at now: Instant) {
        guard let format = Format(snapshot) else { return }
        defer { self.format = format }
        guard let before = self.format, before.source == format.source, format.differs(from: before) else { return }
        self.formatChange = FormatChange(at: now, before: before, after: format)
    }

    private mutating func recordPicture(_ snapshot: StreamSnapshot, of source: SourceSnapshot, at now: Instant) {
        guard let video = snapshot.defaultTrack(.video), video.bitrate > 0, video.bitrate.isFinite,
            video.frameRate.isFinite
        else { return }
        let rates = Rates(bitrate: video.bitrate, frameRate: video.frameRate)
        guard var usual = self.usual else {
            self.usual = Usual(source: source.connectedAt, last: now, recent: rates, highest: rates, seen: .zero)
            return
        }
        // Who was not looked at for a while is not known for that while.
        let passed = min(now - usual.last, .seconds(5))
        // In the first seconds the measured rates are still finding their level.
        let pace = usual.isKnown ? Self.minute.inSeconds : 2.5
        usual.recent.approach(rates, by: min(1, passed.inSeconds / pace))
        usual.seen += passed
        usual.highest = usual.seen < Self.minute ? usual.recent : usual.highest.raised(to: usual.recent)
        usual.source = source.connectedAt
        usual.last = now
        self.usual = usual
    }
}

// MARK: - Over a restart of the host

extension StreamMemory {
    /// What of it outlives the host; nil where nothing is known.
    func habit(of stream: StreamName, isFrozen: Bool) -> HealthMemory.Habit? {
        let usual = self.usual.flatMap { usual in
            usual.isKnown
                ? HealthMemory.Usual(bitrate: usual.bitrate, frameRate: usual.frameRate, seen: usual.seen.inSeconds)
                : nil
        }
        let isFrozen = isFrozen || self.wasFrozen
        guard usual != nil || !self.kinds.isEmpty || isFrozen else { return nil }
        return HealthMemory.Habit(stream: stream, usual: usual, kinds: self.kinds, isFrozen: isFrozen)
    }

    /// - Parameters:
    ///   - habit: What another host knew of the stream.
    ///   - saved: When it was so.
    ///   - now: From when on it is learned from again.
    init(restoring habit: HealthMemory.Habit, from saved: Instant, at now: Instant) {
        self.init()
        self.restoredFrom = saved
        self.kinds = habit.kinds
        self.wasFrozen = habit.isFrozen
        guard let usual = habit.usual, usual.bitrate.isFinite, usual.bitrate > 0, usual.frameRate.isFinite,
            usual.frameRate >= 0, usual.seen.isFinite, usual.seen >= 0
        else { return }
        let rates = Rates(bitrate: usual.bitrate, frameRate: usual.frameRate)
        // As after a relay's death, whoever comes first is the source it was learned from.
        self.usual = Usual(
            source: nil,
            last: now,
            recent: rates,
            highest: rates,
            seen: .seconds(min(usual.seen, Self.minute.inSeconds))
        )
    }
}

extension SourceLoss.Cause {
    /// Whether the encoder or its line is the cause: neither a person, who ends or replaces it, nor the relay.
    fileprivate var isOfTheLine: Bool {
        switch self {
        case .disconnected, .silent, .malformed: true
        case .ended, .removed, .replaced, .relayEnded: false
        }
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
