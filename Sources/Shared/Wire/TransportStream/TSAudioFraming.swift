import Media
import NIOCore

/// How the frames of an audio track are found among its bytes.
struct TSAudioFraming: Sendable {
    enum Step {
        /// Most have one; an element of LATM may have several.
        case frames([TSAudioFrame])
        /// Bytes that belong to no frame were passed over.
        case skipped
        /// The frame goes on in the next unit.
        case incomplete

        fileprivate static func frame(_ frame: TSAudioFrame) -> Step { .frames([frame]) }
    }

    private let coding: TSCoding
    private var latm = LATMReader(isInBand: true)
    /// The last frame's header and what it made, so that each of the same is not read anew.
    private var known: (header: UInt32, configuration: CodecConfiguration)?
    /// The channels of ADTS frames whose header does not say them; few frames repeat it.
    private var program: ProgramConfigElement?

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
        let (profile, rate, channels) = (fields >> 14 & 3, fields >> 10 & 15, fixed >> 6 & 7)
        if channels == 0, let block = bytes.getSlice(at: start + headerSize, length: size - headerSize),
            let program = ProgramConfigElement(beginning: block), program != self.program
        {
            self.program = program
            self.known = nil
        }
        let program = self.program
        let made = self.configuration(fields) {
            if channels == 0 {
                // Nothing can be made of its frames before it has said which channels they have.
                guard profile == 1, let program,
                    let record = AudioSpecificConfig.lowComplexity(rateIndex: Int(rate), program: program)
                else { return nil }
                return try CodecConfiguration(record: record, of: .aac)
            }
            let record = UInt16(profile + 1) << 11 | UInt16(rate) << 7 | UInt16(channels) << 3
            return try CodecConfiguration(record: ByteBuffer(integer: record), of: .aac)
        }
        guard let made, let payload = bytes.getSlice(at: start + headerSize, length: size - headerSize) else {
            guard channels == 0 else { return Self.skip(&bytes, to: isSync) }
            bytes.moveReaderIndex(forwardBy: size)
            return .skipped
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
        guard let payloads = try? self.latm.read(element), let mux = self.latm.mux else { return .skipped }
        let frames = payloads.filter { $0.readableBytes > 0 }.map { payload in
            TSAudioFrame(
                payload: payload,
                samples: mux.frameLength,
                rate: mux.coreSampleRate,
                configuration: mux.configuration
            )
        }
        return frames.isEmpty ? .skipped : .frames(frames)
    }

    // MARK: MPEG audio, AC-3

    private mutating func mpegAudio(_ bytes: inout ByteBuffer) -> Step {
        let start = bytes.readerIndex
        guard let fixed = bytes.getInteger(at: start, as: UInt32.self) else { return .incomplete }
        let isSync = { (word: UInt16) in word & 0xFFE0 == 0xFFE0 }
        guard isSync(UInt16(fixed >> 16)), let header = try? MPEGAudioFrameHeader(bytes), let size = header.length
        else { return Self.skip(&bytes, to: isSync) }
        guard let payload = bytes.readSlice(length: size) else { return .incomplete }
        // Version, layer, rate and channels.
        let made = self.configuration(fixed & 0xFFFE_0CC0) {
            try CodecConfiguration(accessUnit: payload, of: header.codec)
        }
        return .frame(
            TSAudioFrame(payload: payload, samples: header.samples, rate: header.sampleRate, configuration: made)
        )
    }

    private mutating func ac3(_ bytes: inout ByteBuffer) -> Step {
        let isSync = { (word: UInt16) in word == AC3AccessUnit.sync }
        switch AC3AccessUnit.first(in: bytes) {
        case .incomplete: return .incomplete
        case .nothing: return Self.skip(&bytes, to: isSync)
        case .orphan(let length):
            bytes.moveReaderIndex(forwardBy: length)
            return .skipped
        case .unit(let unit):
            guard let payload = bytes.getSlice(at: bytes.readerIndex, length: unit.length) else { return .incomplete }
            bytes.moveReaderIndex(forwardBy: unit.stride)
            // What either stream type stands for, the frame knows better.
            let made = try? CodecConfiguration(accessUnit: payload, of: unit.header.isEnhanced ? .eac3 : .ac3)
            return .frame(
                TSAudioFrame(
                    payload: payload,
                    samples: unit.samples,
                    rate: unit.header.sampleRate,
                    configuration: made
                )
            )
        }
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
