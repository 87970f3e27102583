import Admission
import Contract
import Fanout
import Linux
import Logging
import Media
import NIOCore
import Sessions
import Sockets
import Streams
import Synchronization
import Wire

/// One RTSP publisher from its `RECORD` on: what it sends goes to its stream, and reports on it go back.
///
/// Where packets come over the connection, the fan-out engine feeds it; where they come as datagrams, SwiftNIO does.
final class RTSPPublisher: IntakeReader {
    struct State {
        var session: RTSPServerSession
        var receiver: RTPReceiver
        /// Where a track is MPEG-TS, which has the tracks in it.
        var transport: TransportStreamReader
        /// Nil before it is on air, and again once it left.
        var onAir: OnAir?
        /// When what was counted of its packets was last told, µs.
        var lastTold: Int64 = 0
        /// Bytes between its frames that were of none, as they were last told.
        var strayTold: UInt64 = 0
        /// What is to be done for its connection once it is released.
        var left: [RTSPServerEvent] = []
        /// What it says outlives the process where it says it at checkpoints.
        var outlives = Outliving()
    }

    /// How often it is told, µs.
    private static let tellInterval: Int64 = 1_000_000

    /// Reports that go by datagram: the track, and the packet.
    struct Turn {
        var answer = IntakeAnswer()
        var reports: [RTPReport] = []
        var events: [SourceEvent] = []
    }

    /// What it publishes.
    let announcement: RTSPAnnouncement
    let admission: PublisherAdmission
    let state: Mutex<State>
    /// What it lost its stream for, until its connection is closed for it.
    private let eviction = Mutex<String?>(nil)
    /// Has somebody ask ``nudged()``.
    private let nudge: @Sendable (RTSPPublisher) -> Void
    /// Goes on with its connection when its session is over.
    private let resume: @Sendable (HeldDescriptor, RTSPServerSession, [RTSPServerEvent]) -> Void

    /// The session's question is an open `record`.
    init(
        _ session: RTSPServerSession,
        _ receiver: RTPReceiver,
        of announcement: RTSPAnnouncement,
        admission: PublisherAdmission,
        nudge: @escaping @Sendable (RTSPPublisher) -> Void,
        resume: @escaping @Sendable (HeldDescriptor, RTSPServerSession, [RTSPServerEvent]) -> Void
    ) {
        self.announcement = announcement
        self.admission = admission
        self.state = Mutex(
            State(
                session: session,
                receiver: receiver,
                transport: TransportStreamReader(log: admission.log)
            )
        )
        self.nudge = nudge
        self.resume = resume
    }

    /// One that was on air when the process before this one died; nil if that cannot be.
    init?(
        resuming standing: Standing,
        _ announcement: RTSPAnnouncement,
        admission: PublisherAdmission,
        nudge: @escaping @Sendable (RTSPPublisher) -> Void,
        resume: @escaping @Sendable (HeldDescriptor, RTSPServerSession, [RTSPServerEvent]) -> Void
    ) {
        guard let (session, receiver, transport) = standing.parts(announcement, log: admission.log) else {
            return nil
        }
        self.announcement = announcement
        self.admission = admission
        self.nudge = nudge
        self.resume = resume
        self.state = Mutex(
            State(
                session: session,
                receiver: receiver,
                transport: transport,
                strayTold: standing.strayTold,
                outlives: Outliving(repeating: standing.at)
            )
        )
        let onAir = admission.resume(standing.program, of: standing.stream) { [weak self] sentence in
            self?.evict(sentence)
        }
        guard let onAir else { return nil }
        self.state.withLock { $0.onAir = onAir }
    }

    var isOnAir: Bool { self.state.withLock { $0.onAir != nil } }

    /// Answers the session's question: on air, or refused and to be closed. `omissions` are what of the announcement is not
    /// received.
    func begin(_ request: PublishRequest, leavingOut omissions: [MediaOmission]) -> Turn {
        self.state.withLock { state in
            var turn = Turn()
            do throws(PublishDenial) {
                state.onAir = try self.admission.claim(request) { [weak self] sentence in self?.evict(sentence) }
                turn.events = omissions.map(SourceEvent.omission)
                self.deliver(&turn, &state)
                self.perform(state.session.acceptRecord(), &state, &turn)
            } catch {
                self.perform(state.session.refuse(RTSPRefusal(error)), &state, &turn)
                turn.answer.closes = true
            }
            self.deliver(&turn, &state)
            return turn
        }
    }

    // MARK: Input

    var canOutliveProcess: Bool { true }

    func received(_ bytes: ByteBuffer) -> IntakeAnswer { self.receive(bytes).answer }

    /// Bytes of the connection.
    func receive(_ bytes: ByteBuffer) -> Turn {
        self.turn { state, turn in self.perform(state.session.receive(bytes), &state, &turn) }
    }

    /// A datagram of one of its tracks.
    func receive(_ packet: RTSPPacket, _ now: Now) -> Turn {
        self.turn { state, turn in self.take(packet, isInterleaved: false, now, &state, &turn) }
    }

    /// Whether ``tick(_:)`` does anything.
    func isTickDue(_ now: Now) -> Bool {
        self.state.withLock { state in state.receiver.deadline.map { $0 <= now.monotonic } ?? false }
    }

    /// Time went by: gaps are given up, and reports may be due.
    func tick(_ now: Now) -> Turn {
        self.turn { state, turn in
            self.take(state.receiver.tick(now: now.monotonic), now, &state, &turn)
        }
    }

    private func turn(_ body: (inout State, inout Turn) -> Void) -> Turn {
        self.state.withLock { state in
            var turn = Turn()
            let now = state.outlives.time(SystemClock.now)
            if state.outlives.takeReportToRepeat() { self.report(&turn, &state, now: now) }
            body(&state, &turn)
            self.deliver(&turn, &state)
            if !state.outlives.isAtCheckpoints { self.report(&turn, &state, now: now) }
            return turn
        }
    }

    func nudged() -> IntakeAnswer {
        guard let sentence = self.eviction.withLock({ $0.take() }) else { return IntakeAnswer() }
        return self.state.withLock { state in
            guard state.onAir != nil else { return IntakeAnswer() }
            state.onAir = nil
            self.admission.log.notice("publisher ended", metadata: ["sentence": "\(sentence)"])
            // RTSP has no word for it that encoders understand.
            return IntakeAnswer(closes: true)
        }
    }

    func ended(_ end: IntakeEnd) {
        switch end {
        case .silent: self.leave(.silent)
        // GStreamer's rtspclientsink pauses, and closes in some runs without the TEARDOWN that it sends in others.
        case .left where self.hasPaused: self.leave(.ended)
        case .left, .failed, .closed, .released, .flooding, .shutdown: self.leave(.disconnected)
        }
        switch end {
        case .silent, .flooding: self.admission.log.info("connection closed", metadata: ["because": "\(end)"])
        case .left, .failed, .closed, .released, .shutdown: break
        }
        let unknown = self.state.withLock { $0.session.unknownFrames }
        guard unknown > 0 else { return }
        self.admission.log.info("frames of unknown channels left out", metadata: ["frames": "\(unknown)"])
    }

    private var hasPaused: Bool { self.state.withLock { $0.session.hasPausedRecording } }

    func released(_ connection: HeldDescriptor) {
        let (session, events) = self.takeSession()
        self.resume(connection, session, events)
    }

    /// The session that has ended, and what is to be done for its connection.
    func takeSession() -> (RTSPServerSession, [RTSPServerEvent]) {
        self.state.withLock { state in
            defer { state.left = [] }
            return (state.session, state.left)
        }
    }

    func evict(_ sentence: String) {
        self.eviction.withLock { $0 = sentence }
        self.nudge(self)
    }

    // MARK: Session

    func perform(_ events: [RTSPServerEvent], _ state: inout State, _ turn: inout Turn) {
        let now = state.outlives.time(SystemClock.now)
        var events = events[...]
        while let event = events.popFirst() {
            switch event {
            case .send(let bytes): turn.answer.reply.writeImmutableBuffer(bytes)
            case .packet(let packet): self.take(packet, isInterleaved: true, now, &state, &turn)
            // A session that has paused may set its tracks up anew, which is for its connection to answer.
            case .teardown, .setup:
                turn.events += state.transport.flush()
                self.deliver(&turn, &state)
                self.leave(.ended, &state)
                // Another session may follow.
                state.left = [event] + events
                turn.answer.releases = true
                return
            case .close(let error):
                self.deliver(&turn, &state)
                self.leave(error == nil ? .ended : .malformed, &state)
                if let error { self.admission.log.info("connection closed", metadata: ["because": "\(error)"]) }
                turn.answer.closes = true
            // Sessions of other connections are players'.
            case .control: events += state.session.denyControl()
            // While it pauses it is silent, which is noticed. While it records it is asked nothing.
            case .pause, .describe, .announce, .play, .record: break
            }
        }
    }

    private func take(
        _ packet: RTSPPacket,
        isInterleaved: Bool,
        _ now: Now,
        _ state: inout State,
        _ turn: inout Turn
    ) {
        let (bytes, media) = (packet.payload, packet.media)
        let events =
            packet.isRTCP
            ? state.receiver.receiveRTCP(bytes, media: media, now: now.monotonic, wall: now.wall)
            : state.receiver.receiveRTP(bytes, media: media, isOrdered: isInterleaved, now: now.monotonic)
        self.take(events, now, &state, &turn)
    }

    /// Receives again what another process has received, at the time at which it came, and says again what it answered.
    func receive(again input: RTSPRecording.Input, _ now: Now) -> IntakeAnswer {
        self.state.withLock { state in
            var turn = Turn()
            switch input {
            case .packet(let packet): self.take(packet, isInterleaved: false, now, &state, &turn)
            case .connection(let bytes): self.perform(state.session.receive(bytes), &state, &turn)
            case .tick: self.take(state.receiver.tick(now: now.monotonic), now, &state, &turn)
            }
            self.deliver(&turn, &state)
            return turn.answer
        }
    }

    private func take(_ events: [RTPReceiverEvent], _ now: Now, _ state: inout State, _ turn: inout Turn) {
        for event in events {
            switch event {
            case .source(let event): turn.events.append(event)
            case .transportStream(let bytes): turn.events += state.transport.read(bytes, now: now)
            case .transportStreamGap: turn.events += state.transport.interrupt()
            // TEARDOWN says it, or the connection's end.
            case .goodbye: break
            }
        }
    }

    // MARK: Stream

    /// Puts packets on their stream.
    func deliver(_ turn: inout Turn, _ state: inout State) {
        var arrival = state.receiver.arrival.take()
        arrival.formUnion(state.transport.takeArrival())
        guard !turn.events.isEmpty || !arrival.isEmpty else { return }
        defer { turn.events = [] }
        guard let onAir = state.onAir else { return }
        if !onAir.publish(turn.events, arrival, now: SystemClock.now) {
            // Its eviction is on the way; what arrives until then has no stream to go to.
            self.admission.log.debug("media of a source that is not on air left out")
        }
    }

    /// Reports that are due: interleaved where the packets are, else for whoever has the sockets.
    func report(_ turn: inout Turn, _ state: inout State, now: Now) {
        guard let onAir = state.onAir else { return }
        if now.monotonic - state.lastTold >= Self.tellInterval {
            state.lastTold = now.monotonic
            onAir.report(LinkSnapshot(state.receiver.statistics, strays: state.session.strayRuns))
            self.tellStrays(&state)
        }
        for report in state.receiver.reports(now: now.monotonic, wall: now.wall) {
            if let channels = state.session.setups[report.media]?.interleaved {
                let frame = RTSPFrame(channel: channels.rtcp, payload: report.bytes)
                RTSPMessageEncoder.write(frame, into: &turn.answer.reply)
            } else {
                turn.reports.append(report)
            }
        }
    }

    private func tellStrays(_ state: inout State) {
        let strays = state.session.strayBytes
        guard strays > state.strayTold else { return }
        self.admission.log.warning(
            "bytes between interleaved frames left out: they belong to none",
            metadata: ["bytes": "\(strays - state.strayTold)"]
        )
        state.strayTold = strays
    }

    private func leave(_ cause: SourceLoss.Cause) {
        self.state.withLock { self.leave(cause, &$0) }
    }

    func leave(_ cause: SourceLoss.Cause, _ state: inout State) {
        state.onAir.take()?.leave(cause, now: SystemClock.now)
    }
}
