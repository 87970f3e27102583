import Admission
import Contract
import Linux
import Sessions
import Streams
import Synchronization

/// A session of a player that is sent datagrams, alone or with the others of a multicast group.
///
/// It does not end with the connection on which it was made (RFC 2326 section 1.1): it lives until it is torn down, or
/// nothing was heard of it for its timeout. Its receiver reports keep it, and requests that name it, on any connection of
/// the same host.
final class RTSPPlayback: Sendable {
    enum Way: Sendable {
        case unicast(DatagramPlayback)
        /// It listens to a multicast group, which is sent to whoever else does.
        case multicast(MulticastPlayback, MulticastSenders.Part?)
    }

    private struct State {
        /// When a request for it came last, µs monotonic.
        var lastHeard: Int64
        /// Since when it has no connection, µs monotonic.
        var detachedSince: Int64?
        /// Tells its connection that it is over.
        var onEnd: (@Sendable (String) -> Void)?
        var isOver = false
        /// It has ended without its player having asked for that.
        var wasCut = false
    }

    /// The session's identifier.
    let name: String
    /// Of the player.
    let host: InternetAddress.Host
    let stream: StreamName
    /// By them come its receiver reports.
    private let reporters: [HeldDescriptor]
    private let way: Way
    /// What its player may watch and where it is sent to, for its connection once it has paused; nil where it listens to a group.
    let watched: Watched?
    private let state: Mutex<State>

    /// What of a session outlives the process, and what its player may set up anew.
    struct Watched: Sendable {
        let card: RTSPPlaybackCard?
        let viewer: AdmittedViewer
        let pairs: [Int: RTSPViewerPorts.Pair]
        let admission: RTSPViewerAdmission?
        /// Ends the keeping of its sockets.
        let forget: @Sendable () -> Void
    }

    /// A session that no connection has asked for yet where `onEnd` is nil.
    ///
    /// `onEnd` is told why, from any thread, when it ends without its connection having asked for that.
    init(
        _ name: String,
        _ way: Way,
        of stream: StreamName,
        to host: InternetAddress.Host,
        reporters: [HeldDescriptor] = [],
        watched: Watched? = nil,
        now: Int64,
        onEnd: (@Sendable (String) -> Void)?
    ) {
        self.name = name
        self.way = way
        self.stream = stream
        self.host = host
        self.reporters = reporters
        self.watched = watched
        self.state = Mutex(State(lastHeard: now, detachedSince: onEnd == nil ? now : nil, onEnd: onEnd))
    }

    var isOver: Bool { self.state.withLock { $0.isOver } }

    /// Whether it has ended without its player having asked for that.
    var hasFailed: Bool { self.state.withLock { $0.wasCut } }

    var detachedSince: Int64? { self.state.withLock { $0.detachedSince } }

    /// A request for it came.
    func heard(_ now: Int64) {
        self.state.withLock { $0.lastHeard = max($0.lastHeard, now) }
    }

    /// A connection is its own from here on.
    ///
    /// - Returns: false where it is over.
    func attach(onEnd: @escaping @Sendable (String) -> Void) -> Bool {
        self.state.withLock { state in
            guard !state.isOver else { return false }
            state.onEnd = onEnd
            state.detachedSince = nil
            return true
        }
    }

    /// Its connection is gone.
    func detach(_ now: Int64) {
        self.state.withLock { state in
            state.onEnd = nil
            state.detachedSince = now
        }
    }

    /// Whether nothing was heard of it for so long, µs, that it is over.
    func isSilent(_ now: Int64, for timeout: Int64) -> Bool {
        // What they say is of no interest, only that they came; this is asked often enough to know when.
        for reporter in self.reporters where UDPSocket.drain(reporter) { self.heard(now) }
        return now - self.state.withLock { $0.lastHeard } > timeout
    }

    /// A pause is the player's own: a group is sent to for the others.
    func pause(_ isPaused: Bool) {
        guard case .unicast(let show) = self.way else { return }
        isPaused ? show.pause() : show.resume()
    }

    /// Its player does not want it any more.
    func end() {
        self.finish(nil) { show in show.end() }
    }

    /// It ends without having been asked to; `reason` as the log names it.
    func dismiss(_ reason: String, because sentence: String) {
        self.finish(sentence) { show in show.dismiss(reason) }
    }

    /// What it was sent has ended.
    func wasCut() {
        self.finish("what it was sent has ended") { _ in }
    }

    private func finish(_ sentence: String?, _ unicast: (DatagramPlayback) -> Void) {
        let (wasOver, onEnd) = self.state.withLock { state in
            defer { state.isOver = true }
            if !state.isOver { state.wasCut = sentence != nil }
            return (state.isOver, state.onEnd.take())
        }
        guard !wasOver else { return }
        switch self.way {
        case .unicast(let show): unicast(show)
        case .multicast(let show, _): show.end()
        }
        self.watched?.forget()
        if let sentence { onEnd?(sentence) }
    }
}
