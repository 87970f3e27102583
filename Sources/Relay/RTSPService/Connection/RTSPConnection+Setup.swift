import Admission
import Contract
import Linux
import Logging
import NIOCore
import Sessions
import Sockets
import Streams
import Wire

extension RTSPConnection {
    /// Answers with the first transport of the client's wishes that there is.
    func setUp(_ request: RTSPSetupRequest, _ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        request.records ? self.setUpRecording(request, context) : self.setUpPlaying(request, context)
    }

    private func setUpRecording(_ request: RTSPSetupRequest, _ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        for offer in request.offers {
            switch offer.lower {
            case .tcp:
                var transport = RTSPTransport()
                transport.profile = offer.profile
                transport.lower = .tcp
                transport.interleaved = self.session.channels(for: request, offer: offer)
                transport.mode = .record
                return self.session.acceptSetup(transport)
            case .udp:
                guard !offer.isMulticast, let ports = offer.clientPort else { continue }
                self.openPort(for: request, offer, ports, context)
                return nil
            }
        }
        return self.refuseTransport()
    }

    /// Gives a track a pair of UDP ports of its own and answers then.
    private func openPort(
        for request: RTSPSetupRequest,
        _ offer: RTSPTransport,
        _ client: RTSPTransport.Pair<UInt16>,
        _ context: ChannelHandlerContext
    ) {
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let (host, log, media) = (self.socket.peer.host, self.log, request.media)
        let lent = loop.makePromise(of: DatagramLoan.self)
        let peer = DatagramPeer(host: "\(host)", rtp: client.rtp, rtcp: client.rtcp)
        self.services.ports.lend(.publisher(peer)) { lent.completeWith($0.mapError { $0 }) }
        let keeper = self.services.sockets
        lent.futureResult.flatMap { loan in
            let kept = RTSPTrackPort.Kept(loan.sockets, by: keeper)
            return RTSPTrackPort.open(loan, kept: kept, for: host, on: loop, log: log) { isRTCP, datagrams in
                let (connection, context) = bound.value
                connection.take(datagrams, of: media, isRTCP: isRTCP, context)
            }
        }.whenComplete { opened in
            let (connection, context) = bound.value
            switch opened {
            case .success(let port): connection.accept(port.value, of: request, offer, client, context)
            case .failure(let error):
                connection.log.warning("no UDP ports for a track", metadata: ["error": "\(error)"])
                connection.perform(connection.refuseTransport(), context)
            }
        }
    }

    private func accept(
        _ port: RTSPTrackPort,
        of request: RTSPSetupRequest,
        _ offer: RTSPTransport,
        _ client: RTSPTransport.Pair<UInt16>,
        _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return port.close() }
        self.ports.updateValue(port, forKey: request.media)?.close()
        var transport = RTSPTransport()
        transport.profile = offer.profile
        transport.clientPort = client
        transport.serverPort = .init(rtp: port.port, rtcp: port.port &+ 1)
        transport.mode = .record
        self.perform(self.session.acceptSetup(transport), context)
    }

    private func setUpPlaying(_ request: RTSPSetupRequest, _ context: ChannelHandlerContext) -> [RTSPServerEvent]? {
        let (admission, track): (RTSPViewerAdmission, RTPOutgoingTrack)
        do throws(PlayDenial) {
            (admission, track) = try self.watched(request)
        } catch {
            return self.refuse(error)
        }
        for offer in request.offers {
            switch offer.lower {
            case .tcp:
                // The tape has its channels in it, whatever the client would like; all read them from the answer.
                var transport = RTSPTransport()
                transport.profile = offer.profile
                transport.lower = .tcp
                transport.interleaved = .init(rtp: track.channel, rtcp: track.reportChannel)
                transport.ssrc = track.synchronizationSource
                return self.session.acceptSetup(transport)
            case .udp where offer.isMulticast:
                if let transport = self.pushedGroup(of: admission, track, offer) {
                    return self.session.acceptSetup(transport)
                }
                // Who has other wishes, too, is served one of those rather than refused.
                guard self.services.spec.multicast != nil || request.offers.allSatisfy(\.isMulticast) else { continue }
                self.joinCast(of: admission, track, offer, context)
                return nil
            case .udp:
                guard let client = offer.clientPort else { continue }
                self.setUpDatagrams(request, offer, client, track, context)
                return nil
            }
        }
        return self.refuseTransport()
    }

    func refuseTransport(_ sentence: String = "No transport that was offered is served; RTP over TCP is.")
        -> [RTSPServerEvent]
    {
        self.session.refuse(RTSPRefusal(.unsupportedTransport, sentence))
    }
}
