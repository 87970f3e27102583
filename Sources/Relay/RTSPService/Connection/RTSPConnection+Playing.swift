import Admission
import Contract
import Linux
import Logging
import Media
import NIOCore
import Sessions
import Sockets
import Streams
import Wire

extension RTSPConnection {
    // MARK: DESCRIBE

    func describe(_ request: RTSPDescribeRequest, _ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        do throws(PlayDenial) {
            let admission = try RTSPViewerAdmission(self.services.admission, request.address, request.credentials)
            self.admission = admission
            guard admission.stream.presentation == nil else { return self.describe(admission) }
            self.wait(for: admission, context)
            return nil
        } catch {
            return self.refuse(error)
        }
    }

    /// A player that comes before the encoder is answered a little later: see ``ConnectionDeadlines/description``.
    private func wait(for admission: RTSPViewerAdmission, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let ready = context.eventLoop.makePromise(of: Void.self)
        let timeout = context.eventLoop.scheduleTask(in: self.services.deadlines.description) { ready.succeed() }
        let waiter = admission.stream.whenPresentationIsKnown { ready.succeed() }
        let stream = admission.stream
        ready.futureResult.whenComplete { _ in
            timeout.cancel()
            if let waiter { stream.forgetPresentationWaiter(waiter) }
            let (connection, context) = bound.value
            guard context.channel.isActive, let admission = connection.admission else { return }
            connection.perform(connection.describe(admission), context)
        }
    }

    private func describe(_ admission: RTSPViewerAdmission) -> [RTSPServerEvent] {
        guard let presentation = admission.stream.presentation else {
            return self.refuse(
                PlayDenial(.unknownStream, "Nobody publishes '\(admission.stream.path)' at the moment.")
            )
        }
        guard !presentation.tracks.isEmpty else {
            return self.refuse(PlayDenial(.unsupported, "The stream's codecs do not travel by RTP."))
        }
        return self.session.acceptDescribe(presentation.sessionDescription())
    }

    // MARK: SETUP

    /// The stream that a track of is set up; players that know its description need not ask for it.
    func watched(_ request: RTSPSetupRequest) throws(PlayDenial) -> (RTSPViewerAdmission, RTPOutgoingTrack) {
        let admission: RTSPViewerAdmission
        if let known = self.admission, known.name.isSame(as: request.address.stream) {
            admission = known
        } else {
            admission = try RTSPViewerAdmission(self.services.admission, request.address, request.credentials)
            self.admission = admission
        }
        guard let presentation = admission.stream.presentation else {
            throw PlayDenial(.unknownStream, "Nobody publishes '\(admission.stream.path)' at the moment.")
        }
        guard let track = presentation.tracks.first(where: { $0.number == request.media }) else {
            throw PlayDenial(.unknownStream, "The stream has \(presentation.tracks.count) tracks.")
        }
        return (admission, track)
    }

    // MARK: PLAY

    func play(_ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        guard let admission = self.admission else {
            return self.session.refuse(RTSPRefusal(.methodNotValidInThisState, "Nothing is set up."))
        }
        // One that has paused and set its tracks up anew.
        self.endPlayback()
        do throws(PlayDenial) {
            guard !self.session.setups.values.contains(where: \.isMulticast) else {
                return try self.playMulticast(admission, context)
            }
            // Datagrams of tracks that were not set up go nowhere, so those share the tape of all.
            let sendsDatagrams = !self.pairs.isEmpty && self.session.setups.values.allSatisfy { $0.lower == .udp }
            let format = sendsDatagrams ? .rtp : self.format(of: admission)
            let viewer = try self.services.admission.watch(
                admission.request(format),
                now: SystemClock.now,
                makingRoom: self.service.playbacks.makeRoom
            )
            self.socket.ticket.decide()
            let answer = self.session.acceptPlay(information: self.information(viewer.stream, format))
            if sendsDatagrams {
                // The answer first, or the first packets come before the client knows their source.
                self.pausesAhead = false
                self.perform(answer, context)
                self.watch(viewer, by: self.pairs, context)
                return nil
            }
            self.role = .leaving(Departure(.tape(viewer)))
            self.perform(answer, context)
            let loop = context.eventLoop
            self.leave(context) { $0.handOver(on: loop) }
            return nil
        } catch {
            return self.refuse(error)
        }
    }

    private func playMulticast(
        _ admission: RTSPViewerAdmission,
        _ context: ChannelHandlerContext
    ) throws(PlayDenial) -> [RTSPServerEvent] {
        let session = try self.services.admission.join(
            admission.request(.rtp),
            makingRoom: self.service.playbacks.makeRoom
        )
        self.socket.ticket.decide()
        let begins = try self.cast.map { (cast) throws(PlayDenial) in
            try self.service.multicast.play(cast, admission.stream)
        }
        self.watchGroup(session, context)
        // Who joins what goes on begins with whatever comes.
        return self.session.acceptPlay(
            information: begins == true ? self.information(admission.stream, .rtp) : nil
        )
    }

    /// Every track, or those that were set up where they are not all.
    private func format(of admission: RTSPViewerAdmission) -> WireFormat {
        let setUp = self.session.setups
        let tracks = admission.stream.presentation?.tracks ?? []
        return tracks.allSatisfy { setUp[$0.number] != nil } ? .rtp : .rtpTracks(RTPTrackNumbers(setUp.keys))
    }

    /// `RTP-Info`: RFC 2326 section 12.33.
    private func information(_ stream: Streams.Stream, _ format: WireFormat) -> String? {
        guard let join = stream.newestJoin(of: format), let base = self.session.base else { return nil }
        let setUp = self.session.setups
        let tracks = join.tracks.filter { setUp[$0.number] != nil }
        guard !tracks.isEmpty else { return nil }
        return tracks.map { track in
            let control = RTSPAddress.control(media: track.number)
            return "url=\(base)/\(control);seq=\(track.sequence);rtptime=\(track.timestamp)"
        }.joined(separator: ",")
    }

    /// `loop` has the connection back when its session is over, or wants something that the engine cannot give.
    func handOver(on loop: any EventLoop) {
        guard case .leaving(let departure) = self.role else { return }
        self.role = .closed
        let (socket, service) = (self.socket, self.service)
        let admission = self.admission
        guard !departure.isCalledOff else {
            let events = [.send(departure.opening)] + [departure.question].compactMap(\.self)
            let former = Former(
                session: self.session,
                events: events,
                admission: departure.isOver ? nil : admission,
                playback: departure.isOver ? nil : departure.playback
            )
            return Self.resume(socket, former, service, on: loop)
        }
        let viewer: AdmittedViewer
        switch departure.destination {
        case .tape(let admitted): viewer = admitted
        case .datagrams(let playback):
            return service.attend(playback, self.session, on: socket, opening: departure.opening, loop)
        }
        self.services.delivery.begin(
            NegotiatedViewer(
                socket: self.socket,
                lease: viewer.lease,
                session: viewer.session,
                opening: departure.opening,
                tick: nil,
                isPaused: departure.isPaused,
                dialogue: RTSPViewerDialogue(session: self.session),
                onRelease: { held, dialogue in
                    guard let dialogue = dialogue as? RTSPViewerDialogue else { return }
                    let former = Former(session: dialogue.session, events: dialogue.left, admission: admission)
                    Self.resume(held, of: socket, former, service, on: loop)
                }
            )
        )
    }
}
