/// One network abstraction layer unit of H.264 (section 7.3.1), emulation prevention included.
struct NALUnit: Hashable, Sendable {
    /// nal_unit_type, table 7-1.
    enum Kind: UInt8, Sendable {
        case slice = 1
        case instantRefresh = 5
        case supplementalInformation = 6
        case sequenceParameters = 7
        case pictureParameters = 8
        case filler = 12
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

    /// Filler data (section 7.3.2.7) that takes `total` bytes, header and trailing bits included; at least two.
    static func filler(total: Int) -> NALUnit {
        var bytes = [UInt8](repeating: 0xff, count: max(total, 2))
        bytes[0] = Kind.filler.rawValue
        bytes[bytes.count - 1] = 0x80
        return NALUnit(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}
