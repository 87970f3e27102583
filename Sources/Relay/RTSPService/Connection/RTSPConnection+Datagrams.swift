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
        let opened = self.service.viewerPorts.pair(isIPv6: self.socket.peer.isIPv6, on: context.eventLoop)
        opened.whenComplete { opened in
            let (connection, context) = bound.value
            guard context.channel.isActive else { return }
            switch opened {
            case .success(let pair):
                connection.pair = pair
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
    func watch(
        _ viewer: AdmittedViewer,
        from pair: RTSPViewerPorts.Pair,
        _ context: ChannelHandlerContext
    ) {
        var destinations: [UInt8: DatagramViewer.Destination] = [:]
        var reporters: [InternetAddress] = []
        let host = self.socket.peer.host
        for (media, transport) in self.session.setups {
            guard let client = transport.clientPort, let channel = UInt8(exactly: 2 * media) else { continue }
            let control = InternetAddress(host, port: client.rtcp)
            destinations[channel] = .init(socket: pair.rtp, address: InternetAddress(host, port: client.rtp))
            destinations[channel + 1] = .init(socket: pair.rtcp, address: control)
            reporters.append(control)
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
        reporters: [InternetAddress] = [],
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
            ports: self.service.viewerPorts,
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
