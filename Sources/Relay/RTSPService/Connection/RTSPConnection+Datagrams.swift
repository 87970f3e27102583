import Admission
import Contract
import Fanout
import Linux
import Logging
import NIOCore
import Sessions
import Sockets
import Streams
import Wire

/// Viewers that are sent datagrams. Their connection stays where it is: it says when they pause and end, and that they
/// are still there. It may go; see ``RTSPPlayback``.
extension RTSPConnection {
    /// Answers a track that wants datagrams, once there are ports to send from.
    func setUpDatagrams(
        _ request: RTSPSetupRequest,
        _ offer: RTSPTransport,
        _ client: RTSPTransport.Pair<UInt16>,
        _ track: RTPOutgoingTrack,
        _ context: ChannelHandlerContext
    ) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let opened = self.service.viewerPorts.pair(to: self.socket.peer.host, client, on: context.eventLoop)
        opened.whenComplete { opened in
            let (connection, context) = bound.value
            guard context.channel.isActive else { return }
            switch opened {
            case .success(let pair):
                connection.pairs[request.media] = pair
                var transport = RTSPTransport()
                transport.profile = offer.profile
                transport.clientPort = client
                transport.serverPort = .init(rtp: pair.port, rtcp: pair.port &+ 1)
                transport.ssrc = track.synchronizationSource
                connection.perform(connection.session.acceptSetup(transport), context)
            case .failure(let error):
                connection.log.warning("no UDP ports for viewers", metadata: ["error": "\(error)"])
                connection.perform(connection.refuseTransport(), context)
            }
        }
    }

    /// Sends the tracks that were set up to where the client wants them; always to the host it comes from.
    func watch(_ viewer: AdmittedViewer, by pairs: [Int: RTSPViewerPorts.Pair], _ context: ChannelHandlerContext) {
        var destinations: [UInt8: HeldDescriptor] = [:]
        var reporters: [HeldDescriptor] = []
        for (media, transport) in self.session.setups where transport.clientPort != nil {
            guard let pair = pairs[media], let channel = UInt8(exactly: 2 * media), channel < .max else { continue }
            destinations[channel] = pair.rtp
            destinations[channel + 1] = pair.rtcp
            reporters.append(pair.rtcp)
        }
        let name = self.session.sessionName
        let playbacks = self.service.playbacks
        let show = DatagramPlayback(
            on: self.services.delivery,
            viewer,
            framing: .interleaved(destinations),
            address: "\(self.socket.peer)"
        ) { _ in playbacks.cut(name) }
        self.watch(.unicast(show), of: viewer.session.stream, reporters: reporters, context)
        show.begin()
    }

    /// The session is sent datagrams from here on; this connection may say what becomes of it.
    func watch(
        _ way: RTSPPlayback.Way,
        of stream: StreamName,
        reporters: [HeldDescriptor] = [],
        _ context: ChannelHandlerContext
    ) {
        self.deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let playback = RTSPPlayback(
            self.session.sessionName,
            way,
            of: stream,
            to: self.socket.peer.host,
            reporters: reporters,
            now: self.services.clock().monotonic
        ) { sentence in
            loop.execute {
                let (connection, context) = bound.value
                connection.close(context, because: sentence)
            }
        }
        self.role = .watching(playback)
        self.service.playbacks.add(playback)
    }

    /// Ends the session that is sent datagrams, if there is one: another may follow on this connection.
    func endPlayback() {
        guard case .watching(let playback) = self.role else { return }
        self.role = .undecided
        self.service.playbacks.remove(playback)
        playback.end()
    }
}
