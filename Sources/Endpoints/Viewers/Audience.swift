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

    private struct State {
        var total = 0
        var figures: [Key: Figures] = [:]
        /// Viewers that are connected, and how to ask what they were sent so far.
        var seated: [UInt64: (key: Key, progress: @Sendable () -> Progress?)] = [:]
        var nextSeat: UInt64 = 0
        /// Who asked for a playlist lately: µs monotonic by who it was.
        var listeners: [Key: [String: Int64]] = [:]
    }

    /// A viewer of a playlist counts for this long after it last asked, µs.
    static let playlistMemory: Int64 = 12_000_000
    /// Playlist viewers remembered for each stream; those above are served but not counted.
    static let playlistLimit = 20_000

    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// A place for a viewer that stays connected, or nil if the relay is full.
    package func admit(_ stream: StreamName, _ kind: ViewerProtocol) -> Seat? {
        let number: UInt64? = self.state.withLock { state in
            guard state.total < self.limit else { return nil }
            state.total += 1
            state.nextSeat += 1
            state.figures[Key(stream: stream, kind: kind), default: Figures()].viewers += 1
            state.figures[Key(stream: stream, kind: kind), default: Figures()].joins += 1
            return state.nextSeat
        }
        return number.map { Seat($0, stream: stream, kind: kind, audience: self) }
    }

    private func follow(_ seat: Seat, _ progress: @escaping @Sendable () -> Progress?) {
        let key = Key(stream: seat.stream, kind: seat.kind)
        self.state.withLock { $0.seated[seat.number] = (key, progress) }
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
            guard let progress = viewer.progress() else { continue }
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

        /// Lets the figures ask what the viewer was sent so far, for as long as the seat is taken.
        package func follow(_ progress: @escaping @Sendable () -> Progress?) {
            self.audience.follow(self, progress)
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
