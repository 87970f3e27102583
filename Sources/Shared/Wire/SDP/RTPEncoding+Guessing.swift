/// What devices leave out of descriptions, and there is but one way to mean.
extension RTPEncoding {
    /// The clock rate of an encoding where `a=rtpmap` says none that makes sense: what its payload format prescribes, or, of
    /// AAC, what its configuration says.
    static func usualClockRate(of name: String, _ parameters: FormatParameters) -> Int? {
        switch name.lowercased() {
        case "h264", "h265", "hevc", "vp8", "vp9", "av1", "mp2t", "mpa": 90_000
        case "opus", "multiopus": 48_000
        case "pcmu", "pcma": 8000
        case "mpeg4-generic": parameters["config"].flatMap { Self.sampleRate(ofAudioSpecificConfig: $0) }
        default: nil
        }
    }

    /// The encoding of a payload type that nothing explains, by the parameters that only one format has.
    static func guessed(_ payloadType: UInt8, kind: String, _ parameters: FormatParameters) -> RTPEncoding? {
        let name: String
        switch kind {
        case "video" where ["sprop-vps", "sprop-sps", "sprop-pps"].contains(where: { parameters[$0] != nil }):
            name = "H265"
        case "video" where ["sprop-parameter-sets", "packetization-mode"].contains(where: { parameters[$0] != nil }):
            name = "H264"
        case "audio" where parameters["config"] != nil && parameters["sizelength"] != nil: name = "mpeg4-generic"
        default: return nil
        }
        guard let rate = Self.usualClockRate(of: name, parameters) else { return nil }
        return RTPEncoding(payloadType: payloadType, name: name, clockRate: rate)
    }

    /// ISO/IEC 14496-3 section 1.6.2.1, in hexadecimal: five bits of the object type, four of the sampling rate.
    private static func sampleRate(ofAudioSpecificConfig text: String) -> Int? {
        guard text.utf8.count >= 4, let start = UInt16(text.prefix(4), radix: 16), start >> 11 != 31 else { return nil }
        let index = Int(start >> 7 & 15)
        return Self.sampleRates.indices.contains(index) ? Self.sampleRates[index] : nil
    }

    private static let sampleRates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
    ]
}
