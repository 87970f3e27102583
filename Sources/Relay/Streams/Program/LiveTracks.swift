import Contract
import Media
import Synchronization
import Wire

/// What a program consists of now, for those who ask to watch it: readable without the publisher's lock.
final class LiveTracks: Sendable {
    struct Value: Sendable {
        /// The tracks that the stream has, or had when its last source went.
        var tracks: [TrackID: CodecConfiguration] = [:]
        /// Whether a first keyframe has come, from which on the set of tracks is whole.
        var isFlowing = false
        /// Whether a source is connected.
        var hasSource = false
        /// Rises with every change.
        var revision: UInt64 = 0
    }

    private struct State {
        var value = Value()
        var waiters: [UInt64: @Sendable () -> Void] = [:]
        var next: UInt64 = 0
    }

    private let path: StreamPath
    private let state = Mutex(State())

    init(path: StreamPath) {
        self.path = path
    }

    var value: Value { self.state.withLock { $0.value } }

    /// What the stream looks like in RTP; nil until its tracks are known. It stays what it was while nobody is on air.
    var presentation: RTPPresentation? { Self.presentation(of: self.value, self.path) }

    var isAwaited: Bool { self.state.withLock { !$0.waiters.isEmpty } }

    /// Publishes what is true now, unless something newer was published, and tells those who wait for the tracks.
    func publish(_ value: Value) {
        let due = self.state.withLock { state -> [@Sendable () -> Void] in
            guard value.revision > state.value.revision else { return [] }
            state.value = value
            guard !state.waiters.isEmpty, Self.presentation(of: value, self.path) != nil else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for tell in due { tell() }
    }

    /// Calls `onKnown` once, from any thread, as soon as the stream's tracks are known; at once if they are.
    ///
    /// - Returns: for ``forget(_:)`` when the answer is not wanted any more; nil when it was given.
    func whenKnown(_ onKnown: @escaping @Sendable () -> Void) -> UInt64? {
        let number = self.state.withLock { state -> UInt64? in
            guard Self.presentation(of: state.value, self.path) == nil, state.waiters.count < SegmentWaiters.limit
            else { return nil }
            state.next += 1
            state.waiters[state.next] = onKnown
            return state.next
        }
        if number == nil { onKnown() }
        return number
    }

    func forget(_ number: UInt64) {
        self.state.withLock { $0.waiters[number] = nil }
    }

    private static func presentation(of value: Value, _ path: StreamPath) -> RTPPresentation? {
        guard !value.tracks.isEmpty, value.isFlowing else { return nil }
        let presentation = RTPPresentation(value.tracks, path: "\(path)")
        return presentation.tracks.isEmpty ? nil : presentation
    }
}
