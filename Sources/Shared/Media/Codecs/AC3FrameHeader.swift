package import NIOCore

/// The start of an AC-3 or Enhanced AC-3 frame: ETSI TS 102 366 sections 4.4.1 and E.1.2.
package struct AC3FrameHeader: Hashable, Sendable {
    package var isEnhanced: Bool
    package var sampleRate: Int
    /// The low-frequency one included.
    package var channels: Int
    /// `bsid`: up to 10 AC-3, 11 to 16 Enhanced AC-3.
    package var bitstream: Int
    /// `strmtyp` 1: the frame adds channels to the one of an independent substream before it.
    package var isDependent = false
    /// `substreamid`: independent substreams are numbered from 0, and of each its dependent ones.
    package var substream = 0
    /// Bytes of the frame where the coding is Enhanced AC-3; nil otherwise.
    package var enhancedLength: Int?
    /// Samples of each channel: blocks of 256, of which AC-3 has six (sections 4.4.1 and E.1.3.1).
    package var samples = 1536

    package init(_ frame: ByteBuffer) throws(CodecError) {
        var reader = BitReader(frame, of: "AC-3 syncframe")
        let sync = try reader.bits(16, "syncword")
        guard sync == Int(AC3AccessUnit.sync) else { throw reader.refusal(of: sync, "syncword") }
        // Both forms keep bsid in the same bits, so that it can be read first.
        var ahead = reader
        try ahead.skip(24, "bsid")
        self.bitstream = try ahead.bits(5, "bsid")
        guard self.bitstream <= 16 else { throw ahead.refusal(of: self.bitstream, "bsid") }
        self.isEnhanced = self.bitstream > 10
        let mode: Int
        if self.isEnhanced {
            let type = try reader.bits(2, "strmtyp")
            guard type != 3 else { throw reader.refusal(of: type, "strmtyp") }
            self.isDependent = type == 1
            self.substream = try reader.bits(3, "substreamid")
            self.enhancedLength = (try reader.bits(11, "frmsiz") + 1) * 2
            var rate = try reader.bits(2, "fscod")
            if rate == 3 {
                rate = try reader.bits(2, "fscod2")
                guard rate != 3 else { throw reader.refusal(of: rate, "fscod2") }
                self.sampleRate = Self.sampleRates[rate] / 2
            } else {
                self.samples = 256 * [1, 2, 3, 6][try reader.bits(2, "numblkscod")]
                self.sampleRate = Self.sampleRates[rate]
            }
            mode = try reader.bits(3, "acmod")
        } else {
            try reader.skip(16, "crc1")
            let rate = try reader.bits(2, "fscod")
            guard rate != 3 else { throw reader.refusal(of: rate, "fscod") }
            let size = try reader.bits(6, "frmsizecod")
            guard size < 38 else { throw reader.refusal(of: size, "frmsizecod") }
            // bsid 9 and 10 halve and quarter the rate.
            self.sampleRate = Self.sampleRates[rate] >> max(0, self.bitstream - 8)
            try reader.skip(8, "bsmod")
            mode = try reader.bits(3, "acmod")
            if mode & 1 == 1, mode != 1 { try reader.skip(2, "cmixlev") }
            if mode & 4 == 4 { try reader.skip(2, "surmixlev") }
            if mode == 2 { try reader.skip(2, "dsurmod") }
        }
        self.channels = [2, 1, 2, 3, 3, 4, 4, 5][mode] + (try reader.bits(1, "lfeon"))
    }

    private static let sampleRates = [48000, 44100, 32000]
}
