import Media
import NIOCore

/// AAC by RFC 3640, high and low bit rate: several access units in a packet, or one in several packets.
struct AACDepacketizer: RTPDepacketizer {
    private(set) var configuration: CodecConfiguration?
    /// The description says how it is coded; otherwise headers of ADTS may.
    private let isDescribed: Bool
    private let layout: AACHeaderLayout

    /// Ticks from one access unit to the next.
    private let duration: UInt32

    /// Of an access unit in several packets.
    private struct Fragment {
        var timestamp: UInt32
        var size: Int
        var bytes: ByteBuffer
    }

    private var fragment: Fragment?
    /// The rest of an access unit whose beginning was lost is waited out.
    private var isAfterLoss = false

    /// Access units of one packet: what its headers could announce is more than a datagram holds.
    private static let unitLimit = 128

    init(_ encoding: RTPEncoding) {
        self.layout = AACHeaderLayout(encoding.parameters)
        let described = encoding.parameters["config"].flatMap { ByteBuffer(hexadecimal: $0) }
            .flatMap { try? CodecConfiguration(record: $0, of: .aac) }
        // Some devices leave it out: low complexity at the clock's rate is what they all mean.
        let configuration =
            described
            ?? AudioSpecificConfig.lowComplexity(
                sampleRate: encoding.clockRate,
                channels: encoding.channels ?? 1
            ).flatMap { try? CodecConfiguration(record: $0, of: .aac) }
        self.configuration = configuration
        self.isDescribed = described != nil
        let aac = configuration.flatMap { try? AudioSpecificConfig(record: $0.record) }
        let frame = aac.map { $0.frameLength * encoding.clockRate / max(1, $0.coreSampleRate) } ?? 1024
        self.duration = UInt32(clamping: encoding.parameters.number("constantDuration") ?? frame)
    }

    var standing: RTPDepacketizerStanding? {
        guard self.fragment == nil else { return nil }
        return RTPDepacketizerStanding(configuration: self.configuration, isAfterLoss: self.isAfterLoss)
    }

    mutating func resume(_ standing: RTPDepacketizerStanding) {
        self.configuration = standing.configuration
        self.isAfterLoss = standing.isAfterLoss
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        if self.fragment != nil { output.damaged += 1 }
        self.fragment = nil
        self.isAfterLoss = true
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        let isAfterLoss = self.isAfterLoss
        self.isAfterLoss = false
        var bytes = packet.payload
        guard let sizes = self.layout.sizes(&bytes, limit: Self.unitLimit) else {
            output.malformed += 1
            if self.fragment != nil { output.damaged += 1 }
            self.fragment = nil
            return
        }
        if sizes.count == 1, sizes[0] > bytes.readableBytes || self.fragment != nil {
            self.take(bytes, of: sizes[0], packet, isAfterLoss: isAfterLoss, &output)
            return
        }
        if self.fragment != nil { output.damaged += 1 }
        self.fragment = nil
        var timestamp = packet.timestamp
        for size in sizes {
            guard let unit = bytes.readSlice(length: size) else {
                output.malformed += 1
                return
            }
            let frames = self.give(unit, at: timestamp, &output)
            timestamp &+= self.duration &* UInt32(max(1, frames))
        }
    }

    /// Section 3.2.3.2: the size in each packet's header is that of the whole access unit.
    private mutating func take(
        _ bytes: ByteBuffer,
        of size: Int,
        _ packet: RTPPacket,
        isAfterLoss: Bool,
        _ output: inout RTPDepacketizerOutput
    ) {
        if let fragment = self.fragment, fragment.timestamp != packet.timestamp || fragment.size != size {
            output.damaged += 1
            self.fragment = nil
            if bytes.readableBytes >= size {
                // A whole one after one that never ended.
                if let unit = bytes.getSlice(at: bytes.readerIndex, length: size) {
                    _ = self.give(unit, at: packet.timestamp, &output)
                }
                return
            }
        }
        if self.fragment == nil {
            // The last part of one whose first was lost.
            if isAfterLoss, packet.marker { return }
            guard size <= RTPLimits.accessUnitBytes else {
                output.malformed += 1
                return
            }
            self.fragment = Fragment(timestamp: packet.timestamp, size: size, bytes: ByteBuffer())
        }
        self.fragment?.bytes.writeImmutableBuffer(bytes)
        guard let fragment = self.fragment else { return }
        if fragment.bytes.readableBytes >= size {
            self.fragment = nil
            guard fragment.bytes.readableBytes == size else {
                output.malformed += 1
                return
            }
            _ = self.give(fragment.bytes, at: fragment.timestamp, &output)
        } else if packet.marker {
            output.damaged += 1
            self.fragment = nil
        }
    }

    /// Gives out an access unit. Some cameras and gateways leave the headers of ADTS on, and put several frames into one.
    ///
    /// - Returns: how many frames there were in it.
    private mutating func give(
        _ unit: ByteBuffer,
        at timestamp: UInt32,
        _ output: inout RTPDepacketizerOutput
    ) -> Int {
        guard unit.readableBytes > 0 else { return 0 }
        guard ADTSFrameHeader(unit) != nil else {
            output.units.append(RTPAccessUnit(timestamp: timestamp, payload: unit))
            return 1
        }
        var rest = unit
        var count = 0
        while rest.readableBytes > 0, count < Self.unitLimit {
            // Of several blocks behind one header nobody but a decoder finds the borders.
            guard let header = ADTSFrameHeader(rest), header.blocks == 1, header.frameLength <= rest.readableBytes,
                let frame = rest.readSlice(length: header.frameLength),
                let sound = frame.getSlice(
                    at: frame.readerIndex + header.length,
                    length: header.frameLength - header.length
                )
            else {
                output.malformed += 1
                break
            }
            let time = timestamp &+ self.duration &* UInt32(count)
            count += 1
            guard sound.readableBytes > 0 else { continue }
            var access = RTPAccessUnit(timestamp: time, payload: sound)
            if !self.isDescribed, let found = header.configuration, found != self.configuration {
                self.configuration = found
                access.configuration = found
            }
            output.units.append(access)
        }
        return count
    }
}

/// How the headers of access units are laid out: RFC 3640 section 3.2.1, all lengths in bits.
struct AACHeaderLayout: Sendable {
    private let size: Int
    private let index: Int
    private let indexDelta: Int
    private let compositionDelta: Int
    private let decodingDelta: Int
    private let hasRandomAccess: Bool
    private let streamState: Int
    private let auxiliarySize: Int
    private let constantSize: Int?

    init(_ parameters: FormatParameters) {
        // Sections 3.3.5 and 3.3.6; devices that name no mode mean the one with a high bit rate.
        let isLow = parameters["mode"]?.lowercased() == "aac-lbr"
        let constantSize = parameters.number("constantSize")
        func bits(_ name: String, _ usual: Int = 0) -> Int { min(32, parameters.number(name) ?? usual) }
        self.constantSize = constantSize
        self.size = bits("sizeLength", constantSize != nil ? 0 : isLow ? 6 : 13)
        self.index = bits("indexLength", constantSize != nil ? 0 : isLow ? 2 : 3)
        self.indexDelta = bits("indexDeltaLength", constantSize != nil ? 0 : isLow ? 2 : 3)
        self.compositionDelta = bits("CTSDeltaLength")
        self.decodingDelta = bits("DTSDeltaLength")
        self.hasRandomAccess = parameters.number("randomAccessIndication") == 1
        self.streamState = bits("streamStateIndication")
        self.auxiliarySize = bits("auxiliaryDataSizeLength")
    }

    /// Reads the sections before the access units and gives the access units' sizes; nil if they make no sense.
    func sizes(_ bytes: inout ByteBuffer, limit: Int) -> [Int]? {
        var sizes: [Int] = []
        if self.hasHeaders {
            guard let length = bytes.readInteger(as: UInt16.self),
                let section = bytes.readSlice(length: (Int(length) + 7) / 8)
            else { return nil }
            var reader = BitReader(section, of: "AU headers")
            let padding = section.readableBytes * 8 - Int(length)
            while reader.bitsLeft > padding {
                guard sizes.count < limit, let size = try? self.next(&reader, isFirst: sizes.isEmpty) else {
                    return nil
                }
                sizes.append(self.size > 0 ? size : self.constantSize ?? bytes.readableBytes)
            }
        }
        if self.auxiliarySize > 0 {
            var reader = BitReader(bytes, of: "auxiliary section")
            guard let length = try? reader.bits(self.auxiliarySize, "auxiliary-data-size"),
                (self.auxiliarySize + length + 7) / 8 <= bytes.readableBytes
            else { return nil }
            bytes.moveReaderIndex(forwardBy: (self.auxiliarySize + length + 7) / 8)
        }
        if sizes.isEmpty {
            guard let size = self.constantSize, size > 0 else {
                return bytes.readableBytes > 0 ? [bytes.readableBytes] : nil
            }
            let count = max(1, bytes.readableBytes / size)
            return count <= limit ? Array(repeating: size, count: count) : nil
        }
        return sizes
    }

    private var hasHeaders: Bool {
        self.size + self.index + self.indexDelta + self.compositionDelta + self.decodingDelta + self.streamState > 0
            || self.hasRandomAccess
    }

    /// The size, 0 where headers carry none. Interleaved access units, which nothing known sends, are refused.
    private func next(_ reader: inout BitReader, isFirst: Bool) throws(CodecError) -> Int {
        let size = try reader.bits(self.size, "AU-size")
        let index = try reader.bits(isFirst ? self.index : self.indexDelta, "AU-Index")
        guard isFirst || index == 0 else { throw reader.refusal(of: index, "AU-Index-delta") }
        if self.compositionDelta > 0, try reader.flag("CTS-flag") {
            try reader.skip(self.compositionDelta, "CTS-delta")
        }
        if self.decodingDelta > 0, try reader.flag("DTS-flag") { try reader.skip(self.decodingDelta, "DTS-delta") }
        if self.hasRandomAccess { try reader.skip(1, "RAP-flag") }
        try reader.skip(self.streamState, "Stream-state")
        return size
    }
}
