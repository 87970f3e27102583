package import NIOCore

/// Sound of AAC that nobody hears: one access unit, made without an encoder.
package struct AACSilence: Hashable, Sendable {
    /// A raw data block (ISO/IEC 14496-3 section 4.4.2.1) whose channels have no scale factor bands.
    package let accessUnit: ByteBuffer

    /// For how long it is heard.
    package let duration: MediaTime

    private static let singleChannel = 0
    private static let channelPair = 1
    private static let end = 7

    /// Nil where the coding is not AAC LC of one or two channels, with or without spectral band replication.
    package init?(_ configuration: CodecConfiguration) {
        guard configuration.codec == .aac, let aac = try? AudioSpecificConfig(record: configuration.record),
            aac.objectType == 2, !aac.isExtended, aac.coreSampleRate > 0, aac.frameLength > 0
        else { return nil }
        var writer = BitWriter()
        switch aac.channelConfiguration {
        case 1:
            writer.write(Self.singleChannel, bits: 3)
            writer.write(0, bits: 4)
            Self.channel(&writer)
        case 2:
            writer.write(Self.channelPair, bits: 3)
            // The instance, and that the two have no window in common.
            writer.write(0, bits: 4 + 1)
            Self.channel(&writer)
            Self.channel(&writer)
        default: return nil
        }
        writer.write(Self.end, bits: 3)
        self.accessUnit = writer.bytes
        self.duration = MediaTime(
            microseconds: Int64(aac.frameLength) * 1_000_000 / Int64(aac.coreSampleRate)
        )
    }

    /// `individual_channel_stream()` (table 4.50): a gain, a long window without bands, and no tools.
    private static func channel(_ writer: inout BitWriter) {
        writer.write(0, bits: 8)
        writer.write(0, bits: 1 + 2 + 1 + 6 + 1)
        writer.write(0, bits: 3)
    }
}
