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
        enum Way {
            case unicast(DatagramShow)
            /// It listens to a multicast group, which is sent to whoever else does.
            case multicast(GroupShow)
        }

        let way: Way
        /// Where it sends its receiver reports from.
        let reporters: [InternetAddress]

        /// A pause is the viewer's own: a group is sent to for the others.
        func pause(_ isPaused: Bool) {
            guard case .unicast(let show) = self.way else { return }
            isPaused ? show.pause() : show.resume()
        }
    }

    /// How often it is looked whether viewers of datagrams are still there.
    static let watchBeat = TimeAmount.seconds(1)

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
        _ stream: Relay.Stream,
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
            of: stream,
            framing: .interleaved(destinations),
            address: "\(self.socket.peer)"
        ) { _ in loop.execute { bound.value.1.close(promise: nil) } }
        for reporter in reporters { self.services.viewerPorts.follow(reporter) }
        self.role = .watching(Watch(way: .unicast(show), reporters: reporters))
        self.keepWatch(context, every: Self.watchBeat)
        show.begin()
    }

    /// Looks again and again whether a viewer of datagrams is still there.
    func keepWatch(_ context: ChannelHandlerContext, every interval: TimeAmount) {
        self.deadline?.cancel()
        self.lastHeard = self.services.clock().monotonic
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.beat = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (connection, context) = bound.value
            guard case .watching(let watch) = connection.role else { return }
            guard connection.hasGone(watch, now: connection.services.clock().monotonic) else { return }
            if case .unicast(let show) = watch.way { show.dismiss("silent") }
            connection.close(context, because: "nothing was heard of its session for too long")
        }
    }

    /// Whether nothing was heard of a viewer of datagrams for so long that it has gone.
    func hasGone(_ watch: Watch, now: Int64) -> Bool {
        let reports = watch.reporters.map { self.services.viewerPorts.lastReport(of: $0) }
        let heard = max(reports.max() ?? 0, self.lastHeard)
        return now - heard > Int64(self.services.rtsp.timeout) * 1_000_000
    }

    func end(_ watch: Watch) {
        switch watch.way {
        case .unicast(let show): show.end()
        case .multicast(let show): show.end()
        }
        for reporter in watch.reporters { self.services.viewerPorts.forget(reporter) }
    }
}
