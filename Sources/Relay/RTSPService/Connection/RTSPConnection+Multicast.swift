import Admission
import Contract
import Linux
import Logging
import NIOCore
import Sessions
import Sockets
import Streams
import Wire

/// Viewers that listen to a multicast group. Their connection says that they are still there.
extension RTSPConnection {
    /// Answers a track that wants multicast, once its stream is sent to a group: every track is at the same one.
    func joinCast(
        of admission: RTSPViewerAdmission,
        _ track: RTPOutgoingTrack,
        _ offer: RTSPTransport,
        _ context: ChannelHandlerContext
    ) {
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let answered = loop.makePromise(of: MulticastSenders.Part.self)
        if let cast = self.cast {
            answered.succeed(cast)
        } else {
            self.service.multicast.join(admission.stream) {
                loop.execute {
                    let (connection, context) = bound.value
                    connection.close(context, because: "the multicast of its stream ended")
                }
            } _: {
                answered.completeWith($0.mapError { $0 })
            }
        }
        answered.futureResult.whenComplete { result in
            let (connection, context) = bound.value
            guard context.channel.isActive else { return }
            connection.perform(connection.accept(result, of: track, offer), context)
        }
    }

    private func accept(
        _ result: Result<MulticastSenders.Part, any Error>,
        of track: RTPOutgoingTrack,
        _ offer: RTSPTransport
    ) -> [RTSPServerEvent] {
        switch result {
        case .failure(let error):
            let sentence = (error as? DatagramRefusal)?.sentence ?? "\(error)"
            self.log.warning("multicast refused", metadata: ["sentence": "\(sentence)"])
            return self.refuseTransport(sentence)
        case .success(let cast):
            self.cast = cast
            guard let ports = cast.group.ports(of: track.number) else {
                return self.refuseTransport("The stream has more tracks than multicast.ports has pairs; widen them.")
            }
            var transport = RTSPTransport()
            transport.profile = offer.profile
            transport.isMulticast = true
            transport.destination = "\(cast.group.host)"
            transport.source = cast.source.map { "\($0)" }
            transport.port = ports
            transport.ttl = UInt8(exactly: cast.group.ttl)
            return self.session.acceptSetup(transport)
        }
    }

    /// The multicast group that the stream is sent to anyway, where the configuration names one: track n goes to the nth
    /// pair of ports from the named one up.
    func pushedGroup(
        of admission: RTSPViewerAdmission,
        _ track: RTPOutgoingTrack,
        _ offer: RTSPTransport
    ) -> RTSPTransport? {
        let pushes = self.services.spec.declaration(of: admission.name)?.push ?? []
        for push in pushes where push.to.isByTrack && push.to.address.isMulticast {
            guard let host = InternetAddress.Host(push.to.address.host),
                InternetAddress(host, port: 0).isIPv6 == self.socket.peer.isIPv6,
                track.number < PushPorts.tracks,
                let port = PushPorts.port(of: 2 * track.number, from: push.to.address.port), port < .max
            else { continue }
            var transport = RTSPTransport()
            transport.profile = offer.profile
            transport.isMulticast = true
            transport.destination = "\(host)"
            transport.port = .init(rtp: port, rtcp: port + 1)
            transport.ttl = UInt8(exactly: push.ttl)
            return transport
        }
        return nil
    }

    /// The client hears a group, and is counted for as long as its connection is there.
    func watchGroup(_ viewer: ViewerSession, _ context: ChannelHandlerContext) {
        let name = self.session.sessionName
        let playbacks = self.service.playbacks
        let show = MulticastPlayback(viewer, address: "\(self.socket.peer)", log: self.services.log) {
            playbacks.cut(name)
        }
        self.deadline?.cancel()
        let playback = RTSPPlayback(
            name,
            .multicast(show, self.cast),
            of: viewer.stream,
            to: self.socket.peer.host,
            now: self.services.clock().monotonic,
            onEnd: self.closing(context)
        )
        self.role = .watching(playback)
        playbacks.add(playback)
    }
}

/// A viewer of a multicast group in the figures and in the log. What is sent there is nobody's in particular.
final class MulticastPlayback: Sendable {
    private let viewer: ViewerSession
    private let address: String
    private let log: Logger

    /// `onCut` is called, from any thread, when somebody wants it ended.
    init(_ viewer: ViewerSession, address: String, log: Logger, onCut: @escaping @Sendable () -> Void) {
        self.viewer = viewer
        self.address = address
        self.log = log
        log.info("viewer joined", metadata: self.metadata)
        viewer.follow(
            ViewerConnection(address: address, since: Instant(SystemClock.now)) {
                Audience.Progress(bytes: 0, skips: 0)
            } end: {
                onCut()
            }
        )
    }

    func end() {
        self.log.info("viewer left", metadata: self.metadata)
    }

    private var metadata: Logger.Metadata {
        [
            "stream": "\(self.viewer.shownStream)", "by": "\(self.viewer.kind.rawValue)",
            "to": "multicast",
            "address": "\(self.address)",
        ]
    }
}
