import Admission
import Contract
import Fanout
import Linux
import Logging
import SRT
import Sessions
import Sockets
import Streams
import Wire

/// The threads that send by SRT, and what is remembered of viewers when they leave.
final class SRTDelivery: Sendable {
    private let senders: [SRTSender]
    private let log: Logger

    init(threads: Int, spec: CurrentSpec, engine: FanoutEngine, log: Logger) throws(LinuxError) {
        var senders: [SRTSender] = []
        for number in 0..<max(threads, 1) { senders.append(try SRTSender(number: number, spec: spec, engine: engine)) }
        self.senders = senders
        self.log = log
    }

    func begin(
        _ socket: SRTSocket,
        _ admitted: AdmittedViewer,
        peer: String,
        ticket: ConnectionLimiter.Ticket
    ) {
        let (log, session) = (self.log, admitted.session)
        log.info("viewer joined", metadata: ["stream": "\(session.shownStream)", "by": "srt", "address": "\(peer)"])
        let viewer = SRTViewer(
            socket: socket,
            lease: admitted.lease,
            now: SystemClock.now.monotonic,
            onStart: { session.start() }
        ) { ending, viewer in
            session.close(bytes: viewer.bytes, skips: viewer.skips, isStalled: ending == .stalled)
            log.info(
                "viewer left",
                metadata: [
                    "stream": "\(session.shownStream)", "by": "srt", "address": "\(peer)",
                    "reason": "\(ending.rawValue)",
                    "bytes": "\(viewer.bytes)", "skips": "\(viewer.skips)",
                ]
            )
            withExtendedLifetime(ticket) {}
        }
        session.follow(
            ViewerConnection(address: peer, since: Instant(SystemClock.now)) { [weak viewer] in
                guard let viewer else { return nil }
                return Audience.Progress(bytes: viewer.bytes, skips: viewer.skips)
            } end: { [weak viewer] in
                viewer?.remove()
            } link: { [weak viewer] in
                viewer?.socket.link.map { LinkSnapshot($0) }
            }
        )
        self.add(viewer)
    }

    /// Has somebody sent to who is no viewer of the audience.
    func add(_ viewer: SRTViewer) {
        self.senders.min { $0.count < $1.count }?.add(viewer)
    }

    /// Has everybody go, once they have been sent what is on tape or the time is over.
    func end(draining: Duration) {
        for sender in self.senders { sender.end(draining: draining) }
    }

    /// Returns once everybody has gone, after ``end(draining:)``.
    func ended() async {
        for sender in self.senders { await sender.ended() }
    }
}

extension LinkSnapshot {
    /// What libsrt knows of a line. Lost is what was given up: the rest was sent again and came in time.
    init(_ link: SRTLink, of statistics: TSStatistics? = nil, isHolding: Bool = false) {
        self.init(
            tracks: [
                LinkTrack(
                    kind: .transportStream,
                    packets: link.packets,
                    lost: link.dropped,
                    held: statistics?.heldUnits ?? 0,
                    isHolding: isHolding
                )
            ],
            malformed: (statistics?.damagedPackets ?? 0) + (statistics?.brokenSections ?? 0),
            roundTrip: .microseconds(link.roundTrip),
            retransmitted: link.retransmitted,
            latency: .microseconds(link.latency)
        )
    }
}
