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
        case mp3, opus, eac3
    }

    /// Nil where frames tell no length.
    init?(_ configuration: CodecConfiguration) {
        switch configuration.codec {
        case .aac:
            guard let core = Self.aacCore(configuration.record) else { return nil }
            (self.rate, self.rule) = (core.rate, .constant(core.samples))
        case .mp3 where configuration.sampleRate > 0:
            (self.rate, self.rule) = (configuration.sampleRate, .mp3)
        case .opus:
            (self.rate, self.rule) = (48_000, .opus)
        case .ac3 where configuration.sampleRate > 0:
            (self.rate, self.rule) = (configuration.sampleRate, .constant(1536))
        case .eac3 where configuration.sampleRate > 0:
            (self.rate, self.rule) = (configuration.sampleRate, .eac3)
        case .flac where configuration.sampleRate > 0:
            guard let samples = Self.flacBlock(configuration.record) else { return nil }
            (self.rate, self.rule) = (configuration.sampleRate, .constant(samples))
        default:
            return nil
        }
    }

    /// Samples in one packet, or nil where it does not say.
    func samples(in payload: ByteBuffer) -> Int? {
        switch self.rule {
        case .constant(let samples): samples
        case .mp3: Self.mp3(payload)
        case .opus: Self.opus(payload)
        case .eac3: Self.eac3(payload)
        }
    }

    /// The core coder's rate and frame length (ISO/IEC 14496-3 section 1.6.2.1): with SBR the output rate is twice that.
    private static func aacCore(_ record: ByteBuffer) -> (rate: Int, samples: Int)? {
        let rates = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
        ]
        var bits = BitWindow(record)
        func objectType(_ bits: inout BitWindow) -> UInt64 {
            let type = bits.take(5)
            return type == 31 ? 32 + bits.take(6) : type
        }
        func frequency(_ bits: inout BitWindow) -> Int? {
            let index = Int(bits.take(4))
            return index == 15 ? Int(bits.take(24)) : index < rates.count ? rates[index] : nil
        }
        guard record.readableBytes >= 2 else { return nil }
        let type = objectType(&bits)
        guard let rate = frequency(&bits), rate > 0 else { return nil }
        _ = bits.take(4)
        if type == 5 || type == 29 {
            guard frequency(&bits) != nil else { return nil }
            _ = objectType(&bits)
        }
        return (rate, bits.take(1) == 1 ? 960 : 1024)
    }

    /// MPEG-1 layer III frames hold 1152 samples, those of MPEG-2 and 2.5 hold 576 (ISO/IEC 13818-3 section 2.4.2.3).
    private static func mp3(_ payload: ByteBuffer) -> Int? {
        guard let head = payload.getInteger(at: payload.readerIndex, as: UInt16.self), head >> 5 == 0x7ff else {
            return nil
        }
        return head >> 3 & 3 == 3 ? 1152 : 576
    }

    /// RFC 6716 section 3.1: the configuration number gives a frame's length, the code the number of frames.
    private static func opus(_ payload: ByteBuffer) -> Int? {
        guard let toc: UInt8 = payload.getInteger(at: payload.readerIndex) else { return nil }
        let frame =
            switch toc >> 3 {
            case 0..<12: [480, 960, 1920, 2880][Int(toc >> 3 & 3)]
            case 12..<16: [480, 960][Int(toc >> 3 & 1)]
            default: [120, 240, 480, 960][Int(toc >> 3 & 3)]
            }
        switch toc & 3 {
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

    /// The block size of a fixed-block stream (RFC 9639 section 8.2).
    private static func flacBlock(_ record: ByteBuffer) -> Int? {
        guard let info = StreamParameters.flacStreamInfo(record),
            let least: UInt16 = info.getInteger(at: info.readerIndex),
            let most: UInt16 = info.getInteger(at: info.readerIndex + 2),
            least == most, least > 0
        else { return nil }
        return Int(least)
    }
}

/// The first 64 bits of a record, taken from the top; zeros follow where it is shorter.
private struct BitWindow {
    private var bits: UInt64 = 0

    init(_ bytes: ByteBuffer) {
        for byte in bytes.readableBytesView.prefix(8).enumerated() {
            self.bits |= UInt64(byte.element) << (56 - 8 * UInt64(byte.offset))
        }
    }

    mutating func take(_ count: Int) -> UInt64 {
        defer { self.bits <<= count }
        return self.bits >> (64 - count)
    }
}
