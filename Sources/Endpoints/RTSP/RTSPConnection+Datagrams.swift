import Contract
import Fanout
import Linux
import Logging
import NIOCore
import Relay
import Sockets
import Wire

/// Viewers that are sent datagrams. Their connection stays where it is: it says when they pause and end, and that they
/// are still there.
extension RTSPConnection {
    /// A viewer of datagrams.
    struct Watch {
        /// Nil where it listens to a multicast group, which is sent to whoever watches.
        let show: DatagramShow?
        let seat: Audience.Seat
        /// Where it sends its receiver reports from.
        let reporters: [InternetAddress]
    }

    /// How often it is looked whether viewers of datagrams are still there.
    private static let watchBeat = TimeAmount.seconds(1)

    /// Answers a track that wants datagrams, once there are ports to send from.
    func setUpDatagrams(
        _ request: RTSPSetupRequest,
        _ offer: RTSPTransport,
        _ client: RTSPTransport.Pair<UInt16>,
        _ track: RTPOutgoingTrack,
        _ context: ChannelHandlerContext
    ) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let opened = self.services.viewerPorts.pair(isIPv6: self.socket.peer.isIPv6, on: context.eventLoop)
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
        _ lease: WireLease,
        _ seat: Audience.Seat,
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
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let show = DatagramShow(
            on: self.services.stage,
            lease,
            seat,
            framing: .interleaved(destinations),
            address: "\(self.socket.peer)"
        ) { _ in loop.execute { bound.value.1.close(promise: nil) } }
        for reporter in reporters { self.services.viewerPorts.follow(reporter) }
        self.role = .watching(Watch(show: show, seat: seat, reporters: reporters))
        self.keepWatch(context, every: Self.watchBeat)
        show.begin()
    }

    /// Looks again and again whether a viewer of datagrams is still there.
    func keepWatch(_ context: ChannelHandlerContext, every interval: TimeAmount) {
        self.deadline?.cancel()
        self.lastHeard = SystemClock.now.monotonic
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.beat = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (connection, context) = bound.value
            guard case .watching(let watch) = connection.role else { return }
            guard connection.hasGone(watch, now: SystemClock.now.monotonic) else { return }
            connection.close(context, because: "nothing was heard of its session for too long")
        }
    }

    /// The client hears a multicast group, and is counted for as long as its connection is there.
    func watchGroup(_ seat: Audience.Seat, _ context: ChannelHandlerContext) {
        self.role = .watching(Watch(show: nil, seat: seat, reporters: []))
        self.keepWatch(context, every: Self.watchBeat)
    }

    /// Whether nothing was heard of a viewer of datagrams for so long that it has gone.
    func hasGone(_ watch: Watch, now: Int64) -> Bool {
        let reports = watch.reporters.map { self.services.viewerPorts.lastReport(of: $0) }
        let heard = max(reports.max() ?? 0, self.lastHeard)
        return now - heard > Int64(self.services.rtsp.timeout) * 1_000_000
    }

    func end(_ watch: Watch) {
        watch.show?.end()
        for reporter in watch.reporters { self.services.viewerPorts.forget(reporter) }
    }
}
