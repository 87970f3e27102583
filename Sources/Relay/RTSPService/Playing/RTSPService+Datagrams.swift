import Admission
import Contract
package import Fanout
import Linux
import Logging
package import NIOCore
package import Sessions
package import Sockets
import Streams
import Wire

/// Sessions of players that are sent datagrams, and their connections. They outlive the process: see ``RTSPPlaybackCard``.
extension RTSPService {
    /// Sends the tracks of those pairs of sockets from now on.
    func begin(
        _ name: String,
        _ viewer: AdmittedViewer,
        by pairs: [Int: RTSPViewerPorts.Pair],
        to peer: InternetAddress,
        as admission: RTSPViewerAdmission?,
        onEnd: @escaping @Sendable (String) -> Void
    ) -> RTSPPlayback {
        let since = Instant(self.services.clock())
        let card = self.keep(name, viewer, pairs, to: peer, since: since)
        let (show, playback) = self.playback(
            name,
            viewer,
            pairs,
            to: peer,
            card,
            sockets: card?.sockets ?? [],
            since,
            admission,
            onEnd: onEnd
        )
        self.playbacks.add(playback)
        show.begin()
        return playback
    }

    private func playback(
        _ name: String,
        _ viewer: AdmittedViewer,
        _ pairs: [Int: RTSPViewerPorts.Pair],
        to peer: InternetAddress,
        _ card: RTSPPlaybackCard?,
        sockets: [UInt64],
        _ since: Instant,
        _ admission: RTSPViewerAdmission?,
        left: DatagramPlayback.Left? = nil,
        onEnd: (@Sendable (String) -> Void)?
    ) -> (DatagramPlayback, RTSPPlayback) {
        var destinations: [UInt8: HeldDescriptor] = [:]
        for (media, pair) in pairs {
            guard let channel = UInt8(exactly: 2 * media), channel < .max else { continue }
            destinations[channel] = pair.rtp
            destinations[channel + 1] = pair.rtcp
        }
        let playbacks = self.playbacks
        let show = DatagramPlayback(
            on: self.services.delivery,
            viewer,
            framing: .interleaved(destinations),
            address: "\(peer)",
            card: card?.bytes,
            since: since,
            left: left
        ) { _ in playbacks.cut(name) }
        let keeper = self.services.sockets
        let watched = RTSPPlayback.Watched(card: card, viewer: viewer, pairs: pairs, admission: admission) {
            for number in sockets { keeper?.forget(number) }
        }
        let playback = RTSPPlayback(
            name,
            .unicast(show),
            of: viewer.session.stream,
            to: peer.host,
            reporters: pairs.values.map(\.rtcp),
            watched: watched,
            now: self.services.clock().monotonic,
            onEnd: onEnd
        )
        return (show, playback)
    }

    /// Has the sockets of a session outlive the process; nil where they cannot, and the session with them.
    private func keep(
        _ name: String,
        _ viewer: AdmittedViewer,
        _ pairs: [Int: RTSPViewerPorts.Pair],
        to peer: InternetAddress,
        since: Instant
    ) -> RTSPPlaybackCard? {
        guard let keeper = self.services.sockets, let tape = viewer.lease.kept else { return nil }
        let numbers = pairs.mapValues { pair in [pair.rtp, pair.rtcp].map { keeper.keep($0) } }
        let tracks = pairs.compactMap { media, pair in
            numbers[media].flatMap { numbers -> RTSPPlaybackCard.Track? in
                guard let rtp = numbers[0], let rtcp = numbers[1] else { return nil }
                return RTSPPlaybackCard.Track(media: media, rtp: rtp, rtcp: rtcp, port: pair.port)
            }
        }
        guard tracks.count == pairs.count else {
            for number in numbers.values.joined().compactMap(\.self) { keeper.forget(number) }
            return nil
        }
        return RTSPPlaybackCard(name, viewer, tape: tape, peer: peer, since: since, tracks: tracks)
    }

    /// Hears what the player of a session says over its connection, which is in the fan-out engine's hands from here on.
    func attend(
        _ playback: RTSPPlayback,
        _ session: RTSPServerSession,
        on socket: AdoptedSocket,
        opening: ByteBuffer,
        continuation: ViewerContinuation? = nil,
        _ loop: any EventLoop
    ) {
        guard let viewer = playback.watched?.viewer, let descriptor = socket.take() else {
            return self.playbacks.detach(playback)
        }
        let (engine, log) = (self.services.delivery.engine, self.services.log)
        let dialogue = RTSPDatagramDialogue(session, playback, of: socket.peer.host, self)
        let id = engine.add(
            Viewer(
                descriptor: descriptor,
                tape: viewer.lease.tape,
                opening: opening,
                tick: self.services.spec.tick,
                isPaused: true,
                dialogue: dialogue,
                onRelease: { [self] held, dialogue in
                    guard let dialogue = dialogue as? RTSPDatagramDialogue else { return }
                    let former = RTSPConnection.Former(
                        session: dialogue.session,
                        events: dialogue.left,
                        admission: playback.watched?.admission,
                        playback: playback
                    )
                    RTSPConnection.resume(held, of: socket, former, self, on: loop)
                },
                card: dialogue.card,
                continuation: continuation
            ) { [playbacks = self.playbacks] end in
                guard end.reason != .released, !playback.isOver else { return }
                playbacks.detach(playback)
            }
        )
        let isGoingOn = playback.attach { sentence in
            log.info("connection closed", metadata: ["peer": "\(socket.peer)", "because": "\(sentence)"])
            engine.remove(id)
        }
        // It may have torn its session down by now, and have another.
        if !isGoingOn, playback.hasFailed { engine.remove(id) }
    }

    // MARK: Over the death of a process

    package func resume(
        _ viewers: [StoredViewers.DatagramStanding],
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes
    ) {
        for viewer in viewers {
            guard let card = RTSPPlaybackCard(reading: viewer.card) else { continue }
            _ = self.resume(card, viewer, by: &sockets, on: tapes)
        }
    }

    package func resume(
        _ socket: AdoptedSocket,
        _ standing: StoredViewers.Standing,
        kept: UInt64,
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes,
        _ group: any EventLoopGroup
    ) -> Bool {
        guard let card = RTSPConnectionCard(reading: standing.card) else { return false }
        let known = self.playbacks[card.playback.name]
        // One that had paused was sent nothing, so that nothing says where.
        guard let playback = known ?? self.resume(card.playback, nil, by: &sockets, on: tapes),
            playback.host == socket.peer.host,
            let session = RTSPServerSession(
                resuming: card.session,
                isPaused: known == nil,
                configuration: RTSPSessionConfiguration(),
                nonce: .random(in: .min ... .max)
            ), session.sessionName == playback.name
        else { return false }
        socket.ticket.decide()
        let continuation = ViewerContinuation(
            kept: kept,
            preamble: 0,
            time: nil,
            sent: standing.sent,
            skips: 0
        )
        self.attend(
            playback,
            session,
            on: socket,
            opening: standing.owed,
            continuation: continuation,
            group.next()
        )
        return true
    }

    /// Goes on with a session, which has paused where it does not stand anywhere; nil if that cannot be.
    private func resume(
        _ left: RTSPPlaybackCard,
        _ standing: StoredViewers.DatagramStanding?,
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes
    ) -> RTSPPlayback? {
        // On the clock of a stream that begins anew its times would go back.
        guard tapes.streams.contains(left.stream), let peer = try? InternetAddress(parsing: left.peer),
            self.playbacks[left.name] == nil, let held = sockets.take(left.sockets)
        else { return nil }
        let request = PlayRequest(left.stream, by: .rtsp, as: .rtp, left.identity)
        guard let viewer = try? self.services.admission.watch(request, now: self.services.clock()) else {
            for number in left.sockets { self.services.sockets?.forget(number) }
            return nil
        }
        var pairs: [Int: RTSPViewerPorts.Pair] = [:]
        for (index, track) in left.tracks.enumerated() {
            pairs[track.media] = .init(rtp: held[2 * index], rtcp: held[2 * index + 1], port: track.port)
        }
        let tape = viewer.lease.kept
        let (show, playback) = self.playback(
            left.name,
            viewer,
            pairs,
            to: peer,
            left.with(tape: tape),
            sockets: left.sockets,
            left.since,
            RTSPViewerAdmission(left, viewer.stream),
            left: .init(standing, isOnTape: tape == left.tape && tapes.tapes.contains(left.tape)),
            onEnd: nil
        )
        self.playbacks.add(playback)
        show.begin(isPaused: standing == nil)
        return playback
    }
}
