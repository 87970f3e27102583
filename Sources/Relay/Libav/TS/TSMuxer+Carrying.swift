package import Media

extension TSMuxer {
    /// Why MPEG-TS cannot carry the track; nil where it can.
    ///
    /// There has to be a stream type for the coding that players know, and for AAC what its ADTS header can say.
    package static func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        let elsewhere = MP4Muxer.omission(of: track, configuration) == nil ? ", or play it by .m3u8 or .mp4" : ""
        guard Self.carries(configuration.codec) else {
            return MediaOmission(
                notIn: ContainerFormat.mpegTS.rawValue,
                track,
                configuration,
                instead: (track.kind == .video ? "send H.264 or HEVC" : "send AAC") + elsewhere
            )
        }
        guard configuration.codec == .aac else { return nil }
        do {
            _ = try ADTSHeader(AudioSpecificConfig(record: configuration.record))
            return nil
        } catch {
            return MediaOmission(
                notIn: ContainerFormat.mpegTS.rawValue,
                track,
                configuration,
                reason: .unsupportedForm,
                because: (error as? ADTSHeader.Refusal)?.words,
                instead: "send AAC-LC" + elsewhere
            )
        }
    }
}

extension ADTSHeader.Refusal {
    fileprivate var words: String {
        switch self {
        case .objectType: "its ADTS headers have no code for this kind of AAC"
        case .rate(let rate): "its ADTS headers have no code for \(rate) samples a second"
        case .frameLength: "its ADTS frames have 1024 samples"
        case .channels: "its ADTS headers have no code for this layout of channels"
        }
    }
}
