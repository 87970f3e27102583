package import NIOCore

extension RTCPPacket {
    /// Appends the packet. A compound one is a report and what follows it: RFC 3550 section 6.1.
    package func write(into bytes: inout ByteBuffer) {
        switch self {
        case .senderReport(let report):
            Self.write(200, count: report.blocks.count, into: &bytes) { body in
                body.writeMultipleIntegers(
                    report.source,
                    report.time.value,
                    report.timestamp,
                    report.packets,
                    report.bytes
                )
                for block in report.blocks.prefix(31) { block.write(into: &body) }
            }
        case .receiverReport(let source, let blocks):
            Self.write(201, count: blocks.count, into: &bytes) { body in
                body.writeInteger(source)
                for block in blocks.prefix(31) { block.write(into: &body) }
            }
        case .sourceDescription(let names):
            Self.write(202, count: names.count, into: &bytes) { body in
                for name in names.prefix(31) { name.write(into: &body) }
            }
        case .goodbye(let sources):
            Self.write(203, count: sources.count, into: &bytes) { body in
                for source in sources.prefix(31) { body.writeInteger(source) }
            }
        case .other(let kind):
            Self.write(kind, count: 0, into: &bytes) { _ in }
        }
    }

    private static func write(
        _ kind: UInt8,
        count: Int,
        into bytes: inout ByteBuffer,
        _ write: (inout ByteBuffer) -> Void
    ) {
        let start = bytes.writerIndex
        bytes.writeMultipleIntegers(0x80 | UInt8(min(count, 31)), kind, UInt16(0))
        write(&bytes)
        let words = (bytes.writerIndex - start) / 4 - 1
        bytes.setInteger(UInt16(truncatingIfNeeded: words), at: start + 2)
    }
}

extension RTCPReportBlock {
    func write(into bytes: inout ByteBuffer) {
        bytes.writeMultipleIntegers(
            self.source,
            UInt32(self.fractionLost) << 24 | UInt32(bitPattern: self.lost) & 0xFF_FFFF,
            self.highestSequence,
            self.jitter,
            self.lastReport,
            self.delay
        )
    }
}

extension RTCPSourceName {
    func write(into bytes: inout ByteBuffer) {
        let name = self.canonicalName.utf8.prefix(255)
        bytes.writeMultipleIntegers(self.source, UInt8(1), UInt8(name.count))
        bytes.writeBytes(name)
        // At least one zero ends the chunk, at a multiple of four bytes.
        bytes.writeRepeatingByte(0, count: 4 - (2 + name.count) % 4)
    }
}
