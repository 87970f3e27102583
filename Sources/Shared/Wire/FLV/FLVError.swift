package import Media

/// Why bytes of an FLV file, or a tag's body, cannot be used.
package enum FLVError: Error, Hashable, Sendable {
    /// The file does not begin with `FLV`.
    case notFLV
    /// The file's header has a length that no version of the format knows.
    case headerLength(Int)
    /// A tag declares a longer body than is taken.
    case bodyTooLarge(Int, limit: Int)
    /// A tag is of an encrypted or an unknown type (FLV 10.1 annex E.4.1).
    case tagType(UInt8)

    /// The body ends before the field does.
    case truncated(FLVTag.Kind, field: String, offset: Int)
    /// The field holds a value without a meaning.
    case value(FLVTag.Kind, field: String, value: Int, offset: Int)

    /// A coding that the relay does not carry: CodecID in a legacy video tag.
    case videoCodec(UInt8)
    /// A coding that the relay does not carry: SoundFormat in a legacy audio tag.
    case soundFormat(UInt8)
    /// A coding that the relay does not carry, or one of the other kind of track.
    case fourCC(FourCC, FLVTag.Kind)

    /// The decoder configuration of a track makes no sense.
    case configuration(TrackID, Codec, CodecError)
    /// A track's configuration is longer than any of its coding.
    case configurationTooLarge(TrackID, Codec, Int, limit: Int)
    /// An access unit whose beginning makes no sense.
    case accessUnit(TrackID, Codec, CodecError)
    /// The NAL units or OBUs of an access unit reach beyond its end.
    case accessUnitStructure(TrackID, Codec)
    /// More tracks than are taken from one source.
    case tooManyTracks(FLVTag.Kind, limit: Int)
}

extension FLVError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFLV:
            "the file does not begin with FLV"
        case .headerLength(let length):
            "the FLV header cannot be \(length) bytes long"
        case .bodyTooLarge(let length, let limit):
            "a tag's body of \(length) bytes is longer than \(limit)"
        case .tagType(let type):
            "tags of type \(type) are encrypted or unknown"
        case .truncated(let kind, let field, let offset):
            "the \(kind) tag ends within \(field) at byte \(offset)"
        case .value(let kind, let field, let value, let offset):
            "the \(kind) tag has \(field) = \(value) at byte \(offset), which means nothing"
        case .videoCodec(let id):
            "video of codec id \(id) (\(LegacyCoding.video(id))) is not relayed"
        case .soundFormat(let id):
            "audio of sound format \(id) (\(LegacyCoding.audio(id))) is not relayed"
        case .fourCC(let code, let kind):
            "\(kind) of FourCC '\(code)' is not relayed"
        case .configuration(let track, let codec, let error):
            "\(codec) configuration of \(track.kind) track \(track.index): \(error)"
        case .configurationTooLarge(let track, let codec, let length, let limit):
            "\(codec) configuration of \(track.kind) track \(track.index) has \(length) bytes, more than \(limit)"
        case .accessUnit(let track, let codec, let error):
            "\(codec) access unit of \(track.kind) track \(track.index): \(error)"
        case .accessUnitStructure(let track, let codec):
            "\(codec) access unit of \(track.kind) track \(track.index): its units reach beyond its end"
        case .tooManyTracks(_, let limit):
            "more than \(limit) tracks"
        }
    }
}
