import Media
import NIOCore

/// H.264 (RFC 6184, packetization-mode 1) and H.265 (RFC 7798): single NAL units, aggregations of the small ones that lead
/// an access unit, and fragments of the large.
struct NALPacketizer {
    /// Bytes of a NAL unit's header.
    private let headerSize: Int
    private let kind: @Sendable (UInt8) -> UInt8
    /// What leads an access unit: parameter sets and supplemental information.
    private let leading: Set<UInt8>
    /// What says that an access unit brings its parameter sets: the sequence parameter set.
    private let sequenceSet: UInt8
    /// Access unit delimiters and filler data, which say nothing that packets do not.
    private let dropped: Set<UInt8>
    /// The type numbers of aggregation and fragmentation packets.
    private let aggregation: UInt8
    private let fragmentation: UInt8

    static let h264 = NALPacketizer(
        headerSize: 1,
        kind: { $0 & 0x1F },
        leading: [6, 7, 8],
        sequenceSet: 7,
        dropped: [9, 12],
        aggregation: 24,
        fragmentation: 28
    )

    static let hevc = NALPacketizer(
        headerSize: 2,
        kind: { $0 >> 1 & 0x3F },
        leading: [32, 33, 34, 39],
        sequenceSet: 33,
        dropped: [35, 38],
        aggregation: 48,
        fragmentation: 49
    )

    func write(
        _ unit: RTPUnit,
        lengthSize: Int,
        _ parameterSets: [ByteBuffer],
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer
    ) {
        guard let own = self.units(of: unit.bytes, lengthSize: lengthSize), !own.isEmpty else { return }
        let bringsSets = own.contains { self.kind(of: $0) == self.sequenceSet }
        let all = (bringsSets ? [] : parameterSets) + own
        var group: [ByteBuffer] = []
        var size = self.headerSize
        for (index, nal) in all.enumerated() {
            let isLeading = self.leading.contains(self.kind(of: nal))
            if !isLeading || size + 2 + nal.readableBytes > writer.limit {
                self.flush(&group, unit.timestamp, marker: false, &writer, &frames)
                size = self.headerSize
            }
            if isLeading, size + 2 + nal.readableBytes <= writer.limit {
                group.append(nal)
                size += 2 + nal.readableBytes
            } else {
                self.write(nal, unit.timestamp, isLast: index == all.count - 1, &writer, &frames)
            }
        }
        self.flush(&group, unit.timestamp, marker: true, &writer, &frames)
    }

    /// Nil when the lengths do not add up.
    private func units(of sample: ByteBuffer, lengthSize: Int) -> [ByteBuffer]? {
        var ranges = NALUnits(sample, lengthSize: lengthSize)
        var units: [ByteBuffer] = []
        while let range = ranges.next() {
            let nal = sample.part(range)
            if range.count >= self.headerSize, !self.dropped.contains(self.kind(of: nal)) { units.append(nal) }
        }
        return ranges.isWellFormed ? units : nil
    }

    private func kind(of nal: ByteBuffer) -> UInt8 {
        self.kind(nal.getInteger(at: nal.readerIndex) ?? 0)
    }

    /// A NAL unit by itself: whole, or in fragments that are all full but the last, so that the kernel can cut them.
    private func write(
        _ nal: ByteBuffer,
        _ timestamp: UInt32,
        isLast: Bool,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer
    ) {
        guard nal.readableBytes > writer.limit else {
            return writer.write(RTPLead(), nal, timestamp: timestamp, marker: isLast, into: &frames)
        }
        let first: UInt8 = nal.getInteger(at: nal.readerIndex) ?? 0
        var offset = nal.readerIndex + self.headerSize
        var isStart = true
        while offset < nal.writerIndex {
            let count = min(writer.limit - self.headerSize - 1, nal.writerIndex - offset)
            let isEnd = offset + count == nal.writerIndex
            // RFC 6184 section 5.8 and RFC 7798 section 4.4.3: the header with the type of a fragment, then S, E, and the
            // type that it had.
            var lead = RTPLead()
            if self.headerSize == 1 {
                lead.append(first & 0xE0 | self.fragmentation)
            } else {
                lead.append(first & 0x81 | self.fragmentation << 1)
                lead.append(nal.getInteger(at: nal.readerIndex + 1) ?? 1 as UInt8)
            }
            lead.append((isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) | self.kind(first))
            writer.write(
                lead,
                nal.part(offset..<offset + count),
                timestamp: timestamp,
                marker: isLast && isEnd,
                into: &frames
            )
            offset += count
            isStart = false
        }
    }

    /// Several small NAL units as one packet: STAP-A (RFC 6184 section 5.7.1), AP (RFC 7798 section 4.4.2).
    private func flush(
        _ group: inout [ByteBuffer],
        _ timestamp: UInt32,
        marker: Bool,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer
    ) {
        defer { group = [] }
        guard group.count > 1 else {
            if let nal = group.first { self.write(nal, timestamp, isLast: marker, &writer, &frames) }
            return
        }
        var body = ByteBuffer()
        for nal in group {
            body.writeInteger(UInt16(truncatingIfNeeded: nal.readableBytes))
            body.writeImmutableBuffer(nal)
        }
        writer.write(self.aggregationHeader(of: group), body, timestamp: timestamp, marker: marker, into: &frames)
    }

    private func aggregationHeader(of group: [ByteBuffer]) -> RTPLead {
        let firsts = group.map { $0.getInteger(at: $0.readerIndex, as: UInt8.self) ?? 0 }
        guard self.headerSize == 2 else {
            // F of any, the highest NRI of all.
            let forbidden = firsts.reduce(0) { $0 | $1 & 0x80 }
            let importance = firsts.map { $0 & 0x60 }.max() ?? 0
            return RTPLead(forbidden | importance | self.aggregation)
        }
        // The lowest layer and temporal identifiers of all; ours are the base layer's, whose header's second byte is the
        // smallest.
        let seconds = group.map { $0.getInteger(at: $0.readerIndex + 1, as: UInt8.self) ?? 1 }
        let forbidden = firsts.reduce(0) { $0 | $1 & 0x80 }
        return RTPLead(forbidden | self.aggregation << 1, seconds.min() ?? 1)
    }
}
