import Media
import NIOCore

/// How the frames of an audio track are found among its bytes.
struct TSAudioFraming: Sendable {
    enum Step {
        case frame(TSAudioFrame)
        /// Bytes that belong to no frame were passed over.
        case skipped
        /// The frame goes on in the next unit.
        case incomplete
    }

    private let coding: TSCoding
    private var latm = LATMReader(isInBand: true)
    /// The last frame's header and what it made, so that each of the same is not read anew.
    private var known: (header: UInt32, configuration: CodecConfiguration)?

    init?(_ coding: TSCoding) {
        guard coding.kind == .audio else { return nil }
        self.coding = coding
    }

    /// Takes the next frame off the bytes.
    mutating func next(from bytes: inout ByteBuffer) -> Step {
        switch self.coding {
        case .adts: self.adts(&bytes)
        case .latm: self.loas(&bytes)
        case .mpegAudio: self.mpegAudio(&bytes)
        case .ac3, .eac3: self.ac3(&bytes)
        case .opus(let channels): self.opus(&bytes, channels: channels)
        case .h264, .hevc: .incomplete
        }
    }

    /// Passes over bytes until the two that begin a frame may stand there.
    private static func skip(_ bytes: inout ByteBuffer, to isSync: (UInt16) -> Bool) -> Step {
        bytes.moveReaderIndex(forwardBy: 1)
        while let word = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self), !isSync(word) {
            bytes.moveReaderIndex(forwardBy: 1)
        }
        return .skipped
    }

    private mutating func configuration(
        _ header: UInt32,
        _ make: () throws -> CodecConfiguration?
    ) -> CodecConfiguration? {
        if let known = self.known, known.header == header { return known.configuration }
        guard let configuration = try? make() else { return nil }
        self.known = (header, configuration)
        return configuration
    }

    // MARK: AAC

    /// `adts_frame`: ISO/IEC 13818-7 section 6.2.
    private mutating func adts(_ bytes: inout ByteBuffer) -> Step {
        let start = bytes.readerIndex
        guard let fixed = bytes.getInteger(at: start, as: UInt32.self),
            let variable = bytes.getInteger(at: start + 3, as: UInt32.self)
        else { return .incomplete }
        let isSync = { (word: UInt16) in word & 0xFFF6 == 0xFFF0 }
        guard isSync(UInt16(fixed >> 16)) else { return Self.skip(&bytes, to: isSync) }
        let size = Int(variable >> 13 & 0x1FFF)
        let headerSize = fixed & 0x1_0000 != 0 ? 7 : 9
        let blocks = bytes.getInteger(at: start + 6, as: UInt8.self).map { $0 & 3 } ?? 0
        guard size > headerSize, blocks == 0 else { return Self.skip(&bytes, to: isSync) }
        guard bytes.readableBytes >= size else { return .incomplete }
        // Profile, rate and channels; whether there is a check sum does not matter.
        let fields = fixed & 0xFDC0
        let made = self.configuration(fields) {
            let (profile, rate, channels) = (fields >> 14 & 3, fields >> 10 & 15, fixed >> 6 & 7)
            let record = UInt16(profile + 1) << 11 | UInt16(rate) << 7 | UInt16(channels) << 3
            return try CodecConfiguration(record: ByteBuffer(integer: record), of: .aac)
        }
        guard let made, let payload = bytes.getSlice(at: start + headerSize, length: size - headerSize) else {
            return Self.skip(&bytes, to: isSync)
        }
        bytes.moveReaderIndex(forwardBy: size)
        return .frame(TSAudioFrame(payload: payload, samples: 1024, rate: made.sampleRate, configuration: made))
    }

    /// AudioSyncStream: ISO/IEC 14496-3 section 1.7.2.
    private mutating func loas(_ bytes: inout ByteBuffer) -> Step {
        let start = bytes.readerIndex
        guard let word = bytes.getInteger(at: start, as: UInt16.self),
            let low = bytes.getInteger(at: start + 2, as: UInt8.self)
        else { return .incomplete }
        let isSync = { (word: UInt16) in word & 0xFFE0 == 0x56E0 }
        guard isSync(word) else { return Self.skip(&bytes, to: isSync) }
        let size = Int(word & 0x1F) << 8 | Int(low)
        guard let element = bytes.getSlice(at: start + 3, length: size) else { return .incomplete }
        bytes.moveReaderIndex(forwardBy: 3 + size)
        // One frame an element, as every encoder has it.
        guard let payloads = try? self.latm.read(element), let mux = self.latm.mux, payloads.count == 1,
            payloads[0].readableBytes > 0
        else { return .skipped }
        return .frame(
            TSAudioFrame(
                payload: payloads[0],
                samples: mux.frameLength,
                rate: mux.coreSampleRate,
                configuration: mux.configuration
            )
        )
    }

    // MARK: MPEG audio, AC-3

    private mutating func mpegAudio(_ bytes: inout ByteBuffer) -> Step {
        let start = bytes.readerIndex
        guard let fixed = bytes.getInteger(at: start, as: UInt32.self) else { return .incomplete }
        let isSync = { (word: UInt16) in word & 0xFFE0 == 0xFFE0 }
        guard isSync(UInt16(fixed >> 16)), let header = try? MPEGAudioFrameHeader(bytes), header.layer == 3,
            header.bitRate > 0
        else { return Self.skip(&bytes, to: isSync) }
        let size = header.samples / 8 * header.bitRate / header.sampleRate + (fixed & 0x200 != 0 ? 1 : 0)
        guard let payload = bytes.readSlice(length: size) else { return .incomplete }
        let made = self.configuration(fixed & 0xFFFE_0CC0) {
            try CodecConfiguration(accessUnit: payload, of: .mp3)
        }
        return .frame(
            TSAudioFrame(payload: payload, samples: header.samples, rate: header.sampleRate, configuration: made)
        )
    }

    private mutating func ac3(_ bytes: inout ByteBuffer) -> Step {
        let isSync = { (word: UInt16) in word == 0x0B77 }
        guard bytes.readableBytes >= 8 else { return .incomplete }
        guard let header = try? AC3FrameHeader(bytes), let size = AC3FrameSize.read(bytes, header) else {
            return Self.skip(&bytes, to: isSync)
        }
        guard let payload = bytes.readSlice(length: size.bytes) else { return .incomplete }
        // What either stream type stands for, the frame knows better.
        let made = try? CodecConfiguration(accessUnit: payload, of: header.isEnhanced ? .eac3 : .ac3)
        return .frame(
            TSAudioFrame(payload: payload, samples: size.samples, rate: header.sampleRate, configuration: made)
        )
    }

    // MARK: Opus

    /// An Opus packet behind its control header, as "Opus in MPEG-TS" frames it.
    private mutating func opus(_ bytes: inout ByteBuffer, channels: Int) -> Step {
        var reader = bytes
        let isSync = { (word: UInt16) in word & 0xFFE0 == 0x7FE0 }
        guard let prefix = reader.readInteger(as: UInt16.self) else { return .incomplete }
        guard isSync(prefix) else { return Self.skip(&bytes, to: isSync) }
        var size = 0
        while true {
            guard let part = reader.readInteger(as: UInt8.self) else { return .incomplete }
            size += Int(part)
            if part < 255 { break }
        }
        let trims = (prefix & 0x10 != 0 ? 2 : 0) + (prefix & 0x08 != 0 ? 2 : 0)
        guard reader.readSlice(length: trims) != nil else { return .incomplete }
        if prefix & 0x04 != 0 {
            guard let length = reader.readInteger(as: UInt8.self), reader.readSlice(length: Int(length)) != nil
            else { return .incomplete }
        }
        guard let payload = reader.readSlice(length: size) else { return .incomplete }
        bytes = reader
        guard let samples = OpusPacket.samples(payload) else { return .skipped }
        let made = self.configuration(UInt32(channels)) {
            guard let head = OpusHead(channels: channels) else { return nil }
            return try CodecConfiguration(record: head.record, of: .opus)
        }
        return .frame(
            TSAudioFrame(payload: payload, samples: samples, rate: OpusHead.sampleRate, configuration: made)
        )
    }
}

/// How long an AC-3 or Enhanced AC-3 frame is: ETSI TS 102 366 sections 4.4.1, F.5.1 and E.1.3.1.
enum AC3FrameSize {
    private static let kilobits = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
    ]

    static func read(_ bytes: ByteBuffer, _ header: AC3FrameHeader) -> (bytes: Int, samples: Int)? {
        let start = bytes.readerIndex
        guard let codes = bytes.getInteger(at: start + 4, as: UInt8.self) else { return nil }
        if header.isEnhanced {
            guard let word = bytes.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            let samples = codes >> 6 == 3 ? 1536 : 256 * [1, 2, 3, 6][Int(codes >> 4 & 3)]
            return ((Int(word & 0x7FF) + 1) * 2, samples)
        }
        let code = Int(codes & 63)
        guard code / 2 < Self.kilobits.count else { return nil }
        let rate = Self.kilobits[code / 2]
        switch codes >> 6 {
        case 0: return (rate * 4, 1536)
        case 1: return ((320 * rate / 147 + (code & 1)) * 2, 1536)
        case 2: return (rate * 6, 1536)
        default: return nil
        }
    }
}

/// RFC 6716 section 3.1.
enum OpusPacket {
    /// Samples at 48 kHz; nil where the packet does not say.
    static func samples(_ packet: ByteBuffer) -> Int? {
        guard let contents = packet.getInteger(at: packet.readerIndex, as: UInt8.self) else { return nil }
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
            guard let count = packet.getInteger(at: packet.readerIndex + 1, as: UInt8.self), count & 63 > 0
            else { return nil }
            return Int(count & 63) * frame
        }
    }
}
