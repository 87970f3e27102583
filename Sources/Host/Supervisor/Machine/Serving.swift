import Containers
import Contract

/// An instance that takes connections.
struct Serving: Hashable, Sendable {
    let id: InstanceID
    let allowance: InstanceAllowance
    let askedAt: Instant
    let readyAt: Instant
    var processID: Int32?

    /// The number of the last beat that was sent, and of the last that was answered.
    var beatSent: UInt64 = 0
    var beatAnswered: UInt64 = 0
    var lastBeatAt: Instant
    /// Since when nothing has been heard.
    var silentSince: Instant
    /// For how long of that silence it was refused a processor.
    var starved = Duration.zero
    /// Until when it, or the host itself, was refused one: its loops could not come round before.
    var starvedUntil: Instant?
    /// It has said nothing for so long that it may be dead: who comes now is better off with whatever follows.
    var isDoubtful = false

    /// Answers to `configure` that are still to come, and since when.
    var configuresAwaited = 0
    var configureSince: Instant

    var mutedAt: Instant?

    /// What it said it will only do once it is started anew.
    var deferred: [String]
    var snapshot: RelaySnapshot?

    /// When it told that.
    var heardAt: Instant

    init(_ attempt: Attempt, deferred: [String], now: Instant) {
        self.id = attempt.id
        self.allowance = attempt.allowance
        self.askedAt = attempt.askedAt
        self.processID = attempt.processID
        self.deferred = deferred
        self.readyAt = now
        self.lastBeatAt = now
        self.silentSince = now
        self.heardAt = now
        self.configureSince = now
    }

    /// Holds nothing against it that was the machine's fault.
    mutating func forgive(_ now: Instant) {
        self.silentSince = now
        self.starved = .zero
        self.starvedUntil = now
    }

    var takesConnections: Bool { self.mutedAt == nil && !self.isDoubtful }

    var status: InstanceStatus {
        InstanceStatus(
            id: self.id.rawValue,
            processID: self.processID,
            startedAt: self.askedAt,
            startTime: self.readyAt - self.askedAt
        )
    }
}
