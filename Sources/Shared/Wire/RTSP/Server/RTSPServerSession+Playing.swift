import Encodings

extension RTSPServerSession {
    /// The session of a client that plays over its connection, written down in few bytes for the process that goes on with it.
    /// Whether it has paused is known from elsewhere; what it has shown is not written down.
    package struct Playing: Sendable, Codable {
        fileprivate let relay: String
        fileprivate let stream: String
        fileprivate let base: String
        /// In hexadecimal digits.
        fileprivate let name: String
        /// Those of RTP and RTCP of each track.
        fileprivate let channels: [Int: [UInt8]]

        private enum CodingKeys: String, CodingKey {
            case relay = "r", stream = "s", base = "b", name = "n", channels = "c"
        }
    }

    /// Nil where it does not play so.
    package var playing: Playing? {
        guard case .playing(let presentation, _) = self.state else { return nil }
        let channels = presentation.setups.compactMapValues { transport in
            transport.interleaved.map { [$0.rtp, $0.rtcp] }
        }
        guard channels.count == presentation.setups.count else { return nil }
        return Playing(
            relay: presentation.address.relay,
            stream: presentation.address.stream,
            base: presentation.base,
            name: self.sessionName,
            channels: channels
        )
    }

    /// Nil where no session can have been so. The nonce is a random number: what clients sign from now on with their password.
    package init?(
        resuming playing: Playing,
        isPaused: Bool,
        configuration: RTSPSessionConfiguration,
        nonce: UInt64
    ) {
        guard let identifier = UInt64(playing.name, radix: 16), !playing.channels.isEmpty,
            playing.channels.count <= configuration.limits.tracks
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
        self.init(
            .playing(presentation, isPaused: isPaused),
            RTSPMessageDecoder(limits: configuration.limits),
            configuration: configuration,
            identifier: identifier,
            nonce: nonce
        )
    }
}
