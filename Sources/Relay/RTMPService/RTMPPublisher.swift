import Admission
import Contract
import Fanout
import Logging
import Media
import NIOCore
import Sessions
import Sockets
import Streams
import Synchronization
import Wire

extension PublisherAdmission {
    /// Of what comes by RTMP on a connection.
    init(_ relay: RelayAdmission, of socket: AdoptedSocket, log: Logger) {
        var log = log
        log[metadataKey: "peer"] = "\(socket.peer)"
        self.init(relay, kind: .rtmp, clock: .rtmp, peer: "\(socket.peer)", log: log)
    }
}

/// One RTMP publisher from its `publish` on: what it sends goes to its stream, and what its session says goes back.
///
/// SwiftNIO feeds it until its answer to `publish` is on its way, and the fan-out engine from there on.
final class RTMPPublisher: IntakeReader {
    struct State {
        var session: RTMPServerSession
        /// Nil once it ended its stream; it may begin another.
        var publication: RTMPPublication?
    }

    /// A chunk's header of type 1 and the first byte behind it. ffmpeg sends each message's header by itself, for which alone
    /// the thread would wake as often as for the messages.
    static let leastMessage = 9

    let admission: PublisherAdmission
    private let delivery: ViewerDelivery
    let encoder: String?
    /// Its place among the relay's connections.
    private let ticket: ConnectionLimiter.Ticket
    let state: Mutex<State>
    /// What it was told when it lost its stream, until it has been told. Not under the lock of the rest: another
    /// publisher says it from the midst of its own.
    private let eviction = Mutex<String?>(nil)

    /// The session's question is an open `publish`.
    init(
        _ session: RTMPServerSession,
        encoder: String?,
        admission: PublisherAdmission,
        delivery: ViewerDelivery,
        ticket: ConnectionLimiter.Ticket
    ) {
        self.admission = admission
        self.delivery = delivery
        self.encoder = encoder
        self.ticket = ticket
        self.state = Mutex(State(session: session))
    }

    /// Whether it is on air.
    var isOnAir: Bool { self.state.withLock { $0.publication != nil } }

    /// Answers the session's question: on air, or refused and to be closed.
    func begin(_ request: RTMPPublishRequest) -> IntakeAnswer {
        self.state.withLock { state in
            var turn = Turn()
            self.publish(request, &state, &turn)
            self.deliver(&turn, &state)
            return turn.answer
        }
    }

    /// One that was on air when the process before this one died; nil if that cannot be.
    init?(
        resuming standing: Standing,
        _ configuration: RTMPSessionConfiguration,
        _ admission: PublisherAdmission,
        delivery: ViewerDelivery,
        ticket: ConnectionLimiter.Ticket
    ) {
        let nonce = UInt64.random(in: .min ... .max)
        guard
            let session = RTMPServerSession(resuming: standing.session, configuration: configuration, nonce: nonce)
        else { return nil }
        self.admission = admission
        self.delivery = delivery
        self.encoder = standing.encoder
        self.ticket = ticket
        self.state = Mutex(State(session: session))
        let onAir = admission.resume(standing.program, of: standing.stream) { [weak self] sentence in
            self?.evict(sentence)
        }
        guard let onAir else { return nil }
        guard let publication = RTMPPublication(resuming: standing.publication, onAir: onAir, log: admission.log) else {
            onAir.leave(.relayEnded, now: SystemClock.now)
            return nil
        }
        ticket.decide()
        self.state.withLock { $0.publication = publication }
    }

    func received(_ bytes: ByteBuffer) -> IntakeAnswer {
        self.state.withLock { state in
            var turn = Turn()
            self.advance(&state, &turn) { session throws(RTMPError) in try session.receive(bytes) }
            self.deliver(&turn, &state)
            return turn.answer
        }
    }

    func receivedToCheckpoint(_ bytes: ByteBuffer) -> (IntakeAnswer, IntakeCheckpoint?) {
        self.state.withLock { state in
            var turn = Turn()
            self.advance(&state, &turn) { session throws(RTMPError) in try session.receiveNotingBoundary(bytes) }
            self.deliver(&turn, &state)
            return (turn.answer, self.checkpoint(of: state))
        }
    }

    func caughtUp() -> IntakeAnswer {
        self.state.withLock { state in
            guard let publication = state.publication else { return IntakeAnswer() }
            let isSame = publication.onAir.endRepeating(now: SystemClock.now)
            self.admission.log.notice(
                "publisher goes on over the end of the relay's last instance",
                metadata: ["stream": "\(publication.onAir.stream.path)", "break": "\(!isSame)"]
            )
            return IntakeAnswer()
        }
    }

    func nudged() -> IntakeAnswer {
        guard let sentence = self.eviction.withLock({ $0.take() }) else { return IntakeAnswer() }
        return self.state.withLock { state in
            guard state.publication != nil else { return IntakeAnswer() }
            state.publication = nil
            self.admission.log.notice("publisher ended", metadata: ["sentence": "\(sentence)"])
            var turn = Turn()
            let mayReturn = self.admission.relay.ending.hasBegun
            self.perform(state.session.endPublish(description: sentence, mayReturn: mayReturn), &state, &turn)
            return turn.answer
        }
    }

    func ended(_ end: IntakeEnd) {
        switch end {
        case .silent: self.leave(.silent)
        case .left, .failed, .closed, .released, .flooding, .shutdown: self.leave(.disconnected)
        }
        switch end {
        case .silent, .flooding: self.admission.log.info("connection closed", metadata: ["because": "\(end)"])
        case .left, .failed, .closed, .released, .shutdown: break
        }
    }

    // MARK: Session

    /// What one input comes to.
    private struct Turn {
        var answer = IntakeAnswer()
        /// Messages that are still to be put on the stream, together.
        var tags: [FLVTag] = []
    }

    private func advance(
        _ state: inout State,
        _ turn: inout Turn,
        _ input: (inout RTMPServerSession) throws(RTMPError) -> [RTMPServerEvent]
    ) {
        do throws(RTMPError) {
            self.perform(try input(&state.session), &state, &turn)
        } catch {
            self.deliver(&turn, &state)
            self.leave(.malformed, &state)
            self.admission.log.info("connection closed", metadata: ["because": "\(error)"])
            turn.answer.closes = true
        }
    }

    private func perform(_ events: [RTMPServerEvent], _ state: inout State, _ turn: inout Turn) {
        for event in events {
            switch event {
            case .message(let tag): turn.tags.append(tag)
            case .send(let bytes): turn.answer.reply.writeImmutableBuffer(bytes)
            case .publish(let request): self.publish(request, &state, &turn)
            case .stopped:
                self.deliver(&turn, &state)
                self.leave(.ended, &state)
            case .close:
                self.deliver(&turn, &state)
                self.leave(.ended, &state)
                turn.answer.closes = true
            case .play:
                // One connection does not watch what it sent, or anything else.
                let sentence = "This connection publishes; play on another."
                self.perform(state.session.refusePlay(description: sentence), &state, &turn)
            case .connect, .pause: break
            }
        }
    }

    private func publish(_ request: RTMPPublishRequest, _ state: inout State, _ turn: inout Turn) {
        // What was said about an earlier stream of this connection is past.
        self.eviction.withLock { $0 = nil }
        do throws(PublishDenial) {
            let publishRequest = PublishRequest(request, encoder: self.encoder, of: self.admission.relay.spec.name)
            let onAir = try self.admission.claim(publishRequest) { [weak self] sentence in self?.evict(sentence) }
            state.publication = RTMPPublication(onAir: onAir, log: self.admission.log)
            self.advance(&state, &turn) { session throws(RTMPError) in try session.acceptPublish() }
        } catch {
            self.perform(state.session.refusePublish(description: error.sentence), &state, &turn)
        }
    }

    private func evict(_ sentence: String) {
        self.eviction.withLock { $0 = sentence }
        self.delivery.nudge(self)
    }

    // MARK: Stream

    /// Puts messages on their stream.
    private func deliver(_ turn: inout Turn, _ state: inout State) {
        let arrival = state.session.takeArrival()
        guard !turn.tags.isEmpty || !arrival.isEmpty else { return }
        defer { turn.tags = [] }
        // Taken out meanwhile, or the decoder's tables would be copied at every message.
        guard var publication = state.publication.take() else { return }
        let now = SystemClock.now
        let events = publication.read(turn.tags, now: now)
        if !publication.onAir.publish(events, arrival, now: now) {
            // Its eviction is on the way; what arrives until then has no stream to go to.
            self.admission.log.debug("media of a source that is not on air left out")
        }
        state.publication = publication
    }

    private func leave(_ cause: SourceLoss.Cause) {
        self.state.withLock { self.leave(cause, &$0) }
    }

    private func leave(_ cause: SourceLoss.Cause, _ state: inout State) {
        guard var publication = state.publication.take() else { return }
        let now = SystemClock.now
        publication.end(now: now)
        publication.onAir.leave(cause, now: now)
    }
}
