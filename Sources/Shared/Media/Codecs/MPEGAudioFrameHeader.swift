package import NIOCore

/// The header of an MPEG-1, MPEG-2 or MPEG-2.5 audio frame: ISO/IEC 11172-3 section 2.4.1.3.
package struct MPEGAudioFrameHeader: Hashable, Sendable {
    /// 1 to 3; MP3 is layer 3.
    package var layer: Int
    package var sampleRate: Int
    package var channels: Int
    /// Bits a second; zero for the free format.
    package var bitRate: Int
    /// Samples of each channel in the frame.
    package var samples: Int
    package var isPadded: Bool

    /// Bytes of the whole frame; nil in the free format, which does not say.
    package var length: Int? {
        guard self.bitRate > 0 else { return nil }
        // Layer 1 counts in slots of four bytes.
        let slot = self.layer == 1 ? 4 : 1
        return (self.samples / 8 / slot * self.bitRate / self.sampleRate + (self.isPadded ? 1 : 0)) * slot
    }

    /// Layers I and II are one coding here: decoders of the second play the first.
    package var codec: Codec { self.layer == 3 ? .mp3 : .mp2 }

    package init(_ frame: ByteBuffer) throws(CodecError) {
        var reader = BitReader(frame, of: "MPEG audio header")
        let sync = try reader.bits(11, "syncword")
        guard sync == 0x7FF else { throw reader.refusal(of: sync, "syncword") }
        let version = try reader.bits(2, "version")
        guard version != 1 else { throw reader.refusal(of: version, "version") }
        let layer = try reader.bits(2, "layer")
        guard layer != 0 else { throw reader.refusal(of: layer, "layer") }
        self.layer = 4 - layer
        try reader.skip(1, "protection_bit")
        let bitRate = try reader.bits(4, "bitrate_index")
        guard bitRate != 15 else { throw reader.refusal(of: bitRate, "bitrate_index") }
        let rate = try reader.bits(2, "sampling_frequency")
        guard rate != 3 else { throw reader.refusal(of: rate, "sampling_frequency") }
        // Version: 3 is MPEG-1, 2 is MPEG-2 at half its rates, 0 is MPEG-2.5 at a quarter.
        self.sampleRate = [44100, 48000, 32000][rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2)
        self.isPadded = try reader.flag("padding_bit")
        try reader.skip(1, "private_bit")
        self.channels = try reader.bits(2, "mode") == 3 ? 1 : 2
        let table: [Int]
        switch (version == 3, self.layer) {
        case (true, 1): table = Self.bitRates[0]
        case (true, 2): table = Self.bitRates[1]
        case (true, _): table = Self.bitRates[2]
        case (false, 1): table = Self.bitRates[3]
        case (false, _): table = Self.bitRates[4]
        }
        self.bitRate = table[bitRate] * 1000
        self.samples = self.layer == 1 ? 384 : self.layer == 3 && version != 3 ? 576 : 1152
    }

    private static let bitRates: [[Int]] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]
}
