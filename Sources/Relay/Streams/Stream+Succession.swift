import Libav
import Synchronization
import Tape

/// A source that outlives the process which reads it.
extension Stream {
    /// Where the stream stands with that source, for the process that goes on with it when this one dies; nil where nobody
    /// could.
    package func standing(of id: SourceID) -> StreamStanding? {
        self.program.withLock { $0.standing(of: id) }
    }

    /// Puts a source of a process that is dead on air again, as if it had never been away. What it has sent since then is to be
    /// published again: what is on the tape already is not written twice.
    ///
    /// - Returns: false if that cannot be.
    package func resume(
        _ standing: StreamStanding,
        as id: SourceID,
        now: Now,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) -> Bool {
        guard (try? self.startTape(now: now)) != nil,
            self.change({ $0.resume(standing, as: id, now: now, onEvicted: onEvicted) })
        else { return false }
        self.use(now: now)
        LibavLibrary.loadAhead()
        return true
    }

    /// All that a source had sent to a process that is dead has been published again.
    ///
    /// - Returns: whether that came to what is on the tape; the stream breaks off otherwise, and goes on with the source's next
    ///   keyframe.
    package func endRepeating(of id: SourceID, now: Now) -> Bool {
        self.change { $0.endRepeating(of: id, now: now) }
    }
}
