import Media

extension RTPEncoding {
    /// What its payloads are made of; nil for formats that are not known.
    var content: RTPContent? {
        switch self.name.lowercased() {
        case "h264", "h265", "hevc", "vp8", "vp9", "av1": .track(.video)
        case "mpeg4-generic": self.isAAC ? .track(.audio) : nil
        case "opus", "multiopus", "pcmu", "pcma", "l16", "mp4a-latm", "mpa", "ac3", "eac3": .track(.audio)
        case "mp2t": .transportStream
        default: nil
        }
    }

    /// RFC 3640 carries systems streams and other sound as well.
    private var isAAC: Bool {
        let mode = self.parameters["mode"]?.lowercased()
        return mode == nil || mode == "aac-hbr" || mode == "aac-lbr"
    }

    func depacketizer() -> (any RTPDepacketizer)? {
        switch self.name.lowercased() {
        case "h264": NALDepacketizer<H264Format>(self.parameters)
        case "h265", "hevc": NALDepacketizer<H265Format>(self.parameters)
        case "vp8": FrameDepacketizer(VP8Format())
        case "vp9": FrameDepacketizer(VP9Format())
        case "av1": FrameDepacketizer(AV1Format())
        case "mpeg4-generic": self.isAAC ? AACDepacketizer(self) : nil
        case "mp4a-latm": LATMDepacketizer(self)
        case "mpa": MPEGAudioDepacketizer(self)
        case "ac3": AC3Depacketizer(.ac3, self)
        case "eac3": AC3Depacketizer(.eac3, self)
        case "opus", "multiopus": OpusDepacketizer(self)
        case "pcmu": PCMDepacketizer(.pcmu, self)
        case "pcma": PCMDepacketizer(.pcma, self)
        case "l16": PCMDepacketizer(.l16, self)
        case "mp2t": TransportStreamDepacketizer()
        default: nil
        }
    }
}

enum RTPContent: Hashable, Sendable {
    case track(TrackKind)
    case transportStream
}
