package import Media

extension MP4Muxer {
    /// Why fragmented MP4 cannot carry the track; nil where it can.
    package static func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        guard !Self.carries(configuration.codec) else { return nil }
        return MediaOmission(
            notIn: ContainerFormat.mp4.rawValue,
            track,
            configuration,
            instead: track.kind == .video ? "send H.264, HEVC, AV1 or VP9" : "send AAC or Opus"
        )
    }
}
