package import NIOCore

/// The Opus identification header: RFC 7845 section 5.1.
package struct OpusHead: Hashable, Sendable {
    package var channels: Int
    /// Samples at 48 kHz that a decoder drops at the start.
    package var preSkip: Int
    /// Samples a second before encoding; Opus itself always runs at 48000.
    package var inputSampleRate: Int
    /// dB in 1/256.
    package var outputGain: Int
    package var mapping: ChannelMapping

    package enum ChannelMapping: Hashable, Sendable {
        /// Mono or stereo in one Opus stream.
        case plain
        /// Section 5.1.1: streams, how many of them are stereo, and which stream's channel each channel is.
        case table(family: UInt8, streams: Int, coupled: Int, map: [UInt8])
    }

    /// What every Opus decoder puts out.
    package static let sampleRate = 48000

    package init(record: ByteBuffer) throws(CodecError) {
        var reader = BitReader(record, of: "OpusHead")
        let magic = try reader.slice(8, "magic signature")
        guard magic.readableBytesView.elementsEqual(Self.magic) else { throw reader.refusal(of: 0, "magic signature") }
        let version = try reader.bits(8, "version")
        guard version < 16 else { throw reader.refusal(of: version, "version") }
        self.channels = try reader.bits(8, "output channel count")
        guard self.channels > 0 else { throw reader.refusal(of: 0, "output channel count") }
        self.preSkip = Int(UInt16(truncatingIfNeeded: try reader.bits(16, "pre-skip")).byteSwapped)
        self.inputSampleRate = Int(UInt32(truncatingIfNeeded: try reader.bits(32, "input sample rate")).byteSwapped)
        let gain = UInt16(truncatingIfNeeded: try reader.bits(16, "output gain")).byteSwapped
        self.outputGain = Int(Int16(bitPattern: gain))
        let family = try reader.bits(8, "channel mapping family")
        if family == 0 {
            guard self.channels <= 2 else { throw reader.refusal(of: self.channels, "output channel count") }
            self.mapping = .plain
            return
        }
        let streams = try reader.bits(8, "stream count")
        let coupled = try reader.bits(8, "coupled count")
        guard streams > 0, coupled <= streams, streams + coupled <= 255 else {
            throw reader.refusal(of: streams, "stream count")
        }
        var map: [UInt8] = []
        for _ in 0..<self.channels {
            let channel = try reader.bits(8, "channel mapping")
            guard channel == 255 || channel < streams + coupled else {
                throw reader.refusal(of: channel, "channel mapping")
            }
            map.append(UInt8(channel))
        }
        self.mapping = .table(family: UInt8(family), streams: streams, coupled: coupled, map: map)
    }

    /// The header of a source that sent none: mapping family 0 up to stereo, the Vorbis order of family 1 up to eight
    /// channels.
    package init?(channels: Int) {
        guard (1...8).contains(channels) else { return nil }
        self.channels = channels
        // What libopus needs at its usual complexity; the one number every encoder's header has.
        self.preSkip = 312
        self.inputSampleRate = Self.sampleRate
        self.outputGain = 0
        if channels <= 2 {
            self.mapping = .plain
        } else {
            let (streams, coupled, map) = Self.vorbisOrder[channels - 3]
            self.mapping = .table(family: 1, streams: streams, coupled: coupled, map: map)
        }
    }

    package var record: ByteBuffer {
        var record = ByteBuffer()
        record.writeBytes(Self.magic)
        record.writeInteger(UInt8(1))
        record.writeInteger(UInt8(truncatingIfNeeded: self.channels))
        record.writeInteger(UInt16(truncatingIfNeeded: self.preSkip), endianness: .little)
        record.writeInteger(UInt32(truncatingIfNeeded: self.inputSampleRate), endianness: .little)
        record.writeInteger(Int16(truncatingIfNeeded: self.outputGain), endianness: .little)
        switch self.mapping {
        case .plain:
            record.writeInteger(UInt8(0))
        case .table(let family, let streams, let coupled, let map):
            record.writeInteger(family)
            record.writeInteger(UInt8(truncatingIfNeeded: streams))
            record.writeInteger(UInt8(truncatingIfNeeded: coupled))
            record.writeBytes(map)
        }
        return record
    }

    private static let magic = Array("OpusHead".utf8)

    /// Section 5.1.1.2, from three channels on: streams, coupled streams, map.
    private static let vorbisOrder: [(Int, Int, [UInt8])] = [
        (2, 1, [0, 2, 1]), (2, 2, [0, 1, 2, 3]), (3, 2, [0, 4, 1, 2, 3]), (4, 2, [0, 4, 1, 2, 3, 5]),
        (4, 3, [0, 4, 1, 2, 3, 5, 6]), (5, 3, [0, 6, 1, 2, 3, 4, 5, 7]),
    ]
}
