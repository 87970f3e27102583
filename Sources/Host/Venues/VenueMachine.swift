package import Contract

/// What is known of one venue: takes its screen's reports and the time, and says how it is. Its memory is bounded, and stays
/// whatever happens to the relay that the venue watches.
package struct VenueMachine: Sendable {
    /// Stalls of one stream in the last minute that are told apart.
    private static let stallLimit = 32
    /// How long stalls are held against a venue.
    static let memory = Duration.seconds(60)
    /// A venue must have been better for so long before it counts as better, so that its tile does not flicker.
    static let calm = Duration.seconds(4)

    /// Counters of one stream on the screen, as they were last told.
    struct Counters: Hashable, Sendable {
        var stalls = 0
        var dropped = 0
        var shown = 0
    }

    let name: VenueName
    private var session = ""
    private(set) var report: VenueReport?
    private var counters: [String: Counters] = [:]
    private(set) var reportedAt: Instant?
    private(set) var waitingSince: Instant?
    private var stallTimes: [Instant] = []
    private(set) var dropShare = 0.0
    private var status: VenueStatus
    private var betterSince: Instant?

    package init(_ name: VenueName, now: Instant) {
        self.name = name
        let found = VenueFinding.unseen
        self.status = VenueStatus(
            name: name,
            state: found.state,
            since: now,
            reason: found.sentences.reason,
            sentence: found.sentences.english(name),
            japanese: found.sentences.japanese(name)
        )
    }

    /// A report has come.
    package mutating func note(_ report: VenueReport, now: Instant) {
        let session = report.records[0].session
        if session != self.session {
            self.session = session
            self.counters = [:]
        }
        var (dropped, shown) = (0, 0)
        var counters: [String: Counters] = [:]
        for record in report.records {
            let key = record.content ?? ""
            let before = self.counters[key]
            let after = Counters(
                stalls: max(record.stalls ?? before?.stalls ?? 0, 0),
                dropped: max(record.dropped ?? before?.dropped ?? 0, 0),
                shown: max(record.shown ?? before?.shown ?? 0, 0)
            )
            counters[key] = after
            // A decoder that begins anew counts anew.
            guard let before else { continue }
            self.addStalls(max(after.stalls - before.stalls, 0), now)
            dropped += min(max(after.dropped - before.dropped, 0), 1_000_000)
            shown += min(max(after.shown - before.shown, 0), 1_000_000)
        }
        self.counters = counters
        self.dropShare = shown > 0 ? min(Double(dropped) / Double(shown), 1) : 0
        self.status.droppedFrames &+= UInt64(clamping: dropped)
        self.report = report
        self.reportedAt = now
        let isWaiting = report.records.contains { $0.state == .starting || $0.state == .rebuffering }
        self.waitingSince = isWaiting ? self.waitingSince ?? now : nil
        self.status.reports &+= 1
        self.status.reportedAt = now
        self.status.latency = report.latency.map { .milliseconds($0) }
        self.status.buffer = report.buffer.map { .milliseconds($0) }
        self.status.arriving = report.arriving.map { Double($0) * 1000 }
        self.status.resolution = report.resolution
    }

    private mutating func addStalls(_ count: Int, _ now: Instant) {
        self.status.stalls &+= UInt64(clamping: count)
        self.stallTimes += Array(repeating: now, count: min(count, Self.stallLimit))
        self.stallTimes = self.stallTimes.suffix(Self.stallLimit)
    }

    func recentStalls(_ now: Instant) -> Int { self.stallTimes.count { now - $0 < Self.memory } }

    /// How the venue is now.
    package mutating func judge(now: Instant) -> VenueStatus {
        let found = VenueFinding(self, now: now)
        let isCalmer = found.state.rank < self.status.state.rank
        if isCalmer {
            let since = self.betterSince ?? now
            self.betterSince = since
            guard now - since >= Self.calm else { return self.status }
        }
        self.betterSince = nil
        if found.state != self.status.state { self.status.since = now }
        self.status.state = found.state
        self.status.reason = found.sentences.reason
        self.status.sentence = found.sentences.english(self.name)
        self.status.japanese = found.sentences.japanese(self.name)
        if found.isSilent {
            (self.status.latency, self.status.buffer, self.status.arriving) = (nil, nil, nil)
        }
        return self.status
    }
}
