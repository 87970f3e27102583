package import NIOCore

/// What AAC decoders start from: ISO/IEC 14496-3 section 1.6.2.1.
package struct AudioSpecificConfig: Hashable, Sendable {
    /// The coding of the core: 1 Main, 2 LC, 3 SSR, 4 LTP, 17 ER LC, 23 ER LD, 39 ER ELD, 42 xHE-AAC, …
    package var objectType: Int

    /// Samples a second that the core codes; half of what is heard when spectral band replication is on.
    package var coreSampleRate: Int

    /// Channels that the core codes, the low-frequency one included.
    package var coreChannels: Int

    /// Samples a second after spectral band replication, where the configuration says so.
    package var extensionSampleRate: Int?

    /// Parametric stereo makes two channels of the core's one.
    package var hasParametricStereo = false

    /// Spectral band replication is announced ahead of the core's object type, where every decoder must see it, and
    /// not behind the core's configuration, where old ones do not look.
    package var isHierarchical = false

    /// Samples of the core in an access unit; 0 where this code does not know.
    package var frameLength = 1024

    /// `channelConfiguration` (table 1.19): 0 where ``program`` says which channels there are.
    package private(set) var channelConfiguration = 0

    package private(set) var program: ProgramConfigElement?

    /// `samplingFrequencyIndex` of the core; 15 where the rate is written out.
    package private(set) var rateIndex = 15

    /// The core needs another coder's, or says more than the oldest decoders know: `dependsOnCoreCoder`, `extensionFlag`.
    package private(set) var isExtended = false

    /// Samples a second that are heard.
    package var sampleRate: Int { self.extensionSampleRate ?? self.coreSampleRate }

    /// Channels that are heard.
    package var channels: Int { self.hasParametricStereo && self.coreChannels == 1 ? 2 : self.coreChannels }

    package init(record: ByteBuffer) throws(CodecError) {
        var reader = BitReader(record, of: "AudioSpecificConfig")
        try self.init(within: &reader)
        if Self.generalAudio.contains(self.objectType), !self.isHierarchical { self.readTrailingExtension(&reader) }
    }

    /// Reads one that stands within another structure, from any bit on, and leaves the reader behind it. What may trail
    /// one that stands alone is not looked for.
    package init(within reader: inout BitReader) throws(CodecError) {
        self.objectType = try Self.objectType(&reader)
        (self.coreSampleRate, self.rateIndex) = try Self.sampleRate(&reader)
        let layout = try reader.bits(4, "channelConfiguration")
        self.channelConfiguration = layout
        if self.objectType == 5 || self.objectType == 29 {
            self.isHierarchical = true
            self.hasParametricStereo = self.objectType == 29
            self.extensionSampleRate = try Self.sampleRate(&reader).rate
            self.objectType = try Self.objectType(&reader)
            if self.objectType == 22 { try reader.skip(4, "extensionChannelConfiguration") }
        }
        self.coreChannels = 0
        if Self.generalAudio.contains(self.objectType) {
            try self.readGeneralAudio(&reader, layout: layout)
        } else {
            self.coreChannels = try Self.channels(&reader, layout: layout)
            // ELDSpecificConfig begins with its frame length (section 4.6.20.2); what the others have is not read here.
            let isLowDelay = self.objectType == 39
            self.frameLength = isLowDelay ? (try reader.flag("frameLengthFlag") ? 480 : 512) : 0
        }
    }

    /// The record of AAC LC whose channels a program config element names; nil for rates it has no code for.
    package static func lowComplexity(rateIndex: Int, program: ProgramConfigElement) -> ByteBuffer? {
        guard Self.sampleRates.indices.contains(rateIndex) else { return nil }
        var writer = BitWriter()
        writer.write(2, bits: 5)
        writer.write(rateIndex, bits: 4)
        writer.write(0, bits: 4 + 3)
        program.write(to: &writer)
        return writer.bytes
    }

    /// A record that says the same with a channel configuration instead of a program config element, which browsers refuse;
    /// nil where there is none that says the same.
    package var plainRecord: ByteBuffer? {
        guard let layout = self.program?.channelConfiguration, !self.isExtended, (1...4).contains(self.objectType)
        else {
            return nil
        }
        var writer = BitWriter()
        if self.isHierarchical, let rate = self.extensionSampleRate {
            writer.write(self.hasParametricStereo ? 29 : 5, bits: 5)
            Self.write(rate: self.coreSampleRate, to: &writer)
            writer.write(layout, bits: 4)
            Self.write(rate: rate, to: &writer)
            writer.write(self.objectType, bits: 5)
        } else {
            writer.write(self.objectType, bits: 5)
            Self.write(rate: self.coreSampleRate, to: &writer)
            writer.write(layout, bits: 4)
        }
        writer.write(self.frameLength == 960)
        writer.write(0, bits: 2)  // dependsOnCoreCoder, extensionFlag
        if !self.isHierarchical, let rate = self.extensionSampleRate {
            writer.write(0x2B7, bits: 11)
            writer.write(5, bits: 5)
            writer.write(true)
            Self.write(rate: rate, to: &writer)
            if self.hasParametricStereo {
                writer.write(0x548, bits: 11)
                writer.write(true)
            }
        }
        return writer.bytes
    }

    private static func write(rate: Int, to writer: inout BitWriter) {
        let index = Self.sampleRates.firstIndex(of: rate)
        writer.write(index ?? 15, bits: 4)
        if index == nil { writer.write(rate, bits: 24) }
    }

    /// The record of plain AAC LC, for a source that sent none; nil for rates and channels it has no code for.
    package static func lowComplexity(sampleRate: Int, channels: Int) -> ByteBuffer? {
        guard let rate = Self.sampleRates.firstIndex(of: sampleRate), (1...8).contains(channels), channels != 7 else {
            return nil
        }
        return ByteBuffer(integer: UInt16(2 << 11 | rate << 7 | (channels == 8 ? 7 : channels) << 3))
    }

    /// RFC 6381 section 3.3.
    package var codecString: String {
        guard self.isHierarchical else { return "mp4a.40.\(self.objectType)" }
        return self.hasParametricStereo ? "mp4a.40.29" : "mp4a.40.5"
    }

    /// Those configured by GASpecificConfig.
    private static let generalAudio: Set<Int> = [1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23]

    private static let sampleRates = [
        96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
    ]

    private static func objectType(_ reader: inout BitReader) throws(CodecError) -> Int {
        var kind = try reader.bits(5, "audioObjectType")
        if kind == 31 { kind = 32 + (try reader.bits(6, "audioObjectTypeExt")) }
        guard kind != 0 else { throw reader.refusal(of: kind, "audioObjectType") }
        return kind
    }

    private static func sampleRate(_ reader: inout BitReader) throws(CodecError) -> (rate: Int, index: Int) {
        let index = try reader.bits(4, "samplingFrequencyIndex")
        if index == 15 {
            let rate = try reader.bits(24, "samplingFrequency")
            guard rate > 0 else { throw reader.refusal(of: rate, "samplingFrequency") }
            return (rate, index)
        }
        guard index < self.sampleRates.count else { throw reader.refusal(of: index, "samplingFrequencyIndex") }
        return (self.sampleRates[index], index)
    }

    private static func channels(_ reader: inout BitReader, layout: Int) throws(CodecError) -> Int {
        switch layout {
        case 1...6: return layout
        case 7, 12, 14: return 8
        case 11: return 7
        case 13: return 24
        default: throw reader.refusal(of: layout, "channelConfiguration")
        }
    }

    /// GASpecificConfig: section 4.4.1.
    private mutating func readGeneralAudio(_ reader: inout BitReader, layout: Int) throws(CodecError) {
        let isShort = try reader.flag("frameLengthFlag")
        let dependsOnCore = try reader.flag("dependsOnCoreCoder")
        if dependsOnCore { try reader.skip(14, "coreCoderDelay") }
        let hasExtension = try reader.flag("extensionFlag")
        self.isExtended = dependsOnCore || hasExtension
        if layout == 0 {
            let program = try ProgramConfigElement(reading: &reader)
            self.program = program
            self.coreChannels = program.channels
        } else {
            self.coreChannels = try Self.channels(&reader, layout: layout)
        }
        switch self.objectType {
        case 23: self.frameLength = isShort ? 480 : 512
        case 3: self.frameLength = 256
        default: self.frameLength = isShort ? 960 : 1024
        }
        if self.objectType == 6 || self.objectType == 20 { try reader.skip(3, "layerNr") }
        guard hasExtension else { return }
        if self.objectType == 22 { try reader.skip(16, "numOfSubFrame") }
        if [17, 19, 20, 23].contains(self.objectType) { try reader.skip(3, "resilience flags") }
        try reader.skip(1, "extensionFlag3")
    }

    /// Section 1.6.5.3: whatever does not parse there is no extension.
    private mutating func readTrailingExtension(_ reader: inout BitReader) {
        guard reader.bitsLeft >= 16,
            (try? reader.bits(11, "syncExtensionType")) == 0x2B7,
            (try? Self.objectType(&reader)) == 5,
            (try? reader.flag("sbrPresentFlag")) == true,
            let rate = try? Self.sampleRate(&reader).rate
        else { return }
        self.extensionSampleRate = rate
        guard reader.bitsLeft >= 12, (try? reader.bits(11, "syncExtensionType")) == 0x548 else { return }
        self.hasParametricStereo = (try? reader.flag("psPresentFlag")) == true
    }
}
