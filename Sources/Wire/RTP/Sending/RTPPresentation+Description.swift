package import Media

extension RTPPresentation {
    /// The session description: RFC 8866, with the attributes of RTSP (RFC 2326 appendix C.1), of all tracks or of one kind
    /// of them.
    package func sessionDescription(_ delivery: Delivery = .negotiated, only selection: TrackKind? = nil) -> String {
        // The identifier is the same for every relay that sends the stream, the version changes with what is said.
        var lines = [
            "v=0", "o=- \(RTPSeed.of(self.name) >> 1) \(self.version) IN IP4 127.0.0.1", "s=\(self.name)",
            "c=\(delivery.connection)", "t=0 0", "a=tool:transponder", "a=control:*", "a=range:npt=now-",
        ]
        for track in self.tracks where selection == nil || track.track.kind == selection {
            let kind = track.track.kind == .video ? "video" : "audio"
            let channels = track.channels.map { "/\($0)" } ?? ""
            lines.append("m=\(kind) \(delivery.port(of: track.number)) RTP/AVP \(track.payloadType)")
            lines.append("a=rtpmap:\(track.payloadType) \(track.encoding)/\(track.clockRate)\(channels)")
            if let parameters = track.parameters { lines.append("a=fmtp:\(track.payloadType) \(parameters)") }
            lines.append("a=control:track\(track.number)")
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private var version: UInt64 {
        let text = self.tracks.map { "\($0.payloadType) \($0.encoding) \($0.clockRate) \($0.parameters ?? "")" }
        return RTPSeed.of(text.joined(separator: "\n")) >> 1
    }
}

extension RTPPresentation.Delivery {
    fileprivate var connection: String {
        switch self {
        case .negotiated: "IN IP4 0.0.0.0"
        case .sent(let host, true, _, _): "IN IP6 \(host)"
        case .sent(let host, false, let ttl, _): "IN IP4 \(host)" + (ttl.map { "/\($0)" } ?? "")
        }
    }

    fileprivate func port(of track: Int) -> UInt16 {
        switch self {
        case .negotiated: 0
        case .sent(_, _, _, let ports): ports.indices.contains(track) ? ports[track] : 0
        }
    }
}
