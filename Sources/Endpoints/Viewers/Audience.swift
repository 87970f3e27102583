package import Contract
import Synchronization

/// Who is watching, for the limit and for the figures.
package final class Audience: Sendable {
    private struct Figures {
        var viewers = 0
        var joins: UInt64 = 0
        var bytes: UInt64 = 0
        var skips: UInt64 = 0
        var stalls: UInt64 = 0
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
        var guest: Guest
        /// Nil while its negotiation still goes on.
        var connection: SeatedConnection?
        /// It has to go as soon as there is a connection that can be ended.
        var isUnwanted = false
    }

    private struct State {
        var limit: Int
        var total = 0
        var figures: [Key: Figures] = [:]
        /// Viewers that stay connected, from when they were let in.
        var seated: [UInt64: Seated] = [:]
        var nextSeat: UInt64 = 0
        /// Who asked for a playlist lately: µs monotonic by who it was.
        var listeners: [Key: [String: Int64]] = [:]
    }

    /// A viewer of a playlist counts for this long after it last asked, µs.
    static let playlistMemory: Int64 = 12_000_000
    /// Playlist viewers remembered for each stream; those above are served but not counted.
    static let playlistLimit = 20_000

    private let state: Mutex<State>

    package init(limit: Int) {
        self.state = Mutex(State(limit: limit))
    }

    /// Another limit for those who come from now on.
    package func setLimit(_ limit: Int) {
        self.state.withLock { $0.limit = limit }
    }

    /// Whether nobody more would be let in now.
    package var isFull: Bool { self.state.withLock { $0.total >= $0.limit } }

    /// A place for a viewer that stays connected, or nil if the relay is full.
    package func admit(_ stream: StreamName, _ kind: ViewerProtocol, _ guest: Guest) -> Seat? {
        let number: UInt64? = self.state.withLock { state in
            guard state.total < state.limit else { return nil }
            state.total += 1
            state.nextSeat += 1
            let key = Key(stream: stream, kind: kind)
            state.seated[state.nextSeat] = Seated(key: key, guest: guest)
            state.figures[key, default: Figures()].viewers += 1
            state.figures[key, default: Figures()].joins += 1
            return state.nextSeat
        }
        return number.map { Seat($0, stream: stream, kind: kind, audience: self) }
    }

    private func follow(_ seat: Seat, _ connection: SeatedConnection) {
        let isUnwanted = self.state.withLock { state in
            state.seated[seat.number]?.connection = connection
            return state.seated[seat.number]?.isUnwanted ?? false
        }
        if isUnwanted { connection.end() }
    }

    /// Ends a viewer's connection.
    ///
    /// - Returns: whether there is such a viewer.
    package func end(_ number: UInt64) -> Bool {
        let found = self.state.withLock { state -> Seated? in
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
            let numbers = state.seated.filter { !playGuard.admits($0.value.guest) }.keys
            for number in numbers { state.seated[number]?.isUnwanted = true }
            return numbers.compactMap { state.seated[$0] }
        }
        for viewer in denied { viewer.connection?.end() }
        return denied.count
    }

    /// Those who are connected now, at most so many, in the order they came.
    package func viewers(limit: Int) -> [ViewerSnapshot] {
        let seated = self.state.withLock { $0.seated }
        let connected = seated.compactMap { number, viewer in viewer.connection.map { (number, viewer, $0) } }
        return connected.sorted { $0.0 < $1.0 }.prefix(limit).map { number, viewer, connection in
            let progress = connection.progress()
            return ViewerSnapshot(
                number: number,
                stream: viewer.key.stream,
                protocol: viewer.key.kind,
                address: connection.address,
                venue: viewer.guest.venue,
                since: connection.since,
                bytes: progress?.bytes ?? 0,
                skips: progress?.skips ?? 0,
                link: connection.link?()
            )
        }
    }

    /// Somebody asked for a playlist.
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
            }
            return outputs
        }
    }

    private func leave(_ seat: Seat, bytes: UInt64, skips: UInt64, isStalled: Bool) {
        self.state.withLock { state in
            state.total -= 1
            state.seated[seat.number] = nil
            let key = Key(stream: seat.stream, kind: seat.kind)
            state.figures[key, default: Figures()].viewers -= 1
            state.figures[key, default: Figures()].bytes += bytes
            state.figures[key, default: Figures()].skips += skips
            state.figures[key, default: Figures()].stalls += isStalled ? 1 : 0
        }
    }

    /// One viewer's place, given back when the seat goes.
    package final class Seat: Sendable {
        fileprivate let number: UInt64
        package let stream: StreamName
        package let kind: ViewerProtocol
        private let audience: Audience
        private let ending = Mutex<(bytes: UInt64, skips: UInt64, isStalled: Bool)>((0, 0, false))

        fileprivate init(_ number: UInt64, stream: StreamName, kind: ViewerProtocol, audience: Audience) {
            self.number = number
            self.stream = stream
            self.kind = kind
            self.audience = audience
        }

        /// Lets the figures ask what the viewer was sent so far, and others end it, for as long as the seat is taken.
        package func follow(_ connection: SeatedConnection) {
            self.audience.follow(self, connection)
        }

        /// What the viewer had when it ended.
        package func close(bytes: UInt64, skips: UInt64, isStalled: Bool) {
            self.ending.withLock { $0 = (bytes, skips, isStalled) }
        }

        deinit {
            let ending = self.ending.withLock { $0 }
            self.audience.leave(self, bytes: ending.bytes, skips: ending.skips, isStalled: ending.isStalled)
        }
    }
}
