import Media
import NIOCore

/// AAC as MP4A-LATM by RFC 6416 section 6 (and RFC 3016 before it): one audioMuxElement in one or several packets.
struct LATMDepacketizer: RTPDepacketizer {
    private(set) var configuration: CodecConfiguration?
    private var mux: LATMStreamMux?
    /// Whether elements say how they are made; else the description does.
    private let isInBand: Bool
    private let rate: Int

    private var timestamp: UInt32?
    private var bytes = ByteBuffer()
    private var isAfterLoss = false
    private var isDamaged = false

    private static let elementLimit = 1 << 18

    init(_ encoding: RTPEncoding) {
        self.rate = encoding.clockRate
        self.isInBand = encoding.parameters.number("cpresent") != 0
        guard var config = encoding.parameters["config"].flatMap({ ByteBuffer(hexadecimal: $0) }) else { return }
        // GStreamer ends it behind the channels; all that is missing is zero.
        config.writeInteger(UInt32(0))
        var reader = BitReader(config, of: "StreamMuxConfig")
        self.mux = try? LATMStreamMux(&reader)
        self.configuration = self.mux?.configuration
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        if self.timestamp != nil { self.isDamaged = true }
        self.isAfterLoss = true
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        if let timestamp = self.timestamp, timestamp != packet.timestamp { self.end(&output) }
        if self.timestamp == nil {
            self.timestamp = packet.timestamp
            self.isDamaged = false
        }
        self.bytes.writeImmutableBuffer(packet.payload)
        if self.bytes.readableBytes > Self.elementLimit {
            self.isDamaged = true
            self.bytes.clear()
        }
        if packet.marker { self.end(&output) }
    }

    private mutating func end(_ output: inout RTPDepacketizerOutput) {
        guard let timestamp = self.timestamp.take() else { return }
        let bytes = self.bytes
        let isAfterLoss = self.isAfterLoss
        self.bytes = ByteBuffer()
        self.isAfterLoss = false
        guard !self.isDamaged else {
            output.damaged += 1
            return
        }
        do throws(CodecError) {
            try self.read(bytes, timestamp, &output)
        } catch {
            // After a loss it may be the end of an element whose beginning is missing.
            if isAfterLoss {
                output.damaged += 1
            } else {
                output.malformed += 1
            }
        }
    }

    /// ISO/IEC 14496-3 section 1.7.3.1.
    private mutating func read(
        _ bytes: ByteBuffer,
        _ timestamp: UInt32,
        _ output: inout RTPDepacketizerOutput
    ) throws(CodecError) {
        var reader = BitReader(bytes, of: "AudioMuxElement")
        if self.isInBand, try !reader.flag("useSameStreamMux") { self.mux = try LATMStreamMux(&reader) }
        guard let mux = self.mux else {
            output.unconfigured += 1
            return
        }
        var units: [RTPAccessUnit] = []
        var time = timestamp
        for _ in 0..<mux.subframes {
            let unit = try mux.payload(&reader)
            if unit.readableBytes > 0 { units.append(RTPAccessUnit(timestamp: time, payload: unit)) }
            time &+= UInt32(truncatingIfNeeded: mux.frameLength * self.rate / max(1, mux.coreSampleRate))
        }
        if mux.configuration != self.configuration, !units.isEmpty {
            self.configuration = mux.configuration
            units[0].configuration = mux.configuration
        }
        output.units.append(contentsOf: units)
    }
}

/// StreamMuxConfig of one program with one layer, which is all RFC 6416 allows: ISO/IEC 14496-3 section 1.7.3.2.3.
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
