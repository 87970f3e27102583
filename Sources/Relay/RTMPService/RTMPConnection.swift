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

/// One RTMP connection until the peer publishes or plays: performs what its session says, and then hands it to the
/// fan-out engine.
final class RTMPConnection: NegotiatingConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Role {
        case undecided
        /// On air: the connection leaves SwiftNIO as soon as the answer to `publish` is on its way.
        case publishing(RTMPPublisher)
        /// Playing: the connection leaves SwiftNIO as soon as what was written so far is on its way.
        case leaving(Departure)
        case closed
    }

    private struct Departure {
        let viewer: AdmittedViewer
        let tick: Duration?
        var opening: ByteBuffer
    }

    private let socket: AdoptedSocket
    private let services: RelayServices
    private var log: Logger
    private var session: RTMPServerSession
    private var role = Role.undecided
    var deadline: Scheduled<Void>?
    private var connect: RTMPConnectRequest?
    var isLeaving = false

    /// Inputs that count as progress: a handshake, `connect` and what encoders say before `publish`.
    private var stepsLeft = 6

    /// What came behind the handshake, where the host has done it; nil: it is still to come.
    private var opening: ByteBuffer?

    init(
        socket: AdoptedSocket,
        services: RelayServices,
        configuration: RTMPSessionConfiguration,
        opening: ByteBuffer?
    ) {
        self.socket = socket
        self.services = services
        self.log = services.log
        self.log[metadataKey: "peer"] = "\(socket.peer)"
        let nonce = UInt64.random(in: .min ... .max)
        self.opening = opening
        self.session =
            opening == nil
            ? RTMPServerSession(configuration: configuration, nonce: nonce)
            : RTMPServerSession(afterHandshake: configuration, nonce: nonce)
    }

    // MARK: Channel

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: self.services.deadlines.decision) {
            let (connection, context) = bound.value
            connection.close(context, .tooSlow, "It did not say in time whether it publishes or plays.")
        }
        guard let opening = self.opening.take() else { return }
        self.advance(context) { session throws(RTMPError) in try session.receive(opening) }
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if case .publishing(let publisher) = self.role {
            self.answer(publisher.received(bytes), context)
        } else {
            self.advance(context) { session throws(RTMPError) in try session.receive(bytes) }
            context.flush()
        }
    }

    /// Gives the session an input and performs what it answers.
    private func advance(
        _ context: ChannelHandlerContext,
        _ input: (inout RTMPServerSession) throws(RTMPError) -> [RTMPServerEvent]
    ) {
        do throws(RTMPError) {
            let events = try input(&self.session)
            self.hearStep(events)
            self.perform(events, context)
        } catch {
            if case .undecided = self.role {
                self.services.admission.refusals.note(PublishRefusal.malformed, by: .rtmp)
            }
            self.close(context, .malformed, "\(error)")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        guard !self.isLeaving else { return }
        if case .publishing(let publisher) = self.role { publisher.ended(.left) }
        self.role = .closed
        self.socket.close()
    }

    /// A peer that asks and does not read the answers is not read either, so that they do not pile up here.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        context.channel.setOption(.autoRead, value: isWritable).whenFailure { _ in }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.log.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    /// A peer that says more of what it wants goes behind those that say nothing, but not for ever.
    private func hearStep(_ events: [RTMPServerEvent]) {
        guard !events.isEmpty, self.stepsLeft > 0 else { return }
        self.stepsLeft -= 1
        self.socket.ticket.hear()
    }

    // MARK: Session

    private func perform(_ events: [RTMPServerEvent], _ context: ChannelHandlerContext) {
        for event in events {
            switch event {
            case .send(let bytes): self.send(bytes, context)
            case .connect(let request):
                self.connect = request
                self.advance(context) { session throws(RTMPError) in try session.acceptConnect() }
            case .publish(let request): self.publish(request, context)
            case .play(let request): self.play(request, context)
            case .close: self.closeAfterFlush(context)
            // Only of who publishes or plays.
            case .message, .pause, .stopped: break
            }
        }
    }

    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard bytes.readableBytes > 0 else { return }
        if case .leaving(var departure) = self.role {
            departure.opening.writeImmutableBuffer(bytes)
            self.role = .leaving(departure)
        } else {
            context.write(self.wrapOutboundOut(bytes), promise: nil)
        }
    }

    // MARK: Publishing

    private func publish(_ request: RTMPPublishRequest, _ context: ChannelHandlerContext) {
        let publisher = RTMPPublisher(
            self.session,
            encoder: self.connect?.flashVer,
            admission: PublisherAdmission(self.services.admission, of: self.socket, log: self.log),
            delivery: self.services.delivery,
            ticket: self.socket.ticket
        )
        self.role = .publishing(publisher)
        self.answer(publisher.begin(request), context)
        guard publisher.isOnAir else { return }
        self.socket.ticket.decide()
        self.leave(context) { connection in
            guard case .publishing(let publisher) = connection.role else { return }
            connection.role = .closed
            let services = connection.services
            services.delivery.takeIn(
                publisher,
                on: connection.socket,
                silence: services.deadlines.silence,
                leastMessage: RTMPPublisher.leastMessage
            )
        }
    }

    /// Sends what a publisher is answered.
    private func answer(_ answer: IntakeAnswer, _ context: ChannelHandlerContext) {
        if answer.reply.readableBytes > 0 {
            context.writeAndFlush(self.wrapOutboundOut(answer.reply), promise: nil)
        }
        if answer.closes { self.closeAfterFlush(context) }
    }

    // MARK: Playing

    private func play(_ request: RTMPPlayRequest, _ context: ChannelHandlerContext) {
        do throws(PlayDenial) {
            let admission = self.services.admission
            let relay = self.services.spec.name
            let address = StreamAddress(relay: request.app, stream: request.stream, of: relay, by: .rtmp)
            let name = try address.toPlay()
            let identity = try admission.identify(token: request.query["token"])
            let viewer = try admission.watch(
                PlayRequest(name, by: .rtmp, as: self.format, identity, from: self.socket.peer.host),
                now: SystemClock.now
            )
            let tick = ViewerTick.read(request.query["tick"])
            self.socket.ticket.decide()
            self.role = .leaving(Departure(viewer: viewer, tick: tick, opening: ByteBuffer()))
            self.advance(context) { session throws(RTMPError) in try session.acceptPlay() }
            self.leave(context) { $0.handOver() }
        } catch {
            self.services.admission.refusals.note(error, by: .rtmp, peer: "\(self.socket.peer)", self.log)
            self.perform(self.session.refusePlay(description: error.sentence), context)
        }
    }

    /// What the player has said that it understands.
    private var format: WireFormat {
        guard let connect = self.connect, connect.isEnhanced else { return .rtmp }
        return connect.knowsMultitrack ? .rtmpMultitrack : .rtmpEnhanced
    }

    private func handOver() {
        guard case .leaving(let departure) = self.role else { return }
        self.role = .closed
        self.services.delivery.begin(
            NegotiatedViewer(
                socket: self.socket,
                lease: departure.viewer.lease,
                session: departure.viewer.session,
                opening: departure.opening,
                tick: departure.tick,
                dialogue: RTMPViewerDialogue(session: self.session)
            )
        )
    }

    // MARK: Ending

    private func close(_ context: ChannelHandlerContext, _ reason: ConnectionClosure, _ sentence: String) {
        self.socket.ticket.note(reason)
        self.services.admission.refusals.tellClosed(reason, sentence, peer: "\(self.socket.peer)", self.log)
        context.close(promise: nil)
    }
}
