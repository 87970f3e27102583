import Contract
import Media

/// One source of a stream while it is connected: who it is, and what it has sent where that is not on the packet tape.
struct Source {
    let id: SourceID
    let rank: SourceRank
    /// How its timestamps count.
    let clock: SourceClock
    var snapshot: SourceSnapshot
    /// Nil while it is on air.
    var warm: WarmGOP?
    /// What it has begun to send and not ended.
    var unfinished = UnfinishedUnits()
    /// Tells its connection that it is no longer wanted, and why.
    let onEvicted: @Sendable (_ sentence: String) -> Void
}
