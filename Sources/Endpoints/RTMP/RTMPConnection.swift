import Contract
import Fanout
import Logging
import NIOCore
import Relay
import Sockets
import Wire

/// One RTMP connection: performs what its session says, until the peer publishes, or plays and is handed to the fan-out
/// engine.
final class RTMPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Role {
        case undecided
        case publishing(Publication)
        /// Playing: the connection leaves SwiftNIO as soon as what was written so far is on its way.
        case leaving(Departure)
        case closed
    }

    private struct Departure {
        let lease: WireLease
        let seat: Audience.Seat
        let tick: Duration?
        var opening: ByteBuffer
    }

    private let socket: AdoptedSocket
    private let services: RelayServices
    private var log: Logger
    private var session: RTMPServerSession
    private var role = Role.undecided
    private var deadline: Scheduled<Void>?
    private var lastRead = NIODeadline.now()
    private var connect: RTMPConnectRequest?

    init(socket: AdoptedSocket, services: RelayServices) {
        self.socket = socket
        self.services = services
        self.log = services.log
        self.log[metadataKey: "peer"] = "\(socket.peer)"
        self.session = RTMPServerSession(configuration: services.rtmp, nonce: .random(in: .min ... .max))
    }

    // MARK: Channel

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: self.services.timeouts.decision) {
            let (connection, context) = bound.value
            connection.close(context, because: "it did not say in time whether it publishes or plays")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.lastRead = .now()
        self.advance(context) { session throws(RTMPError) in try session.receive(bytes) }
        context.flush()
    }

    /// Gives the session an input and performs what it answers.
    private func advance(
        _ context: ChannelHandlerContext,
        _ input: (inout RTMPServerSession) throws(RTMPError) -> [RTMPServerEvent]
    ) {
        do throws(RTMPError) {
            self.perform(try input(&self.session), context)
        } catch {
            if case .undecided = self.role { self.services.refusals.note(PublishRefusal.malformed) }
            self.leaveStream(.malformed)
            self.close(context, because: "\(error)")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        switch self.role {
        case .publishing: self.leaveStream(.disconnected)
        // The channel closes because the connection leaves it; the connection itself stays open.
        case .leaving: return
        case .undecided, .closed: break
        }
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

    // MARK: Session

    private func perform(_ events: [RTMPServerEvent], _ context: ChannelHandlerContext) {
        var tags: [FLVTag] = []
        for event in events {
            if case .message(let tag) = event {
                tags.append(tag)
                continue
            }
            self.take(&tags, context)
            switch event {
            case .send(let bytes): self.send(bytes, context)
            case .connect(let request):
                self.connect = request
                self.advance(context) { session throws(RTMPError) in try session.acceptConnect() }
            case .publish(let request): self.publish(request, context)
            case .play(let request): self.play(request, context)
            case .stopped: self.leaveStream(.ended)
            case .close:
                self.leaveStream(.ended)
                self.closeAfterFlush(context)
            case .message, .pause: break
            }
        }
        self.take(&tags, context)
    }

    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard bytes.readableBytes > 0 else { return }
        if case .leaving(var departure) = self.role {
            departure.opening.writeImmutableBuffer(bytes)
            self.socket.ticket.decide()
            self.role = .leaving(departure)
        } else {
            context.write(self.wrapOutboundOut(bytes), promise: nil)
        }
    }

    // MARK: Publishing

    private func publish(_ request: RTMPPublishRequest, _ context: ChannelHandlerContext) {
        do throws(PublishDenial) {
            let publication = try self.claim(request, context)
            self.role = .publishing(publication)
            self.socket.ticket.decide()
            self.watchSilence(context)
            self.advance(context) { session throws(RTMPError) in try session.acceptPublish() }
        } catch {
            self.services.refusals.note(error.reason)
            self.remember(error.reason, of: request)
            self.log.warning(
                "publisher refused",
                metadata: ["reason": "\(error.reason.rawValue)", "sentence": "\(error.sentence)"]
            )
            self.perform(self.session.refusePublish(description: error.sentence), context)
        }
    }

    /// So that the stream's health can say that somebody tried.
    private func remember(_ reason: PublishRefusal, of request: RTMPPublishRequest) {
        guard
            case .stream(let name) = RTMPAddress.read(
                app: request.app,
                stream: request.stream,
                of: self.services.spec.name
            )
        else { return }
        let now = SystemClock.now
        self.services.hub.note(
            SourceRefusal(at: Instant(now), reason: reason, address: "\(self.socket.peer)"),
            of: name
        )
    }

    private func claim(
        _ request: RTMPPublishRequest,
        _ context: ChannelHandlerContext
    ) throws(PublishDenial) -> Publication {
        let name = try PublishGuard.name(app: request.app, stream: request.stream, of: self.services.spec.name)
        // Who has logged in has shown the key as password.
        if request.user == nil { try PublishGuard(self.services.spec).admit(key: request.query["key"]) }
        let now = SystemClock.now
        let stream = try self.services.hub.streamToPublish(name, now: now)
        let id = self.services.hub.makeSourceID()
        let source = SourceSnapshot(
            protocol: .rtmp,
            address: "\(self.socket.peer)",
            encoder: self.connect?.flashVer,
            connectedAt: Instant(now),
            lastHeard: nil
        )
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        try stream.claim(source, as: id, now: now) { sentence in
            eventLoop.execute {
                let (connection, context) = bound.value
                connection.evict(sentence, context)
            }
        }
        return Publication(stream: stream, source: id, log: self.log)
    }

    /// Puts messages on their stream.
    private func take(_ tags: inout [FLVTag], _ context: ChannelHandlerContext) {
        guard !tags.isEmpty, case .publishing(var publication) = self.role else { return }
        // The role lets go of it meanwhile, or the decoder's tables would be copied at every message.
        self.role = .undecided
        let now = SystemClock.now
        let events = publication.read(tags, now: now)
        tags.removeAll(keepingCapacity: true)
        self.role = .publishing(publication)
        guard !events.isEmpty else { return }
        if !publication.stream.publish(events, from: publication.source, now: now) {
            // Its eviction is on the way to this event loop; what arrives until then has no stream to go to.
            self.log.debug("media of a source that is not on air left out")
        }
    }

    private func evict(_ sentence: String, _ context: ChannelHandlerContext) {
        guard case .publishing = self.role else { return }
        self.role = .undecided
        self.log.notice("publisher ended", metadata: ["sentence": "\(sentence)"])
        self.perform(self.session.endPublish(description: sentence), context)
    }

    private func leaveStream(_ cause: SourceLoss.Cause) {
        guard case .publishing(let publication) = self.role else { return }
        self.role = .undecided
        publication.stream.leave(publication.source, cause: cause, now: SystemClock.now)
    }

    /// Closes a publisher that fell silent for good.
    private func watchSilence(_ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(deadline: self.lastRead + self.services.timeouts.silence) {
            let (connection, context) = bound.value
            let limit = connection.services.timeouts.silence
            guard NIODeadline.now() - connection.lastRead >= limit else {
                connection.watchSilence(context)
                return
            }
            connection.leaveStream(.silent)
            connection.close(context, because: "it sent nothing for \(limit.nanoseconds / 1_000_000_000) s")
        }
    }

    // MARK: Playing

    private func play(_ request: RTMPPlayRequest, _ context: ChannelHandlerContext) {
        do {
            let name = try PlayGuard.name(app: request.app, stream: request.stream, of: self.services.spec.name)
            try PlayGuard(self.services.spec).admit(token: request.query["token"])
            let now = SystemClock.now
            let stream = try self.services.hub.streamToPlay(name, now: now)
            guard let seat = self.services.audience.admit(name, .rtmp) else { throw Audience.full }
            let lease = try stream.open(.rtmp, now: now)
            let tick = ViewerTick.read(request.query["tick"])
            self.role = .leaving(Departure(lease: lease, seat: seat, tick: tick, opening: ByteBuffer()))
            self.advance(context) { session throws(RTMPError) in try session.acceptPlay() }
            self.leave(context)
        } catch {
            let denial = error as? PlayDenial ?? PlayDenial(.tooMany, "\(error)")
            self.services.refusals.note(denial.reason)
            self.log.info(
                "player refused",
                metadata: ["reason": "\(denial.reason.rawValue)", "sentence": "\(denial.sentence)"]
            )
            self.perform(self.session.refusePlay(description: denial.sentence), context)
        }
    }

    /// Gives the connection to the fan-out engine once all that was written to it is in the kernel's hands.
    private func leave(_ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenSuccess {
            let (_, context) = bound.value
            context.close().whenComplete { _ in
                let (connection, _) = bound.value
                guard case .leaving(let departure) = connection.role else { return }
                connection.role = .closed
                connection.services.stage.seat(
                    ViewerArrival(
                        socket: connection.socket,
                        lease: departure.lease,
                        seat: departure.seat,
                        opening: departure.opening,
                        tick: departure.tick,
                        dialogue: RTMPViewerDialogue(session: connection.session)
                    )
                )
            }
        }
    }

    // MARK: Ending

    private func closeAfterFlush(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    private func close(_ context: ChannelHandlerContext, because reason: String?) {
        if let reason { self.log.info("connection closed", metadata: ["because": "\(reason)"]) }
        context.close(promise: nil)
    }
}
