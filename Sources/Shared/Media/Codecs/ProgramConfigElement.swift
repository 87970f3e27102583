package import NIOCore

/// program_config_element: ISO/IEC 14496-3 section 4.4.1.1. It says which channels AAC has where the channel
/// configuration is 0.
package struct ProgramConfigElement: Hashable, Sendable {
    /// A single channel, or a pair of them.
    package struct Element: Hashable, Sendable {
        package var isPair: Bool
        /// `element_tag_select`, 4 bits.
        package var tag: Int
    }

    /// `element_instance_tag`, 4 bits; `object_type`, 2 bits; `sampling_frequency_index`, 4 bits.
    private var instance: Int
    private var objectType: Int
    private var rateIndex: Int
    package private(set) var front: [Element] = []
    package private(set) var side: [Element] = []
    package private(set) var back: [Element] = []
    /// Tags of low-frequency channels, of data streams, and of coupling channels with their flag in front.
    package private(set) var low: [Int] = []
    private var data: [Int] = []
    private var coupling: [Int] = []
    private var monoMixdown: Int?
    private var stereoMixdown: Int?
    private var matrixMixdown: Int?
    private var comment = ByteBuffer()

    /// Reads the element behind its `id_syn_ele`. The reader must have begun at what the element's bytes are aligned to:
    /// the AudioSpecificConfig or the raw_data_block around it.
    package init(reading reader: inout BitReader) throws(CodecError) {
        self.instance = try reader.bits(4, "element_instance_tag")
        self.objectType = try reader.bits(2, "object_type")
        self.rateIndex = try reader.bits(4, "sampling_frequency_index")
        let front = try reader.bits(4, "num_front_channel_elements")
        let side = try reader.bits(4, "num_side_channel_elements")
        let back = try reader.bits(4, "num_back_channel_elements")
        let low = try reader.bits(2, "num_lfe_channel_elements")
        let data = try reader.bits(3, "num_assoc_data_elements")
        let coupling = try reader.bits(4, "num_valid_cc_elements")
        if try reader.flag("mono_mixdown_present") {
            self.monoMixdown = try reader.bits(4, "mono_mixdown_element_number")
        }
        if try reader.flag("stereo_mixdown_present") {
            self.stereoMixdown = try reader.bits(4, "stereo_mixdown_element_number")
        }
        if try reader.flag("matrix_mixdown_idx_present") {
            self.matrixMixdown = try reader.bits(3, "matrix_mixdown_idx")
        }
        for _ in 0..<front { self.front.append(try Self.element(&reader)) }
        for _ in 0..<side { self.side.append(try Self.element(&reader)) }
        for _ in 0..<back { self.back.append(try Self.element(&reader)) }
        for _ in 0..<low { self.low.append(try reader.bits(4, "element_tag_select")) }
        for _ in 0..<data { self.data.append(try reader.bits(4, "element_tag_select")) }
        for _ in 0..<coupling { self.coupling.append(try reader.bits(5, "element_tag_select")) }
        reader.skipToByte()
        self.comment = try reader.slice(try reader.bits(8, "comment_field_bytes"), "comment_field_data")
        guard self.channels > 0 else { throw reader.refusal(of: 0, "program_config_element channels") }
    }

    /// The one that begins a raw_data_block; nil where another element does, or it does not parse.
    package init?(beginning block: ByteBuffer) {
        var reader = BitReader(block, of: "raw_data_block")
        guard let kind = try? reader.bits(3, "id_syn_ele"), kind == Self.elementKind,
            let element = try? ProgramConfigElement(reading: &reader)
        else { return nil }
        self = element
    }

    /// `ID_PCE`: table 4.71.
    private static let elementKind = 5

    private static func element(_ reader: inout BitReader) throws(CodecError) -> Element {
        let isPair = try reader.flag("element_is_cpe")
        return Element(isPair: isPair, tag: try reader.bits(4, "element_tag_select"))
    }

    package var channels: Int {
        (self.front + self.side + self.back).reduce(self.low.count) { $0 + ($1.isPair ? 2 : 1) }
    }

    /// The channel configuration (table 1.19) that stands for the same elements in the same order; nil where none of
    /// those does that every decoder knows.
    ///
    /// Encoders that know the surround channels as "side" write the elements of 5.1 with a pair there instead of at the
    /// back; decoders tell those of configuration 6 no other name.
    package var channelConfiguration: Int? {
        guard self.coupling.isEmpty, self.data.isEmpty, self.hasUsualTags else { return nil }
        let shape = [self.front, self.side + self.back].map { $0.map { $0.isPair ? "P" : "S" }.joined() }
        guard self.side.isEmpty || self.back.isEmpty else { return nil }
        switch (shape[0], shape[1], self.low.count) {
        case ("S", "", 0): return 1
        case ("P", "", 0): return 2
        case ("SP", "", 0): return 3
        case ("SP", "S", 0): return 4
        case ("SP", "P", 0): return 5
        case ("SP", "P", 1): return 6
        case ("SPP", "P", 1): return 7
        default: return nil
        }
    }

    /// Whether single channels, pairs and low-frequency channels are each numbered from 0 as they come, which is how the
    /// elements of a channel configuration are told apart.
    private var hasUsualTags: Bool {
        let all = self.front + self.side + self.back
        return all.filter(\.isPair).map(\.tag) == Array(0..<all.count(where: \.isPair))
            && all.filter { !$0.isPair }.map(\.tag) == Array(0..<all.count { !$0.isPair })
            && self.low == Array(0..<self.low.count)
    }

    /// The element with its `id_syn_ele`, whole bytes, to stand in front of the others of a raw_data_block.
    package var block: ByteBuffer {
        var writer = BitWriter()
        writer.write(Self.elementKind, bits: 3)
        self.write(to: &writer)
        return writer.bytes
    }

    /// Writes it where the bytes of the writer begin at what it is aligned to.
    func write(to writer: inout BitWriter) {
        writer.write(self.instance, bits: 4)
        writer.write(self.objectType, bits: 2)
        writer.write(self.rateIndex, bits: 4)
        writer.write(self.front.count, bits: 4)
        writer.write(self.side.count, bits: 4)
        writer.write(self.back.count, bits: 4)
        writer.write(self.low.count, bits: 2)
        writer.write(self.data.count, bits: 3)
        writer.write(self.coupling.count, bits: 4)
        for (mixdown, bits) in [(self.monoMixdown, 4), (self.stereoMixdown, 4), (self.matrixMixdown, 3)] {
            writer.write(mixdown != nil)
            if let mixdown { writer.write(mixdown, bits: bits) }
        }
        for element in self.front + self.side + self.back {
            writer.write(element.isPair)
            writer.write(element.tag, bits: 4)
        }
        for tag in self.low + self.data { writer.write(tag, bits: 4) }
        for tag in self.coupling { writer.write(tag, bits: 5) }
        writer.alignToByte()
        writer.write(self.comment.readableBytes, bits: 8)
        for byte in self.comment.readableBytesView { writer.write(Int(byte), bits: 8) }
    }
}
