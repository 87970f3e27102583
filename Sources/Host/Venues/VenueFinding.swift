import Contract

/// What is to be said of a venue: the worst that its last report and the time since show.
struct VenueFinding {
    let state: VenueState
    let sentence: String
    /// Whether its figures are too old to be shown.
    var isSilent = false

    /// Reports come every 2 s; so many may be lost.
    static let silence = Duration.seconds(6)
    /// A screen may take so long to begin, or to go on.
    static let patience = Duration.seconds(4)
    static let stallsAtMost = 2
    /// Milliseconds behind the main venue from which people should know.
    static let late = 4000
    /// Of all pictures.
    static let dropShare = 0.1

    private init(_ state: VenueState, _ sentence: String, isSilent: Bool = false) {
        (self.state, self.sentence, self.isSilent) = (state, sentence, isSilent)
    }

    init(_ venue: VenueMachine, now: Instant) {
        self =
            Self.absence(venue, now) ?? Self.waiting(venue) ?? Self.trouble(venue, now) ?? Self.weakness(venue, now)
            ?? Self.goodness(venue)
    }

    private static func absence(_ venue: VenueMachine, _ now: Instant) -> VenueFinding? {
        guard let report = venue.report, let reportedAt = venue.reportedAt else {
            let sentence = "\(venue.name) has not been seen yet: nobody has opened its link."
            return VenueFinding(.unseen, sentence, isSilent: true)
        }
        if report.records.contains(where: { $0.state == .quit }) {
            return VenueFinding(.red, "\(venue.name) has closed its screen.", isSilent: true)
        }
        let age = now - reportedAt
        guard age > Self.silence else { return nil }
        return VenueFinding(.red, "\(venue.name) has not reported for \(Self.span(age)).", isSilent: true)
    }

    private static func trouble(_ venue: VenueMachine, _ now: Instant) -> VenueFinding? {
        let records = venue.report?.records ?? []
        if let slow = records.first(where: { $0.cause == "slow" }), let arriving = slow.arriving, let sent = slow.sent {
            let figures = "\(Self.megabits(arriving)) of \(Self.megabits(sent)) Mbit/s"
            return VenueFinding(.red, "\(venue.name)'s connection is too slow: \(figures).")
        }
        let stalls = venue.recentStalls(now)
        if stalls > Self.stallsAtMost {
            return VenueFinding(.red, "\(venue.name) stalled \(stalls) times in the last minute.")
        }
        if records.contains(where: { $0.state == .failed }) {
            return VenueFinding(.red, "\(venue.name) cannot show the stream: its browser does not play it.")
        }
        guard venue.report?.playing.isEmpty ?? true else { return nil }
        guard let since = venue.waitingSince else {
            let isFull = records.contains { $0.cause == "full" }
            let cause = isFull ? ": the relay has no room for another viewer" : ""
            return VenueFinding(.red, "\(venue.name) shows no picture\(cause).")
        }
        guard now - since > Self.patience else { return VenueFinding(.amber, "\(venue.name) is connecting.") }
        return VenueFinding(.red, "\(venue.name) has shown no picture for \(Self.span(now - since)).")
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
            guard records.allSatisfy(\.isStarted) else {
                return VenueFinding(.amber, "\(venue.name) has opened its link; nobody has pressed the button there.")
            }
            return VenueFinding(.green, "\(venue.name) is ready and shows the test card.")
        }
        let causes = Set(records.compactMap(\.cause))
        let missing =
            if causes.contains("relayDown") || causes.contains("relayRestarted") {
                "the relay"
            } else if causes.contains("pictureStopped") {
                "the main venue's picture"
            } else if causes.contains("soundStopped") {
                "the main venue's sound"
            } else {
                "the main venue to send again"
            }
        return VenueFinding(.amber, "\(venue.name) waits for \(missing).")
    }

    private static func weakness(_ venue: VenueMachine, _ now: Instant) -> VenueFinding? {
        guard let report = venue.report else { return nil }
        if report.records.contains(where: { !$0.isStarted }) {
            return VenueFinding(.amber, "\(venue.name) plays without sound: nobody has pressed the button there.")
        }
        if let latency = report.latency, latency >= Self.late {
            return VenueFinding(.amber, "\(venue.name) is \(Self.seconds(latency)) s behind.")
        }
        let stalls = venue.recentStalls(now)
        if stalls > 0 {
            let times = stalls == 1 ? "once" : "twice"
            return VenueFinding(.amber, "\(venue.name) stalled \(times) in the last minute.")
        }
        if venue.dropShare > Self.dropShare {
            let share = "\(Int((venue.dropShare * 100).rounded())) %"
            return VenueFinding(.amber, "\(venue.name)'s computer is too slow: it leaves out \(share) of the pictures.")
        }
        guard report.records.contains(where: \.isInBackground) else { return nil }
        return VenueFinding(.amber, "\(venue.name) has another window in front of the picture.")
    }

    private static func goodness(_ venue: VenueMachine) -> VenueFinding {
        guard let latency = venue.report?.latency else { return VenueFinding(.green, "\(venue.name) plays.") }
        return VenueFinding(.green, "\(venue.name) plays, \(Self.seconds(latency)) s behind.")
    }

    private static func span(_ time: Duration) -> String {
        let seconds = time.components.seconds
        return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    private static func tenths(_ thousandths: Int) -> String {
        let tenths = max(thousandths, 0) / 100
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private static func seconds(_ milliseconds: Int) -> String { Self.tenths(milliseconds) }
    private static func megabits(_ kilobits: Int) -> String { Self.tenths(kilobits) }
}
