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
        case .opus: Self.opus(payload)
        case .eac3: Self.eac3(payload)
        }
    }

    /// RFC 6716 section 3.1: the configuration number gives a frame's length, the code the number of frames.
    private static func opus(_ payload: ByteBuffer) -> Int? {
        guard let contents: UInt8 = payload.getInteger(at: payload.readerIndex) else { return nil }
        let number = Int(contents >> 3)
        let frame =
            switch number {
            case 0..<12: [480, 960, 1920, 2880][number & 3]
            case 12..<16: [480, 960][number & 1]
            default: [120, 240, 480, 960][number & 3]
            }
        switch contents & 3 {
        case 0: return frame
        case 1, 2: return 2 * frame
        default:
            guard let count: UInt8 = payload.getInteger(at: payload.readerIndex + 1), count & 63 > 0 else { return nil }
            return Int(count & 63) * frame
        }
    }

    /// ETSI TS 102 366 section E.1.3.1: blocks of 256 samples, as many as `numblkscod` says.
    private static func eac3(_ payload: ByteBuffer) -> Int? {
        guard payload.getInteger(at: payload.readerIndex, as: UInt16.self) == 0x0b77,
            let codes: UInt8 = payload.getInteger(at: payload.readerIndex + 4)
        else { return nil }
        return codes >> 6 == 3 ? 1536 : 256 * [1, 2, 3, 6][Int(codes >> 4 & 3)]
    }
}
