import Contract
import Linux
import Logging
import Streams
import Synchronization
import Wire

/// The sessions of all players that are sent datagrams, by their names.
package final class RTSPPlaybacks: Sendable {
    private let all = Mutex<[String: RTSPPlayback]>([:])
    private let clock: @Sendable () -> Now
    /// µs of silence after which a session is over.
    private let timeout: Int64
    private let log: Logger

    /// Sessions of one host that may live on without a connection: players that lose theirs and come again leave one
    /// behind each time, and all of them are sent the stream.
    static let detachedPerHost = 16

    init(timeout: Int, clock: @escaping @Sendable () -> Now, log: Logger) {
        self.timeout = Int64(timeout) * 1_000_000
        self.clock = clock
        self.log = log
    }

    func add(_ playback: RTSPPlayback) {
        let former = self.all.withLock { $0.updateValue(playback, forKey: playback.name) }
        former?.end()
        // It may have ended while it was on its way here.
        if playback.isOver { self.remove(playback) }
    }

    func remove(_ playback: RTSPPlayback) {
        self.all.withLock { all in
            if all[playback.name] === playback { all[playback.name] = nil }
        }
    }

    /// The session of that name; nil where there is none.
    subscript(name: String) -> RTSPPlayback? { self.all.withLock { $0[name] } }

    /// The session has no connection any more; it lives on while it is heard of.
    func detach(_ playback: RTSPPlayback) {
        playback.detach(self.clock().monotonic)
        let detached = self.detached { $0.host == playback.host }
        guard detached.count > Self.detachedPerHost else { return }
        for former in detached.prefix(detached.count - Self.detachedPerHost) {
            self.dismiss(former, "too many", because: "its host has left too many sessions behind")
        }
    }

    /// Ends the session that has been without a connection for longest, so that somebody else may come in.
    ///
    /// - Returns: whether there was one.
    func makeRoom() -> Bool {
        guard let oldest = self.detached(where: { _ in true }).first else { return false }
        self.dismiss(oldest, "room", because: "the relay is full, and it has had no connection for longest")
        return true
    }

    /// Those without a connection, for longest first.
    private func detached(where isMeant: (RTSPPlayback) -> Bool) -> [RTSPPlayback] {
        self.all.withLock { Array($0.values) }.compactMap { playback in
            playback.detachedSince.flatMap { isMeant(playback) ? ($0, playback) : nil }
        }.sorted { $0.0 < $1.0 }.map { $0.1 }
    }

    /// Does what a client wants of a session that it has from another connection; false where there is no such session.
    ///
    /// A session is controlled from the host that is sent to, and nowhere else. Its name, a random number of 64 bits, says
    /// that the client may.
    func control(_ request: RTSPControlRequest, of relay: RelayName, from host: InternetAddress.Host) -> Bool {
        guard let playback = self.all.withLock({ $0[request.session] }), playback.host == host, !playback.isOver
        else { return false }
        let address = request.address
        if !address.relay.isEmpty {
            guard relay.isSame(as: address.relay), playback.stream.isSame(as: address.stream) else { return false }
        }
        playback.heard(self.clock().monotonic)
        switch request.action {
        case .keepAlive: break
        case .play: playback.pause(false)
        case .pause: playback.pause(true)
        case .teardown: self.dismiss(playback, "left", because: "its session was ended on another connection")
        }
        return true
    }

    /// What the session was sent has ended: the stream, or somebody dropped the viewer.
    func cut(_ name: String) {
        guard let playback = self.all.withLock({ $0.removeValue(forKey: name) }) else { return }
        playback.wasCut()
    }

    /// Ends the sessions that nothing was heard of for too long.
    func sweep() {
        let now = self.clock().monotonic
        for playback in self.all.withLock({ Array($0.values) }) where playback.isSilent(now, for: self.timeout) {
            self.dismiss(playback, "silent", because: "nothing was heard of its session for too long")
        }
    }

    private func dismiss(_ playback: RTSPPlayback, _ reason: String, because sentence: String) {
        self.remove(playback)
        self.log.debug("RTSP session ended", metadata: ["because": "\(sentence)"])
        playback.dismiss(reason, because: sentence)
    }
}
