import Contract

/// What is to be said of a venue: the worst that its last report and the time since show.
struct VenueFinding {
    let state: VenueState
    let sentences: VenueSentences

    /// Whether its figures are too old to be shown.
    var isSilent: Bool {
        switch self.sentences {
        case .unseen, .closed, .silent: true
        default: false
        }
    }

    /// Reports come every 2 s; so many may be lost.
    static let silence = Duration.seconds(6)
    /// A screen may take so long to begin, or to go on.
    static let patience = Duration.seconds(4)
    static let stallsAtMost = 2
    /// Milliseconds behind the main venue from which people should know.
    static let late = 4000
    /// Of all pictures.
    static let dropShare = 0.1

    private init(_ state: VenueState, _ sentences: VenueSentences) {
        (self.state, self.sentences) = (state, sentences)
    }

    init(_ venue: VenueMachine, now: Instant) {
        self =
            Self.absence(venue, now) ?? Self.waiting(venue) ?? Self.trouble(venue, now) ?? Self.weakness(venue, now)
            ?? VenueFinding(.green, .playing(latency: venue.report?.latency))
    }

    /// Of one whose screen has not reported yet.
    static let unseen = VenueFinding(.unseen, .unseen)

    private static func absence(_ venue: VenueMachine, _ now: Instant) -> VenueFinding? {
        guard let report = venue.report, let reportedAt = venue.reportedAt else { return .unseen }
        if report.records.contains(where: { $0.state == .quit }) { return VenueFinding(.red, .closed) }
        let age = now - reportedAt
        return age > Self.silence ? VenueFinding(.red, .silent(age)) : nil
    }

    private static func trouble(_ venue: VenueMachine, _ now: Instant) -> VenueFinding? {
        let records = venue.report?.records ?? []
        if let slow = records.first(where: { $0.cause == "slow" }), let arriving = slow.arriving, let sent = slow.sent {
            return VenueFinding(.red, .slow(arriving: arriving, sent: sent))
        }
        let stalls = venue.recentStalls(now)
        if stalls > Self.stallsAtMost { return VenueFinding(.red, .stalling(stalls)) }
        if records.contains(where: { $0.state == .failed }) { return VenueFinding(.red, .unplayable) }
        guard venue.report?.playing.isEmpty ?? true else { return nil }
        guard let since = venue.waitingSince else {
            return VenueFinding(.red, records.contains { $0.cause == "full" } ? .refused : .pictureless(nil))
        }
        guard now - since > Self.patience else { return VenueFinding(.amber, .connecting) }
        return VenueFinding(.red, .pictureless(now - since))
    }

    /// What a screen waits for that no room can mend.
    private static let causesElsewhere: Set<String> = [
        "notStarted", "starting", "stopped", "ended", "relayDown", "relayRestarted", "pictureStopped", "soundStopped",
    ]

    /// Not the venue's fault.
    private static func waiting(_ venue: VenueMachine) -> VenueFinding? {
        let records = venue.report?.records ?? []
        let isElsewhere = records.allSatisfy { record in
            record.state == .waiting && Self.causesElsewhere.contains(record.cause ?? "notStarted")
        }
        guard isElsewhere else { return nil }
        if records.allSatisfy({ $0.cause == nil || $0.cause == "notStarted" || $0.cause == "starting" }) {
            return records.allSatisfy(\.isStarted)
                ? VenueFinding(.green, .ready) : VenueFinding(.amber, .unpressed(isPlaying: false))
        }
        let causes = Set(records.compactMap(\.cause))
        let missed: VenueSentences =
            if causes.contains("relayDown") || causes.contains("relayRestarted") {
                .relayMissed
            } else if causes.contains("pictureStopped") {
                .pictureMissed
            } else if causes.contains("soundStopped") {
                .soundMissed
            } else {
                .sourceMissed
            }
        return VenueFinding(.amber, missed)
    }

    private static func weakness(_ venue: VenueMachine, _ now: Instant) -> VenueFinding? {
        guard let report = venue.report else { return nil }
        if report.records.contains(where: { !$0.isStarted }) {
            return VenueFinding(.amber, .unpressed(isPlaying: true))
        }
        if let latency = report.latency, latency >= Self.late { return VenueFinding(.amber, .late(latency)) }
        let stalls = venue.recentStalls(now)
        if stalls > 0 { return VenueFinding(.amber, .stalling(stalls)) }
        if venue.dropShare > Self.dropShare { return VenueFinding(.amber, .dropping(venue.dropShare)) }
        return report.records.contains(where: \.isInBackground) ? VenueFinding(.amber, .covered) : nil
    }
}
