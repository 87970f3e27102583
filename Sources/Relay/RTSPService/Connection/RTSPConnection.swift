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
import Wire

/// One RTSP connection until the peer records or plays: performs what its session says. Where packets travel over the
/// connection, and where it is sent datagrams of its own, it is then handed to the fan-out engine; else it stays to hear the peer.
final class RTSPConnection: NegotiatingConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Role {
        case undecided
        /// It may publish this, and has not begun.
        case announced(RTSPAnnouncement)
        case publishing(RTSPPublisher)
        /// Playing: the connection leaves SwiftNIO as soon as what was written so far is on its way.
        case leaving(Departure)
        /// Playing from a multicast group; or by datagrams, and about to set its tracks up anew.
        case watching(RTSPPlayback)
        case closed
    }

    struct Departure {
        enum Destination {
            /// It is sent a tape.
            case tape(AdmittedViewer)
            /// Its session is sent datagrams already.
            case datagrams(RTSPPlayback)
        }

        let destination: Destination
        var opening = ByteBuffer()
        /// It has paused meanwhile.
        var isPaused = false
        /// It has ended its session meanwhile.
        var isOver = false
        /// What it asked for meanwhile, such as other transports after a pause: only this side of the engine can answer.
        var question: RTSPServerEvent?

        init(_ destination: Destination) {
            self.destination = destination
        }

        var playback: RTSPPlayback? {
            if case .datagrams(let playback) = self.destination { playback } else { nil }
        }

        /// Whether it has nothing to be sent for now, and stays.
        var isCalledOff: Bool { self.isOver || self.question != nil }
    }

    let socket: AdoptedSocket
    let service: RTSPService
    var log: Logger
    var session: RTSPServerSession
    var role = Role.undecided
    /// What the peer was let in to watch.
    var admission: RTSPViewerAdmission?
    /// Where its tracks come as datagrams, by their place in the description.
    var ports: [Int: RTSPTrackPort] = [:]
    /// What of a publisher that sends datagrams outlives the process.
    var recording: RTSPRecording? {
        didSet { if oldValue !== self.recording { oldValue?.end() } }
    }
    /// Pieces that are written, and that the kernel has not taken yet.
    var unwritten = 0
    /// What is to be gone on with once there is a channel.
    private var resumed: RTSPRecording.Resumed?
    /// Where viewers of datagrams are sent from.
    var pairs: [Int: RTSPViewerPorts.Pair] = [:]
    /// The multicast that a viewer takes part in.
    var cast: MulticastSenders.Part?
    /// What is looked at again and again while packets travel as datagrams.
    var beat: RepeatedTask?
    /// When the peer was last heard, µs monotonic.
    var lastHeard: Int64 = 0
    var deadline: Scheduled<Void>?
    var isLeaving = false
    /// It has paused before the playback that it asked for was there.
    var pausesAhead = false
    /// It was asked for a key and has shown none yet.
    var owesKey: StreamName?

    /// Requests that count as progress: players send some six before `PLAY`, encoders as many before `RECORD`.
    private var stepsLeft = 8

    /// What the host has read from the connection.
    private var opening: ByteBuffer?
    /// What is to be done first on a connection that comes back from the fan-out engine.
    private var former: [RTSPServerEvent] = []
    private var isReading = true

    /// `former` is the session of a connection that has played or published, and what is to be done for it.
    init(
        socket: AdoptedSocket,
        service: RTSPService,
        opening: ByteBuffer? = nil,
        former: Former? = nil
    ) {
        self.socket = socket
        self.service = service
        self.log = service.services.log
        self.log[metadataKey: "peer"] = "\(socket.peer)"
        self.opening = opening
        self.former = former?.events ?? []
        self.admission = former?.admission
        if let announcement = former?.announcement { self.role = .announced(announcement) }
        if let playback = former?.playback {
            self.role = .watching(playback)
            self.pairs = playback.watched?.pairs ?? [:]
        }
        self.session =
            former?.session
            ?? RTSPServerSession(
                configuration: RTSPSessionConfiguration(),
                identifier: .random(in: .min ... .max),
                nonce: .random(in: .min ... .max)
            )
    }

    /// One whose publisher another process has heard.
    convenience init(socket: AdoptedSocket, service: RTSPService, resumed: RTSPRecording.Resumed) {
        self.init(socket: socket, service: service, opening: nil, former: nil)
        self.role = .publishing(resumed.publisher)
        self.resumed = resumed
    }

    var services: RelayServices { self.service.services }

    // MARK: Channel

    func channelActive(context: ChannelHandlerContext) {
        if let resumed = self.resumed.take() {
            self.goOn(with: resumed, context)
        } else if case .watching(let playback) = self.role {
            // Over already: it asks for what comes next, or is closed in time.
            if !playback.attach(onEnd: self.closing(context)) { self.awaitDecision(context) }
        } else {
            self.awaitDecision(context)
        }
        if !self.former.isEmpty {
            let former = self.former
            self.former = []
            self.perform(former, context)
        }
        guard let opening = self.opening.take() else { return }
        self.perform(self.session.receive(opening), context)
    }

    /// Ends the connection unless the peer says in time what it wants.
    func awaitDecision(_ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: self.services.deadlines.decision) {
            let (connection, context) = bound.value
            connection.close(context, .tooSlow, "It did not say in time what it publishes or plays.")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.lastHeard = self.services.clock().monotonic
        if case .watching(let playback) = self.role { playback.heard(self.lastHeard) }
        if case .leaving(let departure) = self.role { departure.playback?.heard(self.lastHeard) }
        if case .publishing(let publisher) = self.role {
            self.recording?.keep(.connection(bytes), self.services.clock())
            self.take(publisher.receive(bytes), context)
        } else {
            self.perform(self.session.receive(bytes), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.stopDatagrams()
        guard !self.isLeaving else { return }
        if case .publishing(let publisher) = self.role { publisher.ended(.left) }
        if case .watching(let playback) = self.role, !playback.isOver { self.service.playbacks.detach(playback) }
        if case .leaving(let departure) = self.role, let playback = departure.playback, !playback.isOver {
            self.service.playbacks.detach(playback)
        }
        self.cast = nil
        if let name = self.owesKey {
            let denial = PublishDenial(.noKey, "The encoder has no key: it is the password of any user.")
            self.publisherAdmission.note(denial, of: .success(name))
        }
        self.role = .closed
        self.socket.close()
    }

    /// A peer that asks and does not read the answers is not read either, so that they do not pile up here.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.regulateReading(context)
        context.fireChannelWritabilityChanged()
    }

    /// Nor is one read whose question is still open: what it sends on stays in the kernel, and then with the peer.
    private func regulateReading(_ context: ChannelHandlerContext) {
        let isWanted = context.channel.isWritable && !self.isAsking
        guard isWanted != self.isReading else { return }
        self.isReading = isWanted
        context.channel.setOption(.autoRead, value: isWanted).whenFailure { _ in }
    }

    /// Whether its question is still open. A publisher has the session, which answers its questions itself.
    private var isAsking: Bool {
        if case .publishing = self.role { false } else { self.session.isAsking }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.log.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    // MARK: Session

    /// Performs what the session wants, and what answers to its questions bring: a loop, because a peer may send any
    /// number of questions at once.
    func perform(_ events: [RTSPServerEvent], _ context: ChannelHandlerContext) {
        self.hearStep(events)
        var events = events
        while let last = events.last {
            for event in events { self.perform(event, context) }
            guard let next = self.answer(last, context) else { break }
            events = next
        }
        context.flush()
        self.regulateReading(context)
    }

    /// A peer that asks for more goes behind those that say nothing, but not for ever.
    private func hearStep(_ events: [RTSPServerEvent]) {
        guard !events.isEmpty, self.stepsLeft > 0 else { return }
        self.stepsLeft -= 1
        self.socket.ticket.hear()
    }

    private func perform(_ event: RTSPServerEvent, _ context: ChannelHandlerContext) {
        switch event {
        case .send(let bytes): self.send(bytes, context)
        case .teardown: self.tearDown(context)
        case .pause(let isPaused):
            self.pause(isPaused)
        case .close(let error):
            if let error {
                if case .undecided = self.role {
                    self.services.admission.refusals.note(PublishRefusal.malformed, by: .rtsp)
                }
                self.socket.ticket.note(.malformed)
                self.services.admission.refusals.tellClosed(
                    .malformed,
                    "\(error)",
                    peer: "\(self.socket.peer)",
                    self.log
                )
            }
            self.closeAfterFlush(context)
        // Questions are answered when all before them is done; the rest is of who publishes or plays.
        case .describe, .announce, .setup, .play, .record, .control, .packet: break
        }
    }

    /// What the answer to a question brings; nil where it is no question, or the answer is still to come.
    private func answer(_ event: RTSPServerEvent, _ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        if case .leaving(var departure) = self.role {
            // Of a session of another connection, whatever becomes of this one.
            if case .control(let request) = event { return self.control(request) }
            if event.isQuestion { departure.question = event }
            self.role = .leaving(departure)
            return nil
        }
        return switch event {
        case .describe(let request): self.describe(request, context)
        case .announce(let request): self.announce(request)
        case .setup(let request): self.setUp(request, context)
        case .play: self.play(context)
        case .record: self.record(context)
        case .control(let request): self.control(request)
        case .send, .packet, .pause, .teardown, .close: nil
        }
    }

    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard bytes.readableBytes > 0 else { return }
        if case .leaving(var departure) = self.role {
            departure.opening.writeImmutableBuffer(bytes)
            self.role = .leaving(departure)
        } else {
            self.write(bytes, context)
        }
    }

    func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        self.unwritten += 1
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.write(self.wrapOutboundOut(bytes)).whenComplete { _ in bound.value.unwritten -= 1 }
    }

    private func pause(_ isPaused: Bool) {
        switch self.role {
        case .watching(let playback): playback.pause(isPaused)
        case .leaving(var departure):
            departure.playback?.pause(isPaused)
            departure.isPaused = isPaused
            self.role = .leaving(departure)
        case .undecided, .announced, .publishing, .closed: self.pausesAhead = isPaused
        }
    }

    private func tearDown(_ context: ChannelHandlerContext) {
        switch self.role {
        case .leaving(var departure):
            if let playback = departure.playback {
                self.service.playbacks.remove(playback)
                playback.end()
            }
            departure.isOver = true
            self.role = .leaving(departure)
        case .undecided, .announced, .publishing, .watching, .closed:
            self.endPlayback()
            self.role = .undecided
            (self.cast, self.pairs, self.admission) = (nil, [:], nil)
            self.stopDatagrams()
            self.awaitDecision(context)
        }
    }

    private func control(_ request: RTSPControlRequest) -> [RTSPServerEvent] {
        let isDone = self.service.playbacks.control(request, of: self.services.spec.name, from: self.socket.peer.host)
        return isDone ? self.session.acceptControl() : self.session.denyControl()
    }

    func refuse(_ denial: PlayDenial) -> [RTSPServerEvent] {
        // A player shows its token when it is asked for it, so the first time is no refusal.
        if denial.reason != .noToken { self.services.admission.refusals.note(denial.reason, by: .rtsp) }
        self.services.admission.refusals.tell(denial, peer: "\(self.socket.peer)", self.log)
        return self.session.refuse(RTSPRefusal(denial))
    }

    // MARK: Leaving

    func close(_ context: ChannelHandlerContext, _ reason: ConnectionClosure, _ sentence: String) {
        self.socket.ticket.note(reason)
        self.services.admission.refusals.tellClosed(reason, sentence, peer: "\(self.socket.peer)", self.log)
        context.close(promise: nil)
    }

    /// Closes the connection of somebody who was let in.
    func close(_ context: ChannelHandlerContext, because reason: String) {
        self.log.info("connection closed", metadata: ["because": "\(reason)"])
        context.close(promise: nil)
    }
}
