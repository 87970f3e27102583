internal import Media
internal import NIOCore

/// adts_frame (ISO/IEC 14496-3 section 1.A.2) around AAC, as MPEG-TS carries it.
///
/// Written here and not by libavformat: its muxer writes the program config element in front of a track's first frame
/// alone, so nobody who joins later knows the channels, and refuses a whole file for one sound that ADTS has no words for.
struct ADTSHeader {
    /// The first four bytes: sync word, MPEG-4, no check sum, profile, rate, channels.
    private let fixed: UInt32
    /// What stands in front of a frame that a viewer may begin with; empty where the header says it all.
    private let program: ByteBuffer

    static let size = 7
    /// `aac_frame_length` has 13 bits.
    static let longestFrame = 0x1FFF

    /// What ADTS cannot say of the configuration.
    enum Refusal: Error, Hashable {
        /// It names four kinds of AAC, by two bits.
        case objectType
        /// It has a code for thirteen rates.
        case rate(Int)
        /// Its frames have 1024 samples.
        case frameLength
        /// It has three bits for the channels.
        case channels
    }

    init(_ configuration: AudioSpecificConfig) throws(Refusal) {
        guard (1...4).contains(configuration.objectType), !configuration.isExtended else { throw .objectType }
        guard configuration.frameLength == 1024 || configuration.objectType == 3 else { throw .frameLength }
        guard configuration.rateIndex < 13 else { throw .rate(configuration.coreSampleRate) }
        guard configuration.channelConfiguration <= 7 else { throw .channels }
        self.program = configuration.program?.block ?? ByteBuffer()
        self.fixed =
            0xFFF1_0000 | UInt32(configuration.objectType - 1) << 14 | UInt32(configuration.rateIndex) << 10
            | UInt32(configuration.channelConfiguration) << 6
    }

    /// Writes the frame; with `isJoin` the program config element stands in it, unless the frame has its own.
    ///
    /// - Returns: false where the frame is too long for ADTS; nothing is written then.
    func write(_ payload: ByteBuffer, isJoin: Bool, into output: inout ByteBuffer) -> Bool {
        let needsProgram =
            isJoin && self.program.readableBytes > 0 && ProgramConfigElement(beginning: payload) == nil
        let length = Self.size + (needsProgram ? self.program.readableBytes : 0) + payload.readableBytes
        guard length <= Self.longestFrame else { return false }
        output.writeInteger(self.fixed | UInt32(length >> 11))
        // The rest of the length, 11 ones for a variable rate, one block.
        output.writeInteger(UInt16(truncatingIfNeeded: length << 5) | 0x1F)
        output.writeInteger(UInt8(0xFC))
        if needsProgram { output.writeImmutableBuffer(self.program) }
        output.writeImmutableBuffer(payload)
        return true
    }
}
