import Admission
import Contract
import Fanout
import Logging
import Media
import NIOCore
import Sessions
import Sockets
import Streams
import Wire

extension PublisherAdmission {
    /// Of what comes by RTSP on a connection.
    init(_ relay: RelayAdmission, of socket: AdoptedSocket, log: Logger) {
        self.init(relay, kind: .rtsp, clock: .unbounded, peer: "\(socket.peer)", log: log)
    }
}

/// Publishers: what they announce, and what they send once they record. Where packets come over the connection the fan-out
/// engine takes both; where they come as datagrams SwiftNIO keeps both.
extension RTSPConnection {
    /// How often gaps and reports of tracks that come as datagrams are looked at.
    private static let beat = TimeAmount.milliseconds(50)

    var publisherAdmission: PublisherAdmission {
        PublisherAdmission(self.services.admission, of: self.socket, log: self.log)
    }

    func announce(_ request: RTSPAnnounceRequest) -> [RTSPServerEvent] {
        let name = Result { () throws(PublishDenial) in
            try request.address.stream(of: self.services.spec.name).toPublish()
        }
        do throws(PublishDenial) {
            let announcement = try RTSPAnnouncement(request, spec: self.services.spec)
            self.owesKey = nil
            self.role = .announced(announcement)
            return self.session.acceptAnnounce(controls: announcement.controls)
        } catch {
            if error.reason == .noKey {
                self.owesKey = try? name.get()
            } else {
                self.owesKey = nil
                self.publisherAdmission.note(error, of: name)
            }
            return self.session.refuse(RTSPRefusal(error))
        }
    }

    func record(_ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        guard case .announced(let announcement) = self.role, let receiver = announcement.receiver() else {
            return self.session.refuse(RTSPRefusal(.methodNotValidInThisState, "Nothing was announced."))
        }
        // Those of before a pause, where the track comes over the connection now.
        for media in self.ports.keys where self.session.setups[media]?.lower != .udp {
            self.ports.removeValue(forKey: media)?.close()
        }
        let publisher = RTSPPublisher(
            self.session,
            receiver,
            of: announcement,
            admission: self.publisherAdmission,
            nudge: self.ports.isEmpty ? self.nudgeOnStage : self.nudgeHere(context)
        ) { [socket, service, loop = context.eventLoop] held, session, events in
            let former = Former(session: session, events: events, announcement: announcement)
            Self.resume(held, of: socket, former, service, on: loop)
        }
        self.role = .publishing(publisher)
        self.take(publisher.begin(announcement.request, leavingOut: announcement.description.omissions), context)
        guard publisher.isOnAir else { return nil }
        self.socket.ticket.decide()
        guard self.ports.isEmpty else {
            self.receiveDatagrams(context)
            return nil
        }
        self.leave(context) { connection in
            guard case .publishing(let publisher) = connection.role else { return }
            connection.role = .closed
            let services = connection.services
            services.delivery.takeIn(publisher, on: connection.socket, silence: services.deadlines.silence)
        }
        return nil
    }

    var nudgeOnStage: @Sendable (RTSPPublisher) -> Void {
        let delivery = self.services.delivery
        return { delivery.nudge($0) }
    }

    func nudgeHere(_ context: ChannelHandlerContext) -> @Sendable (RTSPPublisher) -> Void {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        return { publisher in
            loop.execute {
                let (connection, context) = bound.value
                connection.answer(publisher.nudged(), context)
            }
        }
    }

    /// Sends what a publisher is answered.
    func answer(_ answer: IntakeAnswer, _ context: ChannelHandlerContext) {
        if answer.reply.readableBytes > 0 {
            context.writeAndFlush(self.wrapOutboundOut(answer.reply), promise: nil)
        }
        if answer.closes { self.closeAfterFlush(context) }
        guard answer.releases, case .publishing(let publisher) = self.role else { return }
        let events: [RTSPServerEvent]
        (self.session, events) = publisher.takeSession()
        self.role = .announced(publisher.announcement)
        self.beat?.cancel()
        self.beat = nil
        self.awaitDecision(context)
        self.perform(events, context)
    }

    // MARK: Datagrams

    /// Stays for as long as something comes, from the peer or its tracks.
    func receiveDatagrams(_ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.lastHeard = self.services.clock().monotonic
        let silence = self.services.deadlines.silence.nanoseconds / 1000
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.beat = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.beat, delay: Self.beat) { _ in
            let (connection, context) = bound.value
            guard case .publishing(let publisher) = connection.role else { return }
            connection.take(publisher.tick(), context)
            guard connection.services.clock().monotonic - connection.lastHeard > silence else { return }
            connection.role = .closed
            publisher.ended(.silent)
            context.close(promise: nil)
        }
    }

    /// A datagram of a track.
    func take(_ packet: RTSPPacket, _ context: ChannelHandlerContext) {
        guard case .publishing(let publisher) = self.role else { return }
        self.lastHeard = self.services.clock().monotonic
        self.take(publisher.receive(packet), context)
    }

    func take(_ turn: RTSPPublisher.Turn, _ context: ChannelHandlerContext) {
        for report in turn.reports { self.ports[report.media]?.report(report.bytes) }
        self.answer(turn.answer, context)
    }

    func stopDatagrams() {
        self.beat?.cancel()
        self.beat = nil
        for port in self.ports.values { port.close() }
        self.ports = [:]
    }
}
