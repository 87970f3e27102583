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

/// Viewers that are sent datagrams. Their connection says when they pause and end, and that they are still there. It may go; see
/// ``RTSPPlayback``.
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

    /// Sends the tracks that were set up to where the client wants them; always to the host it comes from. The connection leaves
    /// SwiftNIO for the fan-out engine, which hears it from then on.
    func watch(_ viewer: AdmittedViewer, by pairs: [Int: RTSPViewerPorts.Pair], _ context: ChannelHandlerContext) {
        let pairs = pairs.filter { self.session.setups[$0.key]?.clientPort != nil }
        let playback = self.service.begin(
            self.session.sessionName,
            viewer,
            by: pairs,
            to: self.socket.peer,
            as: self.admission,
            onEnd: self.closing(context)
        )
        self.deadline?.cancel()
        self.role = .leaving(Departure(.datagrams(playback)))
        if self.pausesAhead { playback.pause(true) }
        let loop = context.eventLoop
        self.leave(context) { $0.handOver(on: loop) }
    }

    /// Closes this connection because its session has ended; called from any thread.
    func closing(_ context: ChannelHandlerContext) -> @Sendable (String) -> Void {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        return { sentence in
            loop.execute {
                let (connection, context) = bound.value
                connection.close(context, because: sentence)
            }
        }
    }

    /// Ends the session that is sent datagrams, if there is one: another may follow on this connection.
    func endPlayback() {
        guard case .watching(let playback) = self.role else { return }
        self.role = .undecided
        self.service.playbacks.remove(playback)
        playback.end()
    }
}
