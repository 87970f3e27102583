internal import Linux

extension RehearsalReport {
    /// A viewer that got less than this part of what was published fell behind.
    private static let leastHealthyShare = 0.8
    /// A stream is as far as the clock, give or take a fragment of MP4: milliseconds.
    private static let lagLimit = 2000.0
    /// Without a byte for so long, a viewer's picture has stopped: milliseconds.
    private static let stallLimit = 2000.0

    init(
        _ spec: RehearsalSpec,
        _ outcomes: [CrowdOutcome],
        from before: Reading,
        to after: Reading,
        _ publisherFailure: String?,
        idle: MemoryUse,
        full: MemoryUse,
        scouts: Int
    ) {
        let viewers = outcomes.flatMap(\.viewers)
        let seconds = Double(before.time.duration(to: after.time).nanoseconds) / 1e9
        var firstPictures = Histogram()
        for viewer in viewers { if let time = viewer.firstPicture { firstPictures.record(time) } }
        var latency = Histogram()
        for outcome in outcomes { latency.merge(outcome.latency) }

        self.plays = spec.plays.map(\.description)
        self.windowSeconds = seconds
        self.viewers = Viewers(viewers, wanted: spec.viewers, seconds: seconds)
        self.firstPictureMs = Spread(firstPictures)
        self.latencyMs = Spread(latency)
        let published = zip2(before.published, after.published).map { Double($1.bytes - $0.bytes) * 8 / seconds }
        self.bitsPerSecond = Rates(viewers, published: published, seconds: seconds)
        self.publisherDelayMs = after.published.map { Double($0.worstDelay) / 1000 }
        let viewerSeconds = seconds * Double(max(self.viewers.watched - self.viewers.ended, 1))
        self.toolCpuMicroseconds = Cost(
            from: before.tool,
            to: after.tool,
            viewerSeconds: viewerSeconds,
            seconds: seconds
        )
        self.toolWaitingShare = after.tool.waitingShare(since: before.tool)
        self.server = nil
        self.faults = []
        if !spec.processes.isEmpty {
            let added = self.viewers.watched - self.viewers.ended - scouts
            let start = before.server
            self.server = Server(
                cpuMicroseconds: Cost(from: start, to: after.server, viewerSeconds: viewerSeconds, seconds: seconds),
                voluntarySwitchesPerSecond: Double(after.server.voluntarySwitches - start.voluntarySwitches) / seconds,
                involuntarySwitchesPerSecond: Double(after.server.involuntarySwitches - start.involuntarySwitches)
                    / seconds,
                waitingShare: after.server.waitingShare(since: start),
                memoryKib: added > 0 ? Memory(from: idle, to: full, viewers: added) : nil
            )
        }
        self.faults = self.findFaults(publisherFailure, outcomes.compactMap(\.failure))
    }

    private func findFaults(_ publisher: String?, _ crowds: [String]) -> [String] {
        var faults = crowds
        if let publisher { faults.append("the publisher was cut off: \(publisher)") }
        if self.viewers.watched < self.viewers.wanted {
            let missing = self.viewers.wanted - self.viewers.watched
            faults.append("\(missing) of \(self.viewers.wanted) viewers never had a picture")
        }
        for (reason, count) in self.viewers.reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            faults.append("\(count) \(count == 1 ? "viewer" : "viewers") ended early: \(reason)")
        }
        if self.viewers.gaps > 0 { faults.append("timestamps jumped ahead \(self.viewers.gaps) times") }
        if self.viewers.regressions > 0 { faults.append("timestamps went back \(self.viewers.regressions) times") }
        if self.viewers.longestSilenceMs > Self.stallLimit {
            faults.append("a viewer received nothing for \(Self.decimal(self.viewers.longestSilenceMs / 1000, 1)) s")
        }
        if self.viewers.worstLagMs > Self.lagLimit {
            let lag = "\(Self.decimal(self.viewers.worstLagMs / 1000, 1)) s behind"
            faults.append("a viewer's stream fell \(lag) in \(Self.decimal(self.windowSeconds, 1)) s")
        }
        if let share = self.bitsPerSecond.leastShare, share < Self.leastHealthyShare {
            faults.append("a viewer received only \(Self.decimal(share * 100, 0)) % of what was published")
        }
        return faults
    }
}

/// Both, if there are both.
private func zip2<A, B>(_ first: A?, _ second: B?) -> (A, B)? {
    guard let first, let second else { return nil }
    return (first, second)
}

extension RehearsalReport.Viewers {
    fileprivate init(_ outcomes: [ViewerOutcome], wanted: Int, seconds: Double) {
        self.wanted = wanted
        let lags = outcomes.filter { $0.end == nil && $0.firstPicture != nil }
            .map { seconds * 1000 - Double($0.advanceInWindow) / 1000 }
        self.worstLagMs = max(lags.max() ?? 0, 0)
        self.watched = outcomes.count { $0.firstPicture != nil }
        self.ended = outcomes.count { $0.end != nil && $0.firstPicture != nil }
        self.gaps = outcomes.reduce(0) { $0 + $1.gaps }
        self.regressions = outcomes.reduce(0) { $0 + $1.regressions }
        self.longestSilenceMs = Double(outcomes.map(\.longestSilence).max() ?? 0) / 1000
        self.reasons = Dictionary(outcomes.compactMap { $0.end.map { ($0, 1) } }, uniquingKeysWith: +)
    }
}

extension RehearsalReport.Rates {
    fileprivate init(_ outcomes: [ViewerOutcome], published: Double?, seconds: Double) {
        let rates = outcomes.filter { $0.end == nil && $0.firstPicture != nil }
            .map { Double($0.bytesInWindow) * 8 / seconds }.sorted()
        self.published = published
        self.median = rates.isEmpty ? 0 : rates[rates.count / 2]
        self.least = rates.first ?? 0
    }
}

extension RehearsalReport.Cost {
    fileprivate init(from before: ProcessorTime, to after: ProcessorTime, viewerSeconds: Double, seconds: Double) {
        let used = after.since(before)
        self.user = used.user / viewerSeconds
        self.system = used.system / viewerSeconds
        self.cores = (used.user + used.system) / 1e6 / seconds
    }
}

extension RehearsalReport.Memory {
    fileprivate init(from idle: MemoryUse, to full: MemoryUse, viewers: Int) {
        self.resident = Double(full.resident - idle.resident) / Double(viewers)
        self.proportional = Double(full.proportional - idle.proportional) / Double(viewers)
        self.anonymous = Double(full.anonymous - idle.anonymous) / Double(viewers)
        self.anonymousInAll = full.anonymous
    }
}
