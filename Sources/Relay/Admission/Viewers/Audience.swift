package import Contract
package import Linux
import Sockets
import Synchronization

/// Who is watching, for the limit and for the figures.
package final class Audience: Sendable {
    private struct Figures {
        var viewers = 0
        var joins: UInt64 = 0
        var bytes: UInt64 = 0
        var skips: UInt64 = 0
        var stalls: UInt64 = 0
        var firstPictures = DurationHistogram<FirstPictureSteps>()
    }

    /// What a viewer was sent.
    package struct Progress: Sendable {
        package var bytes: UInt64
        package var skips: UInt64

        package init(bytes: UInt64, skips: UInt64) {
            self.bytes = bytes
            self.skips = skips
        }
    }

    private struct Key: Hashable {
        var stream: StreamName
        var kind: ViewerProtocol
    }

    private struct Seated {
        var key: Key
        var identity: ViewerIdentity
        /// Nil while its negotiation still goes on.
        var connection: ViewerConnection?
        /// It has to go as soon as there is a connection that can be ended.
        var isUnwanted = false
        /// Its place is another's.
        var isEvicted = false
    }

    private struct State {
        var limit: Int
        var total = 0
        var figures: [Key: Figures] = [:]
        /// Viewers that stay connected, from when they were let in.
        var seated: [UInt64: Seated] = [:]
        /// Those that came for a stream that nobody had published.
        var awaiting = EvictionOrder()
        var nextSeat: UInt64 = 0
        /// Who asked for a playlist lately: µs monotonic by who it was.
        var listeners: [Key: [String: Int64]] = [:]
    }

    /// A viewer of a playlist counts for this long after it last asked, µs.
    static let playlistMemory: Int64 = 12_000_000
    /// Playlist viewers remembered for each stream; those above are served but not counted.
    static let playlistLimit = 20_000

    private let state: Mutex<State>
    private let isAwaited: @Sendable (StreamName) -> Bool
    private let onEviction: @Sendable (ViewerProtocol) -> Void
    let naming: @Sendable (StreamName) -> String

    /// - Parameters:
    ///   - limit: viewers that stay connected.
    ///   - isAwaited: whether nobody has published a stream yet, so that those who wait for it may wait in vain.
    ///   - onEviction: called for each that has lost its place to another, with how it watched.
    ///   - naming: how logs name a stream: not every name is for them.
    package init(
        limit: Int,
        isAwaited: @escaping @Sendable (StreamName) -> Bool = { _ in false },
        onEviction: @escaping @Sendable (ViewerProtocol) -> Void = { _ in },
        naming: @escaping @Sendable (StreamName) -> String = { $0.rawValue }
    ) {
        self.naming = naming
        self.state = Mutex(State(limit: limit))
        self.isAwaited = isAwaited
        self.onEviction = onEviction
    }

    /// Another limit for those who come from now on.
    package func setLimit(_ limit: Int) {
        self.state.withLock { $0.limit = limit }
    }

    /// Whether nobody more would be let in now.
    package var isFull: Bool { self.state.withLock { $0.total >= $0.limit } }

    /// A place for a viewer that stays connected, or nil if the relay is full. Where it is, those who wait for streams that
    /// nobody has published make room: questions about made-up names shall not keep viewers out.
    ///
    /// A destination of the configuration is nobody who watches: it always has a place, is no viewer in the figures, and is not
    /// listed among them. What it is sent is counted with the rest.
    ///
    /// - Parameters:
    ///   - stream: what it watches.
    ///   - kind: by what protocol.
    ///   - identity: as whom it was let in.
    ///   - host: where it comes from; nil: it keeps its place, whatever it waits for.
    /// - Returns: its place.
    package func admit(
        _ stream: StreamName,
        _ kind: ViewerProtocol,
        _ identity: ViewerIdentity,
        from host: InternetAddress.Host? = nil
    ) -> ViewerSession? {
        // Asked outside of the lock: a stream may be in the midst of telling those who wait for it.
        let mayWaitInVain = host != nil && self.isAwaited(stream)
        while true {
            let attempt = self.state.withLock { state -> Attempt in
                guard state.total < state.limit || identity.isConfigured else {
                    guard let number = state.awaiting.next, let seated = state.seated[number] else { return .full }
                    return .wouldTakePlace(of: number, awaiting: seated.key.stream)
                }
                state.nextSeat += 1
                let key = Key(stream: stream, kind: kind)
                state.seated[state.nextSeat] = Seated(key: key, identity: identity)
                let isViewer = !identity.isConfigured
                state.total += isViewer ? 1 : 0
                state.figures[key, default: Figures()].viewers += isViewer ? 1 : 0
                state.figures[key, default: Figures()].joins += isViewer ? 1 : 0
                if mayWaitInVain, let host { state.awaiting.append(state.nextSeat, of: host.block) }
                return .seated(state.nextSeat)
            }
            switch attempt {
            case .seated(let number): return ViewerSession(number, stream: stream, kind: kind, identity, audience: self)
            case .full: return nil
            case .wouldTakePlace(let number, let name):
                if self.isAwaited(name) {
                    self.evict(number)
                } else {
                    self.state.withLock { _ = $0.awaiting.remove(number) }
                }
            }
        }
    }

    private enum Attempt: Sendable {
        case seated(UInt64)
        case full
        case wouldTakePlace(of: UInt64, awaiting: StreamName)
    }

    private func evict(_ number: UInt64) {
        let evicted = self.state.withLock { state -> Seated? in
            guard state.awaiting.remove(number), state.seated[number] != nil else { return nil }
            state.seated[number]?.isUnwanted = true
            state.seated[number]?.isEvicted = true
            state.total -= 1
            return state.seated[number]
        }
        guard let evicted else { return }
        self.onEviction(evicted.key.kind)
        evicted.connection?.end()
    }

    func follow(_ viewer: ViewerSession, _ connection: ViewerConnection) {
        let isUnwanted = self.state.withLock { state in
            state.seated[viewer.number]?.connection = connection
            return state.seated[viewer.number]?.isUnwanted ?? false
        }
        if isUnwanted { connection.end() }
    }

    /// Ends a viewer's connection.
    ///
    /// - Returns: whether there is such a viewer.
    package func end(_ number: UInt64) -> Bool {
        let found = self.state.withLock { state -> Seated? in
            guard state.seated[number]?.identity.isConfigured == false else { return nil }
            state.seated[number]?.isUnwanted = true
            return state.seated[number]
        }
        found?.connection?.end()
        return found != nil
    }

    /// Ends those whom `guard` would not let in any more.
    ///
    /// - Returns: how many.
    package func endDenied(by playGuard: PlayGuard) -> Int {
        let denied = self.state.withLock { state -> [Seated] in
            let numbers = state.seated.filter { !playGuard.admits($0.value.identity) }.keys
            for number in numbers { state.seated[number]?.isUnwanted = true }
            return numbers.compactMap { state.seated[$0] }
        }
        for viewer in denied { viewer.connection?.end() }
        return denied.count
    }

    /// Those who are connected now, at most so many, in the order they came.
    package func viewers(limit: Int) -> [ViewerSnapshot] {
        let seated = self.state.withLock { state in state.seated.filter { !$0.value.identity.isConfigured } }
        let connected = seated.compactMap { number, viewer in viewer.connection.map { (number, viewer, $0) } }
        return connected.sorted { $0.0 < $1.0 }.prefix(limit).map { number, viewer, connection in
            let progress = connection.progress()
            return ViewerSnapshot(
                number: number,
                stream: viewer.key.stream,
                protocol: viewer.key.kind,
                address: connection.address,
                venue: viewer.identity.venue,
                since: connection.since,
                bytes: progress?.bytes ?? 0,
                skips: progress?.skips ?? 0,
                link: connection.link?()
            )
        }
    }

    /// Notes that a player has asked for a playlist, which counts it as a viewer for a while.
    package func noteListener(_ who: String, of stream: StreamName, _ kind: ViewerProtocol, now: Int64) {
        self.state.withLock { state in
            let key = Key(stream: stream, kind: kind)
            let isNew = state.listeners[key, default: [:]][who] == nil
            guard !isNew || state.listeners[key, default: [:]].count < Self.playlistLimit else { return }
            state.listeners[key, default: [:]][who] = now
            if isNew { state.figures[key, default: Figures()].joins += 1 }
        }
    }

    /// Bytes of a segment went out.
    package func noteBytes(_ count: Int, of stream: StreamName, _ kind: ViewerProtocol) {
        self.state.withLock { $0.figures[Key(stream: stream, kind: kind), default: Figures()].bytes += UInt64(count) }
    }

    /// Forgets playlist viewers that have gone, and the figures of streams that have: `streams` are those there are.
    package func sweep(keeping streams: Set<StreamName>, now: Int64) {
        self.state.withLock { state in
            state.figures = state.figures.filter { streams.contains($0.key.stream) || $0.value.viewers > 0 }
            state.listeners = state.listeners.filter { streams.contains($0.key.stream) }
            for (key, listeners) in state.listeners {
                state.listeners[key] = listeners.filter { now - $0.value < Self.playlistMemory }
            }
        }
    }

    package func outputs(of stream: StreamName, muxing: Set<ViewerProtocol>) -> [ViewerProtocol: OutputSnapshot] {
        let seated = self.state.withLock { state in state.seated.values.filter { $0.key.stream == stream } }
        var live: [ViewerProtocol: Progress] = [:]
        for viewer in seated {
            guard let progress = viewer.connection?.progress() else { continue }
            live[viewer.key.kind, default: Progress(bytes: 0, skips: 0)].bytes += progress.bytes
            live[viewer.key.kind, default: Progress(bytes: 0, skips: 0)].skips += progress.skips
        }
        return self.state.withLock { state in
            var outputs: [ViewerProtocol: OutputSnapshot] = [:]
            for kind in ViewerProtocol.allCases {
                let key = Key(stream: stream, kind: kind)
                let figures = state.figures[key]
                guard figures != nil || muxing.contains(kind) else { continue }
                outputs[kind] = OutputSnapshot(
                    viewers: (figures?.viewers ?? 0) + (state.listeners[key]?.count ?? 0),
                    isMuxing: muxing.contains(kind),
                    joins: figures?.joins ?? 0,
                    bytes: (figures?.bytes ?? 0) + (live[kind]?.bytes ?? 0),
                    skips: (figures?.skips ?? 0) + (live[kind]?.skips ?? 0),
                    stalls: figures?.stalls ?? 0
                )
                if let figures { outputs[kind]?.firstPictures = figures.firstPictures }
            }
            return outputs
        }
    }

    /// A viewer was given its first picture.
    func note(firstPicture time: Duration, of viewer: ViewerSession) {
        guard !viewer.identity.isConfigured else { return }
        let key = Key(stream: viewer.stream, kind: viewer.kind)
        self.state.withLock { $0.figures[key, default: Figures()].firstPictures.add(time) }
    }

    func leave(_ viewer: ViewerSession, bytes: UInt64, skips: UInt64, isStalled: Bool) {
        self.state.withLock { state in
            let isViewer = !viewer.identity.isConfigured
            if isViewer, state.seated[viewer.number]?.isEvicted != true { state.total -= 1 }
            state.seated[viewer.number] = nil
            state.awaiting.remove(viewer.number)
            let key = Key(stream: viewer.stream, kind: viewer.kind)
            state.figures[key, default: Figures()].viewers -= isViewer ? 1 : 0
            state.figures[key, default: Figures()].bytes += bytes
            state.figures[key, default: Figures()].skips += skips
            state.figures[key, default: Figures()].stalls += isStalled ? 1 : 0
        }
    }
}
