internal import Media
internal import NIOCore

/// How many samples an audio packet holds, from its coding's own framing.
///
/// Sources stamp audio in milliseconds (RTMP, FLV); frame lengths are exact. Formats with a finer clock need the exact
/// figure, or players crackle on the 21, 21, 22 ms that milliseconds make of 21.33.
struct AudioFrameLength {
    /// The rate the counts refer to, samples a second.
    let rate: Int
    private let rule: Rule

    private enum Rule {
        case constant(Int)
        case mpegAudio, opus, eac3
    }

    /// Nil where frames tell no length.
    init?(_ configuration: CodecConfiguration) {
        switch configuration.codec {
        case .aac:
            // The core's: with spectral band replication twice as many samples are heard, at twice the rate.
            guard let aac = try? AudioSpecificConfig(record: configuration.record), aac.frameLength > 0 else {
                return nil
            }
            (self.rate, self.rule) = (aac.coreSampleRate, .constant(aac.frameLength))
        case .mp3, .mp2:
            (self.rate, self.rule) = (configuration.sampleRate, .mpegAudio)
        case .opus:
            (self.rate, self.rule) = (OpusHead.sampleRate, .opus)
        case .ac3:
            (self.rate, self.rule) = (configuration.sampleRate, .constant(1536))
        case .eac3:
            (self.rate, self.rule) = (configuration.sampleRate, .eac3)
        case .flac:
            guard let info = try? FLACStreamInfo(record: configuration.record),
                info.minimumBlockSize == info.maximumBlockSize
            else { return nil }
            (self.rate, self.rule) = (info.sampleRate, .constant(info.maximumBlockSize))
        case .h264, .hevc, .av1, .vp9, .vp8, .pcmu, .pcma, .l16:
            return nil
        }
        guard self.rate > 0 else { return nil }
    }

    /// Samples in one packet, or nil where it does not say.
    func samples(in payload: ByteBuffer) -> Int? {
        switch self.rule {
        case .constant(let samples): samples > 0 ? samples : nil
        case .mpegAudio: (try? MPEGAudioFrameHeader(payload))?.samples
        case .opus: OpusPacket.samples(payload)
        case .eac3: (try? AC3FrameHeader(payload))?.samples
        }
    }
}
