import NIOCore

/// What a section of the programme association table says: ISO/IEC 13818-1 section 2.4.4.3.
struct TSProgramList: Hashable, Sendable {
    /// PID of each programme's map, by its number.
    var maps: [UInt16: UInt16] = [:]
    var section: UInt8
    var lastSection: UInt8

    init?(_ section: ByteBuffer) {
        guard var body = TSTableBody(section, table: 0) else { return nil }
        (self.section, self.lastSection) = (body.section, body.lastSection)
        while let number = body.bytes.readInteger(as: UInt16.self), let pid = body.bytes.readInteger(as: UInt16.self) {
            // Number 0 is the network's table.
            if number != 0 { self.maps[number] = pid & 0x1FFF }
        }
    }
}

/// What a programme map says: section 2.4.4.8.
struct TSProgramMap: Hashable, Sendable, Codable {
    var program: UInt16
    /// `PCR_PID`: the packets that carry the programme's clock; nil where it has none.
    var clockPID: UInt16?
    var streams: [TSElementary] = []
    /// Those that cannot be carried.
    var foreign: Set<TSForeignTrack> = []

    init?(_ section: ByteBuffer) {
        guard var body = TSTableBody(section, table: 2), let clock = body.bytes.readInteger(as: UInt16.self),
            let length = body.bytes.readInteger(as: UInt16.self),
            body.bytes.readSlice(length: Int(length & 0xFFF)) != nil
        else { return nil }
        self.program = body.number
        self.clockPID = clock & 0x1FFF == TSPacket.nullPID ? nil : clock & 0x1FFF
        while let type = body.bytes.readInteger(as: UInt8.self) {
            guard let pid = body.bytes.readInteger(as: UInt16.self),
                let length = body.bytes.readInteger(as: UInt16.self),
                let descriptors = body.bytes.readSlice(length: Int(length & 0xFFF))
            else { return nil }
            if let coding = TSCoding(type: type, descriptors: descriptors) {
                self.streams.append(TSElementary(pid: pid & 0x1FFF, coding: coding))
            } else {
                self.foreign.insert(TSForeignTrack(type: type, descriptors: descriptors))
            }
        }
    }
}

struct TSElementary: Hashable, Sendable, Codable {
    var pid: UInt16
    var coding: TSCoding
}

/// The part that all tables share, and what it frames.
private struct TSTableBody {
    var number: UInt16
    var section: UInt8
    var lastSection: UInt8
    var bytes: ByteBuffer

    /// Nil for other tables, and for what shall be in force only later.
    init?(_ section: ByteBuffer, table: UInt8) {
        var bytes = section
        guard bytes.readInteger(as: UInt8.self) == table, let length = bytes.readInteger(as: UInt16.self),
            length & 0x8000 != 0, let number = bytes.readInteger(as: UInt16.self),
            let version = bytes.readInteger(as: UInt8.self), version & 1 == 1,
            let index = bytes.readInteger(as: UInt8.self), let last = bytes.readInteger(as: UInt8.self),
            let body = bytes.readSlice(length: bytes.readableBytes - 4)
        else { return nil }
        (self.number, self.section, self.lastSection, self.bytes) = (number, index, last, body)
    }
}
