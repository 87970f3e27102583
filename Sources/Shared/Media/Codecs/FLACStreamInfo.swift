package import NIOCore

/// The STREAMINFO block: RFC 9639 section 8.2.
package struct FLACStreamInfo: Hashable, Sendable {
    /// Samples in a block.
    package var minimumBlockSize: Int
    package var maximumBlockSize: Int
    package var sampleRate: Int
    package var channels: Int
    package var bitsPerSample: Int

    /// The 34 bytes of the block.
    private var block: ByteBuffer

    private static let blockLength = 34

    /// Reads the block, with or without `fLaC` and the block's header before it: senders do all three.
    package init(record: ByteBuffer) throws(CodecError) {
        var rest = record
        if rest.readableBytesView.prefix(4).elementsEqual(Self.magic) { rest.moveReaderIndex(forwardBy: 4) }
        if rest.readableBytes >= Self.blockLength + 4 {
            var header = BitReader(rest, of: "FLAC metadata block")
            let kind = try header.bits(8, "block type") & 0x7F
            guard kind == 0 else { throw header.refusal(of: kind, "block type") }
            let length = try header.bits(24, "block length")
            guard length == Self.blockLength else { throw header.refusal(of: length, "block length") }
            rest.moveReaderIndex(forwardBy: 4)
        }
        var reader = BitReader(rest, of: "FLAC STREAMINFO")
        self.block = try reader.slice(Self.blockLength, "STREAMINFO")
        reader = BitReader(self.block, of: "FLAC STREAMINFO")
        self.minimumBlockSize = try reader.bits(16, "minimum block size")
        self.maximumBlockSize = try reader.bits(16, "maximum block size")
        try reader.skip(48, "frame sizes")
        self.sampleRate = try reader.bits(20, "sample rate")
        guard self.sampleRate > 0 else { throw reader.refusal(of: 0, "sample rate") }
        self.channels = try reader.bits(3, "channels") + 1
        self.bitsPerSample = try reader.bits(5, "bits per sample") + 1
        guard self.bitsPerSample >= 4 else { throw reader.refusal(of: self.bitsPerSample, "bits per sample") }
    }

    /// Makes the block from a frame's header, for a source that sent none.
    package init(frame: FLACFrameHeader) {
        self.minimumBlockSize = frame.blockSize
        self.maximumBlockSize = frame.blockSize
        self.sampleRate = frame.sampleRate
        self.channels = frame.channels
        self.bitsPerSample = frame.bitsPerSample
        self.block = ByteBuffer()
        self.block.writeInteger(UInt16(truncatingIfNeeded: frame.blockSize))
        self.block.writeInteger(UInt16(truncatingIfNeeded: frame.blockSize))
        self.block.writeRepeatingByte(0, count: 6)
        let format =
            UInt64(frame.sampleRate) << 44 | UInt64(frame.channels - 1) << 41 | UInt64(frame.bitsPerSample - 1) << 36
        self.block.writeInteger(format)
        self.block.writeRepeatingByte(0, count: 16)
    }

    /// `fLaC`, then the block as the only and last of the metadata.
    package var record: ByteBuffer {
        var record = ByteBuffer()
        record.writeBytes(Self.magic)
        record.writeInteger(UInt32(0x8000_0000 | Self.blockLength))
        record.writeImmutableBuffer(self.block)
        return record
    }

    private static let magic = Array("fLaC".utf8)
}

/// The header of a FLAC frame: RFC 9639 section 9.1.
package struct FLACFrameHeader: Hashable, Sendable {
    /// Samples of each channel.
    package var blockSize: Int
    package var sampleRate: Int
    package var channels: Int
    package var bitsPerSample: Int

    /// An error too where the header refers to a STREAMINFO that did not come.
    package init(_ frame: ByteBuffer) throws(CodecError) {
        var reader = BitReader(frame, of: "FLAC frame header")
        let sync = try reader.bits(15, "sync code")
        guard sync == 0x7FFC else { throw reader.refusal(of: sync, "sync code") }
        try reader.skip(1, "blocking strategy")
        let blockSize = try reader.bits(4, "block size")
        let sampleRate = try reader.bits(4, "sample rate")
        let channels = try reader.bits(4, "channel assignment")
        guard channels <= 10 else { throw reader.refusal(of: channels, "channel assignment") }
        self.channels = channels < 8 ? channels + 1 : 2
        let depth = try reader.bits(3, "bit depth")
        guard let bits = [nil, 8, 12, nil, 16, 20, 24, 32][depth] else { throw reader.refusal(of: depth, "bit depth") }
        self.bitsPerSample = bits
        try reader.skip(1, "reserved")

        // The frame's or sample's number, coded as UTF-8 codes a character.
        var first = UInt8(try reader.bits(8, "coded number"))
        while first & 0xC0 == 0xC0 {
            try reader.skip(8, "coded number")
            first <<= 1
        }
        switch blockSize {
        case 1: self.blockSize = 192
        case 2...5: self.blockSize = 144 << blockSize
        case 6: self.blockSize = try reader.bits(8, "uncommon block size") + 1
        case 7: self.blockSize = try reader.bits(16, "uncommon block size") + 1
        case 8...15: self.blockSize = 1 << blockSize
        default: throw reader.refusal(of: blockSize, "block size")
        }
        switch sampleRate {
        case 1...11: self.sampleRate = Self.sampleRates[sampleRate - 1]
        case 12: self.sampleRate = try reader.bits(8, "uncommon sample rate") * 1000
        case 13: self.sampleRate = try reader.bits(16, "uncommon sample rate")
        case 14: self.sampleRate = try reader.bits(16, "uncommon sample rate") * 10
        default: throw reader.refusal(of: sampleRate, "sample rate")
        }
        guard self.sampleRate > 0 else { throw reader.refusal(of: 0, "sample rate") }
    }

    private static let sampleRates = [
        88200, 176_400, 192_000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000,
    ]
}
