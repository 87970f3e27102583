import Encodings

extension RTSPServerSession {
    /// The session of a client that plays over its connection, or by datagrams of its own, written down in few bytes for the process that goes on with it.
    /// Whether it has paused is known from elsewhere; what it has shown is not written down.
    package struct Playing: Sendable, Codable {
        fileprivate let relay: String
        fileprivate let stream: String
        fileprivate let base: String
        /// In hexadecimal digits.
        fileprivate let name: String
        /// Those of RTP and RTCP of each track.
        fileprivate let channels: [Int: [UInt8]]
        /// Where they go of each track that travels by datagrams, and where they come from: the client's and the server's ports of
        /// RTP and RTCP.
        fileprivate let ports: [Int: [UInt16]]?

        private enum CodingKeys: String, CodingKey {
            case relay = "r", stream = "s", base = "b", name = "n", channels = "c", ports = "p"
        }
    }

    /// Nil where it does not play so.
    package var playing: Playing? {
        guard case .playing(let presentation, _) = self.state else { return nil }
        let channels = presentation.setups.compactMapValues { transport in
            transport.interleaved.map { [$0.rtp, $0.rtcp] }
        }
        let ports = presentation.setups.compactMapValues { transport -> [UInt16]? in
            guard transport.lower == .udp, !transport.isMulticast, let client = transport.clientPort,
                let server = transport.serverPort
            else { return nil }
            return [client.rtp, client.rtcp, server.rtp, server.rtcp]
        }
        guard max(channels.count, ports.count) == presentation.setups.count else { return nil }
        return Playing(
            relay: presentation.address.relay,
            stream: presentation.address.stream,
            base: presentation.base,
            name: self.sessionName,
            channels: channels,
            ports: ports.isEmpty ? nil : ports
        )
    }

    /// Nil where no session can have been so. The nonce is a random number: what clients sign from now on with their password.
    package init?(
        resuming playing: Playing,
        isPaused: Bool,
        configuration: RTSPSessionConfiguration,
        nonce: UInt64
    ) {
        let ports = playing.ports ?? [:]
        guard let identifier = UInt64(playing.name, radix: 16), playing.channels.isEmpty != ports.isEmpty,
            max(playing.channels.count, ports.count) <= configuration.limits.tracks,
            (Array(playing.channels.keys) + Array(ports.keys)).allSatisfy((0..<configuration.limits.tracks).contains)
        else { return nil }
        var presentation = Presentation(
            RTSPAddress(relay: playing.relay, stream: playing.stream),
            records: false,
            controls: nil,
            uri: playing.base
        )
        for (media, channels) in playing.channels {
            guard channels.count == 2 else { return nil }
            var transport = RTSPTransport()
            transport.lower = .tcp
            transport.interleaved = .init(rtp: channels[0], rtcp: channels[1])
            presentation.setups[media] = transport
            presentation.channels[channels[1]] = Channel(media: media, isRTCP: true)
            presentation.channels[channels[0]] = Channel(media: media, isRTCP: false)
        }
        for (media, ports) in ports {
            guard ports.count == 4 else { return nil }
            var transport = RTSPTransport()
            transport.clientPort = .init(rtp: ports[0], rtcp: ports[1])
            transport.serverPort = .init(rtp: ports[2], rtcp: ports[3])
            presentation.setups[media] = transport
        }
        self.init(
            .playing(presentation, isPaused: isPaused),
            RTSPMessageDecoder(limits: configuration.limits),
            configuration: configuration,
            identifier: identifier,
            nonce: nonce
        )
    }
}
