package import Media

extension RTPPresentation {
    /// The session description, with the attributes of RTSP (RFC 2326 appendix C.1), of all tracks or of one kind of them.
    package func description(_ delivery: Delivery = .negotiated, only selection: TrackKind? = nil) -> SessionDescription
    {
        let media = self.tracks.filter { selection == nil || $0.track.kind == selection }.map { track in
            MediaDescription(
                kind: track.track.kind == .video ? "video" : "audio",
                port: delivery.port(of: track.number),
                encodings: [
                    RTPEncoding(
                        payloadType: track.payloadType,
                        name: track.encoding,
                        clockRate: track.clockRate,
                        channels: track.channels,
                        parameters: track.parameters
                    )
                ],
                attributes: [SDPAttribute("control", RTSPAddress.control(media: track.number))]
            )
        }
        return SessionDescription(
            // The session is the same for every relay that sends the stream, the version changes with what is said.
            origin: SessionDescription.Origin(
                session: RTPSeed.of(self.name) >> 1,
                version: self.version,
                address: "127.0.0.1"
            ),
            name: self.name,
            connection: delivery.connection,
            attributes: [
                SDPAttribute("tool", "transponder"), SDPAttribute("control", "*"), SDPAttribute("range", "npt=now-"),
            ],
            media: media
        )
    }

    /// Its text.
    package func sessionDescription(_ delivery: Delivery = .negotiated, only selection: TrackKind? = nil) -> String {
        self.description(delivery, only: selection).text
    }

    private var version: UInt64 {
        let text = self.tracks.map { "\($0.payloadType) \($0.encoding) \($0.clockRate) \($0.parameters.text)" }
        return RTPSeed.of(text.joined(separator: "\n")) >> 1
    }
}

extension RTPPresentation.Delivery {
    fileprivate var connection: SDPConnection {
        switch self {
        case .negotiated: SDPConnection(address: "0.0.0.0")
        case .sent(let host, let ttl, _): SDPConnection(address: host, timeToLive: ttl)
        }
    }

    fileprivate func port(of track: Int) -> Int {
        switch self {
        case .negotiated: 0
        case .sent(_, _, let ports): ports.indices.contains(track) ? Int(ports[track]) : 0
        }
    }
}
