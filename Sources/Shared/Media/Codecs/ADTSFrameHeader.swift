package import NIOCore

/// `adts_frame` without its sound: ISO/IEC 13818-7 section 6.2.
package struct ADTSFrameHeader: Hashable, Sendable {
    /// Bytes of the header, with its check sum.
    package var length: Int
    /// Bytes of the frame, its header included.
    package var frameLength: Int
    /// `number_of_raw_data_blocks_in_frame` and one.
    package var blocks: Int
    /// `profile_ObjectType`, one less than the audio object type.
    package var profile: Int
    /// `sampling_frequency_index`.
    package var rateIndex: Int
    /// `channel_configuration`.
    package var channels: Int

    /// Nil where the readable bytes do not begin with one. No access unit of bare AAC begins so: its first element would be
    /// the end of it.
    package init?(_ bytes: ByteBuffer) {
        let start = bytes.readerIndex
        guard let fixed = bytes.getInteger(at: start, as: UInt32.self), fixed >> 16 & 0xFFF6 == 0xFFF0,
            let variable = bytes.getInteger(at: start + 3, as: UInt32.self)
        else { return nil }
        self.length = fixed & 0x1_0000 != 0 ? 7 : 9
        self.profile = Int(fixed >> 14 & 3)
        self.rateIndex = Int(fixed >> 10 & 15)
        self.channels = Int(fixed >> 6 & 7)
        self.frameLength = Int(variable >> 13 & 0x1FFF)
        self.blocks = Int(variable & 3) + 1
        guard self.frameLength >= self.length, self.rateIndex <= 12 else { return nil }
    }

    /// The configuration that it stands for; nil where the channels are in the sound itself.
    package var configuration: CodecConfiguration? {
        guard self.channels > 0 else { return nil }
        let record = UInt16(self.profile + 1) << 11 | UInt16(self.rateIndex) << 7 | UInt16(self.channels) << 3
        return try? CodecConfiguration(record: ByteBuffer(integer: record), of: .aac)
    }
}
