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
            self.recording = RTSPRecording(self.services, ports: self.ports)
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
            self.write(answer.reply, context)
            context.flush()
        }
        if answer.closes { self.closeAfterFlush(context) }
        guard answer.releases, case .publishing(let publisher) = self.role else { return }
        let events: [RTSPServerEvent]
        (self.session, events) = publisher.takeSession()
        self.role = .announced(publisher.announcement)
        self.recording = nil
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
            let now = connection.services.clock()
            if publisher.isTickDue(now) { connection.recording?.keep(.tick, now) }
            connection.take(publisher.tick(now), context)
            guard connection.services.clock().monotonic - connection.lastHeard > silence else { return }
            connection.role = .closed
            publisher.ended(.silent)
            context.close(promise: nil)
        }
    }

    /// Datagrams of a track. All of them are kept before any is read, so that a death in the midst loses nothing of them; and it is
    /// written down where the publisher stands when all are read.
    func take(_ datagrams: [ByteBuffer], of media: Int, isRTCP: Bool, _ context: ChannelHandlerContext) {
        guard case .publishing(let publisher) = self.role else { return }
        let now = self.services.clock()
        self.lastHeard = now.monotonic
        let packets = datagrams.map { RTSPPacket(media: media, isRTCP: isRTCP, payload: $0) }
        for packet in packets { self.recording?.keep(.packet(packet), now) }
        for packet in packets { self.take(publisher.receive(packet, now), context) }
        self.writeCheckpoint(now)
    }

    /// Writes down where the publisher stands, if it is time and anybody could go on from here: what is to be said to it must have
    /// been said, or it would be said twice.
    private func writeCheckpoint(_ now: Now) {
        guard case .publishing(let publisher) = self.role, let recording, recording.isDue(now), self.unwritten == 0,
            let standing = publisher.standing(now)
        else { return }
        self.socket.lend { recording.write(standing, behind: $0, now) }
    }

    func take(_ turn: RTSPPublisher.Turn, _ context: ChannelHandlerContext) {
        for report in turn.reports { self.ports[report.media]?.report(report.bytes) }
        self.answer(turn.answer, context)
    }

    func stopDatagrams() {
        self.beat?.cancel()
        self.beat = nil
        self.recording = nil
        for port in self.ports.values { port.close() }
        self.ports = [:]
    }
}

// MARK: - Over the death of a process

extension RTSPConnection {
    /// Goes on with a publisher of a process that is dead, whose datagrams have waited in its sockets.
    func goOn(with left: RTSPRecording.Resumed, _ context: ChannelHandlerContext) {
        left.nudge.bind(self.nudgeHere(context))
        self.recording = left.recording.value
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        for (media, loan, kept) in left.loans {
            let opened = RTSPTrackPort.open(
                loan,
                kept: kept,
                for: self.socket.peer.host,
                on: loop,
                log: self.log
            ) { isRTCP, datagrams in
                let (connection, context) = bound.value
                connection.take(datagrams, of: media, isRTCP: isRTCP, context)
            }
            opened.whenComplete { opened in
                let (connection, context) = bound.value
                switch opened {
                case .success(let port):
                    guard case .publishing = connection.role else { return port.value.close() }
                    connection.ports.updateValue(port.value, forKey: media)?.close()
                case .failure(let error):
                    kept?.forget()
                    connection.close(context, because: "a UDP port cannot be read: \(error)")
                }
            }
        }
        self.receiveDatagrams(context)
        self.answer(left.answer, context)
        // Somebody may have taken its stream before there was anybody here to be told.
        if case .publishing(let publisher) = self.role { self.answer(publisher.nudged(), context) }
    }
}
