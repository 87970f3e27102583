package import NIOCore

extension RTCPPacket {
    /// The packets of a compound one; what follows a broken one is not looked at.
    ///
    /// Compounds that do not begin with a report are taken too: RFC 5506, and many devices.
    package static func read(_ bytes: ByteBuffer) -> (packets: [RTCPPacket], isWellFormed: Bool) {
        var rest = bytes
        var packets: [RTCPPacket] = []
        while rest.readableBytes > 0 {
            guard packets.count < Self.packetLimit, let packet = Self.next(&rest) else { return (packets, false) }
            packets.append(packet)
        }
        return (packets, !packets.isEmpty)
    }

    /// Packets taken of one compound: a datagram could hold thousands of empty ones.
    private static let packetLimit = 64

    private static func next(_ bytes: inout ByteBuffer) -> RTCPPacket? {
        guard let head = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self), head >> 30 == 2,
            var body = bytes.readSlice(length: 4 * (Int(head & 0xFFFF) + 1))
        else { return nil }
        if head & 0x2000_0000 != 0 {
            let padding = body.getInteger(at: body.writerIndex - 1, as: UInt8.self).map(Int.init) ?? 0
            guard padding > 0, padding <= body.readableBytes - 4 else { return nil }
            body.moveWriterIndex(to: body.writerIndex - padding)
        }
        body.moveReaderIndex(forwardBy: 4)
        let count = Int(head >> 24 & 0x1F)
        let kind = UInt8(truncatingIfNeeded: head >> 16)
        switch kind {
        case 200:
            guard let report = RTCPSenderReport(&body, blocks: count) else { return nil }
            return .senderReport(report)
        case 201:
            guard let source = body.readInteger(as: UInt32.self), let blocks = RTCPReportBlock.read(&body, count) else {
                return nil
            }
            return .receiverReport(source: source, blocks)
        case 202:
            return .sourceDescription(RTCPSourceName.read(&body, count))
        case 203:
            var sources: [UInt32] = []
            for _ in 0..<count {
                guard let source = body.readInteger(as: UInt32.self) else { return nil }
                sources.append(source)
            }
            return .goodbye(sources)
        default:
            return .other(kind)
        }
    }
}

extension RTCPSenderReport {
    init?(_ bytes: inout ByteBuffer, blocks count: Int) {
        guard
            let (source, high, low, timestamp, packets, sent) = bytes.readMultipleIntegers(
                as: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32).self
            ),
            let blocks = RTCPReportBlock.read(&bytes, count)
        else { return nil }
        self.init(
            source: source,
            time: NTPTime(UInt64(high) << 32 | UInt64(low)),
            timestamp: timestamp,
            packets: packets,
            bytes: sent,
            blocks: blocks
        )
    }
}

extension RTCPReportBlock {
    static func read(_ bytes: inout ByteBuffer, _ count: Int) -> [RTCPReportBlock]? {
        var blocks: [RTCPReportBlock] = []
        for _ in 0..<count {
            guard
                let (source, loss, highest, jitter, last, delay) = bytes.readMultipleIntegers(
                    as: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32).self
                )
            else { return nil }
            blocks.append(
                RTCPReportBlock(
                    source: source,
                    fractionLost: UInt8(loss >> 24),
                    lost: Int32(bitPattern: loss << 8) >> 8,
                    highestSequence: highest,
                    jitter: jitter,
                    lastReport: last,
                    delay: delay
                )
            )
        }
        return blocks
    }
}

extension RTCPSourceName {
    /// Chunks that end too early end the list: nothing depends on a name.
    static func read(_ bytes: inout ByteBuffer, _ count: Int) -> [RTCPSourceName] {
        var names: [RTCPSourceName] = []
        for _ in 0..<count {
            let start = bytes.readerIndex
            guard let source = bytes.readInteger(as: UInt32.self) else { return names }
            while let kind = bytes.readInteger(as: UInt8.self), kind != 0 {
                guard let length = bytes.readInteger(as: UInt8.self),
                    let text = bytes.readString(length: Int(length))
                else { return names }
                if kind == 1 { names.append(RTCPSourceName(source: source, canonicalName: text)) }
            }
            // A chunk ends at a multiple of four bytes.
            let padding = -(bytes.readerIndex - start) & 3
            guard padding <= bytes.readableBytes else { return names }
            bytes.moveReaderIndex(forwardBy: padding)
        }
        return names
    }
}
