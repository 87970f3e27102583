import Media
import NIOCore

/// How the frames of an audio track are found among its bytes: by the coding's own framing, or by one that only MPEG
/// streams have.
enum TSAudioFraming: Sendable {
    case adts(ADTSFraming)
    case loas(LOASFraming)
    case mpegAudio(MPEGAudioFraming)
    case ac3
    case opus(OpusControlFraming)

    /// Nil for what is no sound.
    init?(_ coding: TSCoding) {
        switch coding {
        case .adts: self = .adts(ADTSFraming())
        case .latm: self = .loas(LOASFraming())
        case .mpegAudio: self = .mpegAudio(MPEGAudioFraming())
        case .ac3, .eac3: self = .ac3
        case .opus(let channels): self = .opus(OpusControlFraming(channels: channels))
        case .h264, .hevc: return nil
        }
    }

    /// Takes the next frame off the bytes.
    mutating func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        switch self {
        case .adts(var framing):
            defer { self = .adts(framing) }
            return framing.next(from: &bytes)
        case .loas(var framing):
            defer { self = .loas(framing) }
            return framing.next(from: &bytes)
        case .mpegAudio(var framing):
            defer { self = .mpegAudio(framing) }
            return framing.next(from: &bytes)
        case .ac3: return AC3Framing.next(from: &bytes)
        case .opus(let framing): return framing.next(from: &bytes)
        }
    }
}
