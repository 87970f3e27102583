package import Media
package import NIOCore

/// Reads AudioMuxElements (LATM, ISO/IEC 14496-3 section 1.7.3) of one programme with one layer, which is what encoders
/// send.
package struct LATMReader: Sendable {
    package struct Frame: Sendable {
        package var payload: ByteBuffer
        package var samples: Int
        package var rate: Int
        package var configuration: CodecConfiguration
    }

    private struct Mux: Sendable {
        var configuration: CodecConfiguration
        var frameLength: Int
        var rate: Int
    }

    private var mux: Mux?
    package init() {}

    /// The frame in an element that says itself whether a configuration comes first (`muxConfigPresent`).
    package mutating func read(_ element: ByteBuffer) throws(CodecError) -> Frame {
        var reader = BitReader(element, of: "AudioMuxElement")
        if try !reader.flag("useSameStreamMux") { self.mux = try Self.streamMux(&reader) }
        guard let mux = self.mux else { throw reader.refusal(of: 1, "useSameStreamMux") }
        // PayloadLengthInfo: section 1.7.3.2.
        var length = 0
        while true {
            let part = try reader.bits(8, "tmp")
            length += part
            if part < 255 { break }
        }
        guard length > 0 else { throw reader.refusal(of: length, "MuxSlotLengthBytes") }
        let payload = try reader.bytes(length, "payload")
        return Frame(payload: payload, samples: mux.frameLength, rate: mux.rate, configuration: mux.configuration)
    }

    /// StreamMuxConfig: section 1.7.3.2.
    private static func streamMux(_ reader: inout BitReader) throws(CodecError) -> Mux {
        let isNewer = try reader.flag("audioMuxVersion")
        if isNewer, try reader.flag("audioMuxVersionA") { throw reader.refusal(of: 1, "audioMuxVersionA") }
        if isNewer { _ = try Self.value(&reader, "taraBufferFullness") }
        try reader.skip(1, "allStreamsSameTimeFraming")
        for (bits, field) in [(6, "numSubFrames"), (4, "numProgram"), (3, "numLayer")] {
            let number = try reader.bits(bits, field)
            guard number == 0 else { throw reader.refusal(of: number, field) }
        }
        let record: ByteBuffer
        if isNewer {
            let length = try Self.value(&reader, "ascLen")
            record = try reader.bytes(bits: length, "AudioSpecificConfig")
        } else {
            record = try reader.bytes(bits: try Self.configurationLength(reader), "AudioSpecificConfig")
        }
        let configuration = try CodecConfiguration(record: record, of: .aac)
        let kind = try reader.bits(3, "frameLengthType")
        guard kind == 0 else { throw reader.refusal(of: kind, "frameLengthType") }
        try reader.skip(8, "latmBufferFullness")
        if try reader.flag("otherDataPresent") {
            if isNewer {
                _ = try Self.value(&reader, "otherDataLenBits")
            } else {
                while try reader.flag("otherDataLenEsc") { try reader.skip(8, "otherDataLenTmp") }
                try reader.skip(8, "otherDataLenTmp")
            }
        }
        if try reader.flag("crcCheckPresent") { try reader.skip(8, "crcCheckSum") }
        let specific = try AudioSpecificConfig(record: record)
        return Mux(configuration: configuration, frameLength: specific.frameLength, rate: specific.coreSampleRate)
    }

    /// LatmGetValue.
    private static func value(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Int {
        let bytes = try reader.bits(2, field) + 1
        return try reader.bits(bytes * 8, field)
    }

    /// How many bits an AudioSpecificConfig of general audio without a programme element has; nothing else says so.
    private static func configurationLength(_ start: BitReader) throws(CodecError) -> Int {
        var reader = start
        let before = reader.bitsLeft
        var kind = try reader.bits(5, "audioObjectType")
        if try reader.bits(4, "samplingFrequencyIndex") == 15 { try reader.skip(24, "samplingFrequency") }
        let channels = try reader.bits(4, "channelConfiguration")
        guard channels != 0 else { throw reader.refusal(of: 0, "channelConfiguration") }
        if kind == 5 || kind == 29 {
            if try reader.bits(4, "extensionSamplingFrequencyIndex") == 15 {
                try reader.skip(24, "extensionSamplingFrequency")
            }
            kind = try reader.bits(5, "audioObjectType")
        }
        guard (1...4).contains(kind) else { throw reader.refusal(of: kind, "audioObjectType") }
        try reader.skip(1, "frameLengthFlag")
        if try reader.flag("dependsOnCoreCoder") { try reader.skip(14, "coreCoderDelay") }
        try reader.skip(1, "extensionFlag")
        return before - reader.bitsLeft
    }
}

extension BitReader {
    /// The next bytes, wherever the reader stands.
    fileprivate mutating func bytes(_ count: Int, _ field: String) throws(CodecError) -> ByteBuffer {
        try self.bytes(bits: count * 8, field)
    }

    /// The next bits as whole bytes, filled with zeros.
    fileprivate mutating func bytes(bits count: Int, _ field: String) throws(CodecError) -> ByteBuffer {
        guard count <= self.bitsLeft else {
            try self.skip(count, field)
            return ByteBuffer()
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity((count + 7) / 8)
        var left = count
        while left > 0 {
            let taken = min(left, 8)
            bytes.writeInteger(UInt8(truncatingIfNeeded: try self.bits(taken, field) << (8 - taken)))
            left -= taken
        }
        return bytes
    }
}
