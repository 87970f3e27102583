/// One network abstraction layer unit of H.264 (section 7.3.1), emulation prevention included.
struct NALUnit: Hashable, Sendable {
    /// nal_unit_type, table 7-1.
    enum Kind: UInt8, Sendable {
        case slice = 1
        case instantRefresh = 5
        case supplementalInformation = 6
        case sequenceParameters = 7
        case pictureParameters = 8
    }

    /// Header and payload.
    let bytes: [UInt8]

    init(_ kind: Kind, reference: UInt8, payload: [UInt8]) {
        var bytes = [reference << 5 | kind.rawValue]
        bytes.reserveCapacity(payload.count + 1)
        var zeros = 0
        for byte in payload {
            if zeros == 2, byte <= 3 {
                bytes.append(3)
                zeros = 0
            }
            bytes.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        self.bytes = bytes
    }

    /// The least that ``padding(total:)`` makes.
    static let leastPadding = 1 + 2 + Self.paddingMark.count + 1

    private static let paddingMark = Array("rehearsal-filler".utf8)

    /// User data that says nothing (section D.1.7) and takes `total` bytes, header and trailing bits included, or one byte
    /// less: sizes are written in steps. Not filler data (section 7.3.2.7), which RTP and others leave out.
    static func padding(total: Int) -> NALUnit {
        precondition(total >= Self.leastPadding)
        var size = total - 4
        while size + size / 255 + 4 > total { size -= 1 }
        var bytes = [Kind.supplementalInformation.rawValue, 5]
        bytes.reserveCapacity(total)
        for _ in 0..<size / 255 { bytes.append(0xff) }
        bytes.append(UInt8(size % 255))
        bytes += Self.paddingMark
        for _ in Self.paddingMark.count..<size { bytes.append(0xff) }
        bytes.append(0x80)
        return NALUnit(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}
