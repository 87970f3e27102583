import Admission
import Contract
import Logging
import Media
import NIOCore
import SRT
import Sessions
import Streams
import Synchronization
import Wire

/// One source on air by SRT. The receiver's thread alone takes from it.
final class SRTPublisher: Sendable {
    private struct State {
        var reader: TransportStreamReader
        /// Nil once it is off air.
        var onAir: OnAir?
        /// What it is told if it loses its stream.
        var eviction: String?
        /// When its line is to be reported.
        var reports = LogThrottle()
    }

    let socket: SRTSocket
    let stream: StreamName
    let peer: String
    private let state: Mutex<State>
    private let log: Logger
    private let onEnd: @Sendable () -> Void

    /// Messages taken in one go, so that one source does not keep the others waiting.
    private static let turn = 64

    init(
        socket: SRTSocket,
        stream: StreamName,
        peer: String,
        log: Logger,
        onEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.socket = socket
        self.stream = stream
        self.peer = peer
        self.log = log
        self.onEnd = onEnd
        self.state = Mutex(State(reader: TransportStreamReader(log: log)))
    }

    /// Goes on air.
    func begin(_ request: PublishRequest, _ admission: PublisherAdmission) throws(PublishDenial) {
        let onAir = try admission.claim(request) { [weak self] sentence in self?.evict(sentence) }
        self.state.withLock { $0.onAir = onAir }
    }

    private func evict(_ sentence: String) {
        self.state.withLock { $0.eviction = sentence }
    }

    /// Takes what has come.
    ///
    /// - Returns: whether it goes on.
    func advance(now: Now) -> Bool {
        var arrival = MediaArrival()
        let (onAir, events, ending) = self.state.withLock { state -> (OnAir?, [SourceEvent], Ending?) in
            guard let onAir = state.onAir else { return (nil, [], .left) }
            if let sentence = state.eviction { return (onAir, [], .evicted(sentence)) }
            var events: [SourceEvent] = []
            defer { arrival = state.reader.takeArrival() }
            for _ in 0..<Self.turn {
                switch self.socket.receive() {
                case .message(let bytes): events += state.reader.read(bytes, now: now)
                case .nothing: return (onAir, events, nil)
                case .ended: return (onAir, events + state.reader.flush(), .left)
                }
            }
            return (onAir, events, nil)
        }
        // Not under the lock: a stream that changes hands tells others, and they have locks too.
        // And by the clock as it is now: a thread that had to wait meanwhile would have the source look silent.
        if let onAir { _ = onAir.publish(events, arrival, now: SystemClock.now) }
        guard let ending else {
            self.report(onAir, now: now)
            return true
        }
        self.end(ending, now: now)
        return false
    }

    /// Says once a second how its line is.
    private func report(_ onAir: OnAir?, now: Now) {
        let facts = self.state.withLock { state -> (TSStatistics, Bool)? in
            guard state.reports.allows(now.monotonic) else { return nil }
            return (state.reader.statistics, state.reader.isHolding)
        }
        guard let (statistics, isHolding) = facts, let link = self.socket.link else { return }
        onAir?.report(LinkSnapshot(link, of: statistics, isHolding: isHolding))
    }

    /// Whether it has been told to go.
    var isEvicted: Bool { self.state.withLock { $0.eviction != nil } }

    private enum Ending {
        case left
        case evicted(String)
    }

    private func end(_ ending: Ending, now: Now) {
        let onAir = self.state.withLock { $0.onAir.take() }
        let counts = self.state.withLock { $0.reader.statistics }
        switch ending {
        case .left: self.log.info("SRT source ended", metadata: ["packets lost": "\(counts.lostPackets)"])
        case .evicted(let sentence): self.log.notice("publisher ended", metadata: ["sentence": "\(sentence)"])
        }
        onAir?.leave(.disconnected, now: now)
        self.socket.close()
        self.onEnd()
    }

    /// Ends it because the relay does.
    func close(now: Now) {
        let onAir = self.state.withLock { $0.onAir.take() }
        onAir?.leave(.disconnected, now: now)
        self.socket.close()
        self.onEnd()
    }
}
