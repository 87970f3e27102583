package import Contract

/// What is to be said of a stream at one moment.
package struct Verdict: Hashable, Sendable {
    package let state: StreamState

    /// When the state was entered.
    package let since: Instant

    /// For a person, in plain words: which part is broken and what to do. What everybody may read holds no address, key or
    /// token; the operator is told where encoders are.
    package let wording: Wording

    /// Worst first. A stream that is live has only such as leave its picture and sound alone: a track that one format
    /// leaves out, an encoder that was refused.
    package let findings: [StreamFinding]

    /// By the rule of the relay's configuration.
    package let isHealthy: Bool

    /// Of whoever publishes it; nil where nobody has looked at that.
    package internal(set) var source: SourceVerdict?

    package var sentence: String { self.wording.sentence }
    package var detail: String { self.wording.detail }
    package var faults: [StreamFault] { self.findings.map(\.fault) }

    package var httpStatus: Int { self.isHealthy ? 200 : 503 }

    /// Whether what is not well with it counts for its relay and its host, too: what has not begun is no fault of theirs.
    package var failsRelay: Bool { !self.isHealthy && self.state != .waiting && self.state != .starting }

    init(
        _ state: StreamState,
        since: Instant,
        _ wording: Wording,
        findings: [StreamFinding] = [],
        isHealthy: Bool
    ) {
        self.state = state
        self.since = since
        self.wording = wording
        self.findings = findings
        self.isHealthy = isHealthy
    }

    /// The same in other words.
    package func reworded(_ change: (String) -> String) -> Verdict {
        var verdict = Verdict(
            self.state,
            since: self.since,
            self.wording.reworded(change),
            findings: self.findings.map { StreamFinding($0.fault, since: $0.since, $0.wording.reworded(change)) },
            isHealthy: self.isHealthy
        )
        verdict.source = self.source
        return verdict
    }

    /// Of a stream that may be published but has not been since the process started.
    package static func unseen(_ path: StreamPath, since: Instant, setting: HealthSetting) -> Verdict {
        let snapshot = StreamSnapshot(path: path, createdAt: since)
        return Verdict(
            .waiting,
            since: since,
            StreamSentences(snapshot: snapshot, now: since, setting: setting).wording(\.nobody),
            isHealthy: setting.judgement.health.isHealthy(.waiting, [])
        )
    }

    /// Of a stream whose relay does not serve just now, which no rule makes well; the sentence says why.
    package static func unserved(since: Instant, sentence: String, japanese: String) -> Verdict {
        Verdict(.stale, since: since, Wording { $0 == .english ? sentence : japanese }, isHealthy: false)
    }
}

/// Something that is wrong with a stream.
package struct StreamFinding: Hashable, Sendable {
    package let fault: StreamFault

    /// When it was first seen.
    package let since: Instant
    package let wording: Wording

    init(_ fault: StreamFault, since: Instant, _ wording: Wording) {
        self.fault = fault
        self.since = since
        self.wording = wording
    }
}

/// What a verdict must know of the relay.
package struct HealthSetting: Hashable, Sendable {
    /// Where encoders connect; nil while RTMP is off.
    package let rtmpPort: UInt16?

    /// Silence after which a source counts as lost.
    package let sourceTimeout: Duration

    /// Where streams come from that nobody publishes, for a sentence.
    package let declared: [StreamName: String]

    package let judgement: JudgementSpec

    /// How the relay's processor is limited; nil where nobody counts it.
    package let throttling: Throttling?

    package init(
        rtmpPort: UInt16?,
        sourceTimeout: Duration,
        declared: [StreamName: String] = [:],
        judgement: JudgementSpec = .standard,
        throttling: Throttling? = nil
    ) {
        self.judgement = judgement
        self.throttling = throttling
        self.declared = declared
        self.rtmpPort = rtmpPort
        self.sourceTimeout = sourceTimeout
    }
}
