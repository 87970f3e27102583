/// What a stream is to those who watch it. The raw values are labels of metrics: they never change.
package enum StreamState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nobody is publishing, and nobody is missed: before the first source, or after one that ended by itself.
    case waiting
    /// A source is there but there is no picture yet, or only just.
    case starting
    case live
    /// Live, but something is wrong that viewers notice.
    case degraded
    /// The source is gone and viewers are shown a slate.
    case slate
    /// The source is gone or silent; viewers are kept and see nothing new.
    case stale
}
