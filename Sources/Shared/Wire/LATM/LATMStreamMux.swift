import Media
import NIOCore

/// StreamMuxConfig of one program with one layer, which is all that encoders send and RFC 6416 allows: ISO/IEC 14496-3 section 1.7.3.2.3.
struct LATMStreamMux: Sendable {
    let subframes: Int
    let configuration: CodecConfiguration
    let coreSampleRate: Int
    let frameLength: Int
    /// Bytes of every payload; nil where each says its own.
    private let fixedLength: Int?

    init(_ reader: inout BitReader) throws(CodecError) {
        let version = try reader.bits(1, "audioMuxVersion")
        if version == 1 {
            guard try reader.bits(1, "audioMuxVersionA") == 0 else { throw reader.refusal(of: 1, "audioMuxVersionA") }
            _ = try Self.value(&reader, "taraBufferFullness")
        }
        guard try reader.flag("allStreamsSameTimeFraming") else {
            throw reader.refusal(of: 0, "allStreamsSameTimeFraming")
        }
        self.subframes = try reader.bits(6, "numSubFrames") + 1
        let programs = try reader.bits(4, "numProgram")
        let layers = try reader.bits(3, "numLayer")
        guard programs == 0, layers == 0 else { throw reader.refusal(of: programs + layers, "numLayer") }

        let announced = version == 1 ? try Self.value(&reader, "ascLen") : nil
        var copy = reader
        let before = reader.bitsLeft
        let audio = try AudioSpecificConfig(within: &reader)
        var length = before - reader.bitsLeft
        if let announced {
            guard announced >= length else { throw reader.refusal(of: announced, "ascLen") }
            try reader.skip(announced - length, "fillBits")
            length = announced
        } else {
            try Self.skipExtension(&reader)
        }
        self.configuration = try CodecConfiguration(record: try Self.bytes(&copy, length), of: .aac)
        self.coreSampleRate = audio.coreSampleRate
        self.frameLength = audio.frameLength

        let lengthType = try reader.bits(3, "frameLengthType")
        switch lengthType {
        case 0:
            try reader.skip(8, "latmBufferFullness")
            self.fixedLength = nil
        case 1:
            self.fixedLength = try reader.bits(9, "frameLength") + 20
        default:
            throw reader.refusal(of: lengthType, "frameLengthType")
        }
        if try reader.flag("otherDataPresent") {
            // What it is and how long does not matter: it comes behind the payloads.
            if version == 1 {
                _ = try Self.value(&reader, "otherDataLenBits")
            } else {
                while try reader.flag("otherDataLenEsc") { try reader.skip(8, "otherDataLenTmp") }
                try reader.skip(8, "otherDataLenTmp")
            }
        }
        if try reader.flag("crcCheckPresent") { try reader.skip(8, "crcCheckSum") }
    }

    /// GStreamer writes the extension of an AudioSpecificConfig here, too, where nothing says that one follows. No
    /// frameLengthType that is in use begins like its mark (ISO/IEC 14496-3 section 1.6.2.1).
    private static func skipExtension(_ reader: inout BitReader) throws(CodecError) {
        var ahead = reader
        guard ahead.bitsLeft >= 11, try ahead.bits(11, "syncExtensionType") == 0x2B7 else { return }
        let kind = try ahead.bits(5, "extensionAudioObjectType")
        guard kind == 5 else { throw ahead.refusal(of: kind, "extensionAudioObjectType") }
        if try ahead.flag("sbrPresentFlag"), try ahead.bits(4, "extensionSamplingFrequencyIndex") == 15 {
            try ahead.skip(24, "extensionSamplingFrequency")
        }
        reader = ahead
    }

    /// PayloadLengthInfo and PayloadMux.
    func payload(_ reader: inout BitReader) throws(CodecError) -> ByteBuffer {
        var length = self.fixedLength ?? 0
        if self.fixedLength == nil {
            while true {
                let part = try reader.bits(8, "MuxSlotLengthBytes")
                length += part
                if part < 255 { break }
            }
        }
        return try Self.bytes(&reader, 8 * length)
    }

    /// So many bits as bytes, the last one filled with zeros; from any bit on.
    private static func bytes(_ reader: inout BitReader, _ count: Int) throws(CodecError) -> ByteBuffer {
        if reader.bitsLeft % 8 == 0, count % 8 == 0 { return try reader.slice(count / 8, "payload") }
        // Nothing is reserved for what is not there.
        guard count <= reader.bitsLeft else { throw reader.refusal(of: count / 8, "payload length") }
        var bytes = ByteBuffer()
        bytes.reserveCapacity((count + 7) / 8)
        for _ in 0..<(count / 32) { bytes.writeInteger(UInt32(try reader.bits(32, "payload"))) }
        for _ in 0..<(count % 32 / 8) { bytes.writeInteger(UInt8(try reader.bits(8, "payload"))) }
        let rest = count % 8
        if rest > 0 { bytes.writeInteger(UInt8(try reader.bits(rest, "payload")) << UInt8(8 - rest)) }
        return bytes
    }

    /// LatmGetValue(): one to four bytes.
    private static func value(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Int {
        var value = 0
        for _ in 0...(try reader.bits(2, field)) { value = value << 8 | (try reader.bits(8, field)) }
        return value
    }
}
