package import Contract

/// What can be wrong with the host process itself, worst first. The raw values stand in reports: they never change.
package enum ProcessFault: String, Hashable, Sendable, CaseIterable {
    /// One of its threads does not come round.
    case loopStuck = "loop_stuck"
    /// One of those that write down and tell stands still.
    case helperStuck = "helper_stuck"
    /// Browsers and encoders refuse its certificate.
    case certificateExpired = "certificate_expired"
    /// It has had no file descriptor left for a connection.
    case descriptorsShort = "descriptors_short"
    /// Nothing can be written down.
    case historyFailing = "history_failing"
    /// What happened could not be written down and is lost.
    case historyLost = "history_lost"
    /// Somebody who is to be told of what is wrong is not reached.
    case alertsUndelivered = "alerts_undelivered"
    case configurationRefused = "configuration_refused"
    case certificateExpiring = "certificate_expiring"
}

extension ProcessFault: WatchedFault {
    var onset: Duration {
        switch self {
        case .loopStuck, .helperStuck, .certificateExpired, .descriptorsShort, .historyFailing, .historyLost,
            .configurationRefused, .certificateExpiring:
            .zero
        // A receiver that takes the second try was reached.
        case .alertsUndelivered: .seconds(10)
        }
    }

    static let relief = Duration.seconds(2)

    /// Whether people who publish or watch are at a loss for it; otherwise the operator is, when something happens.
    var isGrave: Bool { self == .loopStuck || self == .certificateExpired || self == .descriptorsShort }
}

/// The raw values stand in reports: they never change.
package enum ProcessState: String, Hashable, Sendable, CaseIterable {
    case good
    /// Publishers and viewers notice nothing; the operator should look.
    case degraded
    case failing
    /// It has been told to end.
    case draining
}

/// What is wrong with the host process, and since when.
package struct ProcessFinding: Hashable, Sendable {
    package let fault: ProcessFault
    package internal(set) var since: Instant

    /// For everybody: without places and names.
    package let sentence: String

    /// The same in Japanese.
    package let japanese: String

    /// For the operator.
    package let detail: String
}

/// What is to be said of the host process at one moment.
package struct ProcessVerdict: Hashable, Sendable {
    package let state: ProcessState
    package let since: Instant

    /// Worst first.
    package let faults: [ProcessFinding]

    /// The worst of it, or that all is well.
    package let sentence: String
    package let japanese: String
}

/// Judges the host process over time: its threads, its door, its disk and history, its certificate, and whether its alerts arrive.
/// Relays and streams are judged by themselves. Ask it about once a second; it may be asked more often or less.
package struct ProcessHealth: Sendable {
    /// A counter as it was, so that what it counted lately is known.
    private struct Count: Sendable {
        private var last: UInt64?
        private var grewAt: Instant?

        /// How long what was counted is told.
        private static let memory = Duration.seconds(60)

        /// - Returns: Whether it has grown lately; what was counted before the first look is no news.
        mutating func grew(to count: UInt64, at now: Instant) -> Bool {
            if let last, count > last { self.grewAt = now }
            self.last = count
            return self.grewAt.map { now - $0 < Self.memory } ?? false
        }
    }

    private var watch = FaultWatch<ProcessFault, ProcessFinding>()
    private var refused = Count()
    private var lost = Count()
    private var state = ProcessState.good
    private var since: Instant?

    package init() {}

    /// - Parameter host: What is true of it now.
    /// - Returns: What is to be said of it.
    package mutating func judge(_ host: HostSnapshot) -> ProcessVerdict {
        let now = host.clock.now
        var found: [ProcessFault: ProcessFinding] = [:]
        for sentences in self.findings(host) {
            found[sentences.fault] = ProcessFinding(
                fault: sentences.fault,
                since: now,
                sentence: sentences.text(for: .everybody, in: .english),
                japanese: sentences.text(for: .everybody, in: .japanese),
                detail: sentences.text(for: .theOperator, in: .english)
            )
        }
        self.watch.update(found, at: now)
        let faults = self.watch.active.map { fault, finding, since in
            var finding = finding
            finding.since = since
            return finding
        }
        let isGrave = faults.contains { $0.fault.isGrave }
        let next: ProcessState = host.isDraining ? .draining : faults.isEmpty ? .good : isGrave ? .failing : .degraded
        if next != self.state || self.since == nil {
            self.state = next
            self.since = next == .good || next == .draining ? now : faults.map(\.since).min() ?? now
        }
        return ProcessVerdict(
            state: next,
            since: self.since ?? now,
            faults: faults,
            sentence: faults.first?.sentence ?? ProcessSentences.sentence(next, in: .english),
            japanese: faults.first?.japanese ?? ProcessSentences.sentence(next, in: .japanese)
        )
    }

    private mutating func findings(_ host: HostSnapshot) -> [ProcessSentences] {
        let now = host.clock.now
        var found: [ProcessSentences] = []
        if let (name, age) = ProbeAnswer.stuckLoop(of: host.loops, at: now) {
            found.append(.loopStuck(name, for: age))
        }
        if let (name, age) = ProbeAnswer.stuckLoop(of: host.helpers, at: now) {
            found.append(.helperStuck(name, for: age))
        }
        if let certificate = CertificateHealth(host), certificate.state != .good {
            found.append(.certificate(certificate))
        }
        if self.refused.grew(to: host.door.refusals[.descriptors] ?? 0, at: now) { found.append(.descriptorsShort) }
        if let history = host.history, history.isOn {
            if let trouble = history.trouble { found.append(.historyFailing(history.cause ?? .failing, trouble)) }
            if self.lost.grew(to: history.dropped, at: now) { found.append(.historyLost) }
        }
        let unreached = (host.alerts?.receivers ?? []).compactMap(\.trouble)
        if let first = unreached.first { found.append(.alertsUndelivered(unreached.count, first)) }
        if host.configuration.problem != nil { found.append(.configurationRefused) }
        return found
    }
}
