import Containers
import Contract

/// An instance on its way to be ready.
struct Attempt: Hashable, Sendable {
    enum Stage: Hashable, Sendable {
        /// It has not said hello.
        case making
        /// It has said hello, and is told its spec when it is needed.
        case waiting
        /// It has been sent its spec, and as many answers are still to come.
        case configuring(awaited: Int)
        /// It is ready to go on with what its predecessor has stored, which is not known to be dead yet.
        case succeeding(since: Instant, deferred: [String])
    }

    let id: InstanceID
    let allowance: InstanceAllowance
    var askedAt: Instant
    var processID: Int32?
    var stage = Stage.making

    /// Whether it waited to be needed, and so was up when it was.
    var isWarm = false

    /// For how long it was refused a processor.
    var starved = Duration.zero

    /// When its control socket ended.
    var mutedAt: Instant?

    init(id: InstanceID, allowance: InstanceAllowance, askedAt: Instant) {
        self.id = id
        self.allowance = allowance
        self.askedAt = askedAt
    }

    var status: InstanceStatus {
        InstanceStatus(id: self.id.rawValue, processID: self.processID, startedAt: self.askedAt)
    }
}
