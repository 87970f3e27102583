import Contract
import Synchronization
package import Wire

extension Stream {
    /// What the stream looks like in RTP; nil until its tracks are known. It stays what it was while nobody is on air.
    package var presentation: RTPPresentation? {
        self.state.withLock { $0.presentation(of: self.path) }
    }

    /// The session description for who plays the stream by RTSP; nil until its tracks are known.
    package func sessionDescription() -> String? { self.presentation?.sessionDescription() }

    /// What comes first for a viewer of the format that begins now; nil while there is nothing to begin with, or nobody
    /// has the format open.
    package func newestJoin(of format: WireFormat) -> RTPJoin? {
        self.state.withLock { $0.outputs[format]?.newestJoin }
    }

    /// Calls `onKnown` once, from any thread, as soon as the stream's tracks are known; at once if they are.
    ///
    /// - Returns: for ``forgetPresentationWaiter(_:)`` when the answer is not wanted any more; nil when it was given.
    package func whenPresentationIsKnown(_ onKnown: @escaping @Sendable () -> Void) -> UInt64? {
        let number = self.state.withLock { state -> UInt64? in
            guard state.presentation(of: self.path) == nil, state.trackWaiters.count < SegmentWaiters.limit else {
                return nil
            }
            state.nextTrackWaiter += 1
            state.trackWaiters[state.nextTrackWaiter] = onKnown
            return state.nextTrackWaiter
        }
        if number == nil { onKnown() }
        return number
    }

    package func forgetPresentationWaiter(_ number: UInt64) {
        self.state.withLock { $0.trackWaiters[number] = nil }
    }
}

extension Stream.State {
    /// Nil before the first join, from which on the set of tracks is whole.
    func presentation(of path: StreamPath) -> RTPPresentation? {
        guard !self.ingest.tracks.isEmpty, self.ingest.isFlowing else { return nil }
        let presentation = RTPPresentation(self.ingest.tracks, path: "\(path)")
        return presentation.tracks.isEmpty ? nil : presentation
    }

    mutating func takeTrackWaiters(of path: StreamPath) -> [@Sendable () -> Void] {
        guard !self.trackWaiters.isEmpty, self.presentation(of: path) != nil else { return [] }
        defer { self.trackWaiters = [:] }
        return Array(self.trackWaiters.values)
    }
}
