package import Media

extension FLVError {
    /// What is left out because of this error in a tag of that kind.
    package func omission(from kind: FLVTag.Kind) -> MediaOmission {
        let part = MediaOmission.Part(kind)
        switch self {
        case .soundFormat(let format): return .unsupported(part, LegacyCoding.audio(format))
        case .videoCodec(let id): return .unsupported(part, LegacyCoding.video(id))
        case .fourCC(let code, _): return .unsupported(part, "FourCC \(code)")
        case .configuration(let track, let codec, let error) where codec == .h264 || codec == .hevc:
            return MediaOmission(
                MediaOmission.Part(track.kind),
                codec: codec.name,
                reason: .malformed,
                sentence: "The source's \(codec.name) configuration is not valid (\(error)) and is left out; its "
                    + "pictures are used from the first key frame on that carries its own: restart the encoder, or "
                    + "update it."
            )
        case .configuration(let track, let codec, let error):
            return MediaOmission(
                MediaOmission.Part(track.kind),
                codec: codec.name,
                reason: .malformed,
                sentence: "\(track.kind.subject) cannot be used because its \(codec.name) configuration is not valid "
                    + "(\(error)): restart the encoder, or update it."
            )
        case .configurationTooLarge(let track, let codec, let length, let limit):
            return MediaOmission(
                MediaOmission.Part(track.kind),
                codec: codec.name,
                reason: .tooLarge,
                sentence: "\(track.kind.subject) cannot be used because its \(codec.name) configuration has \(length) "
                    + "bytes, more than \(limit): restart the encoder, or update it."
            )
        case .accessUnit(let track, let codec, _), .accessUnitStructure(let track, let codec):
            return MediaOmission(
                MediaOmission.Part(track.kind),
                codec: codec.name,
                reason: .malformed,
                sentence: "Some \(codec.name) frames of the source are damaged and left out: restart the encoder, or "
                    + "update it."
            )
        case .tooManyTracks(_, let limit):
            return MediaOmission(
                part,
                codec: "tracks",
                reason: .tooManyTracks,
                sentence: "The source sends more than \(limit) tracks, and those beyond are left out: send fewer."
            )
        case .truncated, .value, .notFLV, .headerLength, .bodyTooLarge, .tagType:
            return MediaOmission(
                part,
                codec: "FLV",
                reason: .malformed,
                sentence: "Some messages of the source cannot be read (\(self)) and are left out: update the encoder."
            )
        }
    }
}

extension MediaOmission {
    /// A coding that the relay does not carry.
    fileprivate static func unsupported(_ part: Part, _ codec: String) -> MediaOmission {
        let (subject, remedy) =
            part == .video
            ? ("The picture", "set the encoder's video to H.264, HEVC or AV1")
            : ("The sound", "set the encoder's audio to AAC or Opus")
        return MediaOmission(
            part,
            codec: codec,
            reason: .unsupportedCodec,
            sentence: "\(subject) is left out because its coding, \(codec), is not relayed: \(remedy)."
        )
    }
}

extension MediaOmission.Part {
    fileprivate init(_ kind: FLVTag.Kind) {
        switch kind {
        case .audio: self = .audio
        case .video: self = .video
        case .script: self = .data
        }
    }

    fileprivate init(_ kind: TrackKind) {
        self = kind == .video ? .video : .audio
    }
}

extension TrackKind {
    fileprivate var subject: String { self == .video ? "A picture track" : "A sound track" }
}
