/// Version 2, a binary block (proxy-protocol.txt section 2.2).
enum ProxyBlock {
    private enum Family {
        /// Not known, not TCP, or no address of IP: the socket's own holds.
        case other(bytes: Int)
        case v4, v6

        /// The valid combinations of family and transport; "other values […] must be rejected".
        init?(_ byte: UInt8) {
            let (family, transport) = (byte >> 4, byte & 15)
            guard family <= 3, transport <= 2 else { return nil }
            switch (family, transport) {
            case (1, 1): self = .v4
            case (2, 1): self = .v6
            case (1, 2): self = .other(bytes: 12)
            case (2, 2): self = .other(bytes: 36)
            case (3, 1), (3, 2): self = .other(bytes: 216)
            // What is not specified may be followed by anything.
            default: return nil
            }
        }

        var bytes: Int {
            switch self {
            case .other(let bytes): bytes
            case .v4: 12
            case .v6: 36
            }
        }
    }

    /// Reads bytes that begin with a signature, at index 0; nil until more come.
    static func read(_ bytes: ArraySlice<UInt8>) throws(ProxyError) -> ProxyHeader? {
        guard bytes.count > 12 else { return nil }
        guard bytes[12] >> 4 == 2 else { throw ProxyError(.version(bytes[12] >> 4), at: 12) }
        let command = bytes[12] & 15
        guard command <= 1 else { throw ProxyError(.command(command), at: 12) }
        guard bytes.count >= ProxyHeader.headBytes else { return nil }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard length <= ProxyHeader.bodyLimit else { throw ProxyError(.tooLong(length), at: 14) }
        let end = ProxyHeader.headBytes + length
        // "The receiver must not start to parse an address before the whole address block is received."
        guard bytes.count >= end else { return nil }
        // LOCAL: "discard the protocol block including the family which is ignored".
        if command == 0 { return ProxyHeader(.proxy, length: end) }
        let isUnspecified = bytes[13] >> 4 == 0 && bytes[13] & 15 <= 2 || bytes[13] & 15 == 0 && bytes[13] >> 4 <= 3
        if isUnspecified { return ProxyHeader(.proxy, length: end) }
        guard let family = Family(bytes[13]) else { throw ProxyError(.family(bytes[13]), at: 13) }
        guard length >= family.bytes else { throw ProxyError(.tooShort(length), at: 14) }
        let body = bytes[ProxyHeader.headBytes..<end]
        try self.checkExtensions(bytes[..<end], from: body.startIndex + family.bytes)
        func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
            let start = body.startIndex + offset
            return body[start..<(start + Number.bitWidth / 8)].reduce(0) { $0 << 8 | Number($1) }
        }
        let source: ProxySource =
            switch family {
            case .other: .proxy
            case .v4: .v4(number(at: 0, as: UInt32.self), port: number(at: 8, as: UInt16.self))
            case .v6:
                .v6(
                    number(at: 0, as: UInt64.self),
                    number(at: 8, as: UInt64.self),
                    port: number(at: 32, as: UInt16.self)
                )
            }
        return ProxyHeader(source, length: end)
    }

    // MARK: Extensions

    /// PP2_TYPE_CRC32C.
    private static let checksumType: UInt8 = 0x03

    /// Goes over the TLVs, of which only the checksum means anything here.
    private static func checkExtensions(_ header: ArraySlice<UInt8>, from start: Int) throws(ProxyError) {
        var place = start
        while place < header.endIndex {
            guard place + 3 <= header.endIndex else { throw ProxyError(.extensions, at: place) }
            let length = Int(header[place + 1]) << 8 | Int(header[place + 2])
            let value = place + 3
            guard length <= header.endIndex - value else { throw ProxyError(.extensions, at: place) }
            if header[place] == Self.checksumType { try self.check(header, value..<(value + length)) }
            place = value + length
        }
    }

    /// The checksum is of the whole header, in which it stands as zeros (section 2.2.3).
    private static func check(_ header: ArraySlice<UInt8>, _ place: Range<Int>) throws(ProxyError) {
        guard place.count == 4 else { throw ProxyError(.checksum, at: place.lowerBound) }
        let stated = header[place].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var bytes = header
        for index in place { bytes[index] = 0 }
        guard CRC32C.checksum(of: bytes) == stated else { throw ProxyError(.checksum, at: place.lowerBound) }
    }
}
