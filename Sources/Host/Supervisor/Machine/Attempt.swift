import Containers
import Contract

/// An instance on its way to be ready.
struct Attempt: Hashable, Sendable {
    enum Stage: Hashable, Sendable {
        /// It has not said hello.
        case making
        /// It has been sent its spec, and as many answers are still to come.
        case configuring(awaited: Int)
        /// It is ready to go on with what its predecessor has stored, which is not known to be dead yet.
        case succeeding(since: Instant, deferred: [String])
    }

    let id: InstanceID
    let allowance: InstanceAllowance
    let askedAt: Instant
    var processID: Int32?
    var stage = Stage.making

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
