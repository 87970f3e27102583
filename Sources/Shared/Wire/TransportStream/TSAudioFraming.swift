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

/// AAC in LATM: `AudioSyncStream`, ISO/IEC 14496-3 section 1.7.2.
struct LOASFraming: Sendable {
    private var latm = LATMReader(isInBand: true)

    mutating func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        let start = bytes.readerIndex
        guard let word = bytes.getInteger(at: start, as: UInt16.self),
            let low = bytes.getInteger(at: start + 2, as: UInt8.self)
        else { return .incomplete }
        guard Self.isSync(word) else {
            bytes.skipToSync(Self.isSync)
            return .skipped
        }
        let size = Int(word & 0x1F) << 8 | Int(low)
        guard let element = bytes.getSlice(at: start + 3, length: size) else { return .incomplete }
        bytes.moveReaderIndex(forwardBy: 3 + size)
        guard let payloads = try? self.latm.read(element), let mux = self.latm.mux else { return .skipped }
        // An element may have several frames.
        let frames = payloads.filter { $0.readableBytes > 0 }.map { payload in
            AudioFrame(
                payload: payload,
                samples: mux.frameLength,
                rate: mux.coreSampleRate,
                configuration: mux.configuration
            )
        }
        return frames.isEmpty ? .skipped : .frames(frames)
    }

    private static func isSync(_ word: UInt16) -> Bool { word & 0xFFE0 == 0x56E0 }
}

/// Opus packets behind the control header that "Opus in MPEG-TS" puts before each.
struct OpusControlFraming: Sendable {
    private let configuration: CodecConfiguration?

    init(channels: Int) {
        self.configuration = OpusHead(channels: channels).flatMap {
            try? CodecConfiguration(record: $0.record, of: .opus)
        }
    }

    func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        guard let prefix = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) else { return .incomplete }
        guard Self.isSync(prefix) else {
            bytes.skipToSync(Self.isSync)
            return .skipped
        }
        var reader = bytes
        guard let payload = Self.payload(&reader) else { return .incomplete }
        bytes = reader
        guard let samples = OpusPacket.samples(payload) else { return .skipped }
        return .frame(
            AudioFrame(
                payload: payload,
                samples: samples,
                rate: OpusHead.sampleRate,
                configuration: self.configuration
            )
        )
    }

    private static func isSync(_ word: UInt16) -> Bool { word & 0xFFE0 == 0x7FE0 }

    /// Reads a control header and the packet behind it; nil where more has to come.
    private static func payload(_ reader: inout ByteBuffer) -> ByteBuffer? {
        guard let prefix = reader.readInteger(as: UInt16.self) else { return nil }
        // The size is a sum of bytes, of which the last is less than 255.
        var size = 0
        while true {
            guard let part = reader.readInteger(as: UInt8.self) else { return nil }
            size += Int(part)
            if part < 255 { break }
        }
        let hasStartTrim = prefix & 0x10 != 0
        let hasEndTrim = prefix & 0x08 != 0
        guard reader.readSlice(length: (hasStartTrim ? 2 : 0) + (hasEndTrim ? 2 : 0)) != nil else { return nil }
        let hasExtension = prefix & 0x04 != 0
        if hasExtension {
            guard let length = reader.readInteger(as: UInt8.self), reader.readSlice(length: Int(length)) != nil else {
                return nil
            }
        }
        return reader.readSlice(length: size)
    }
}
