import Libav
import NIOCore

/// Has one muxer's packets go on with the counters of another whose packets stand in front of them: `continuity_counter`
/// (ISO/IEC 13818-1 section 2.4.3.3) counts the packets of a PID that have a payload.
struct TSContinuity {
    /// `version_number` of the program association table in the packets that were learnt from.
    private(set) var tablesVersion: Int?
    /// The counter of each PID's first packet in what was learnt from.
    private var first: [UInt16: UInt8] = [:]
    /// What is to be added to the muxer's own counters, known from a PID's first packet on.
    private var shifts: [UInt16: UInt8] = [:]
    private var learnt = 0

    /// A record in which all PIDs have stood comes within so many.
    private static let records = 512

    /// Looks at packets that were written before, from where on they are written once more.
    ///
    /// - Returns: whether more of them are of use.
    mutating func learn(from bytes: ByteBuffer) -> Bool {
        Self.forEachPacket(of: bytes) { index, pid, counter in
            if self.first[pid] == nil { self.first[pid] = counter }
            if pid == 0, self.tablesVersion == nil { self.tablesVersion = Self.version(bytes, at: index) }
        }
        self.learnt += 1
        return self.learnt < Self.records
    }

    /// Sets the counters of packets.
    mutating func write(into bytes: inout ByteBuffer) {
        var changes: [(index: Int, counter: UInt8)] = []
        Self.forEachPacket(of: bytes) { index, pid, counter in
            let shift = self.shifts[pid] ?? ((self.first[pid] ?? counter) &- counter) & 0x0F
            self.shifts[pid] = shift
            if shift != 0 { changes.append((index, (counter &+ shift) & 0x0F)) }
        }
        for (index, counter) in changes {
            let flags = bytes.getInteger(at: index + 3, as: UInt8.self) ?? 0
            bytes.setInteger(flags & 0xF0 | counter, at: index + 3)
        }
    }

    private static func forEachPacket(
        of bytes: ByteBuffer,
        _ body: (_ index: Int, _ pid: UInt16, _ counter: UInt8) -> Void
    ) {
        var index = bytes.readerIndex
        while index + TSMuxer.packetSize <= bytes.writerIndex {
            defer { index += TSMuxer.packetSize }
            guard let header = bytes.getInteger(at: index, as: UInt32.self), header >> 24 == 0x47 else { return }
            // Without a payload the counter does not count; the muxer's stays behind by one then, too.
            body(index, UInt16(truncatingIfNeeded: header >> 8 & 0x1FFF), UInt8(truncatingIfNeeded: header & 0x0F))
        }
    }

    /// Section 2.4.4.3: five bits behind a pointer, a table's number, a length and the stream's number.
    private static func version(_ bytes: ByteBuffer, at index: Int) -> Int? {
        guard let control = bytes.getInteger(at: index + 3, as: UInt8.self), control & 0x30 == 0x10,
            let pointer = bytes.getInteger(at: index + 4, as: UInt8.self),
            5 + Int(pointer) + 6 < TSMuxer.packetSize,
            let version = bytes.getInteger(at: index + 5 + Int(pointer) + 5, as: UInt8.self)
        else { return nil }
        return Int(version >> 1 & 0x1F)
    }
}
