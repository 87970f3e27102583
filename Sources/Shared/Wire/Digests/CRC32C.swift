/// The checksum of Castagnoli (RFC 3720 section 12.1), for headers of a few bytes.
package enum CRC32C {
    /// 0x1EDC6F41, its bits in reverse.
    private static let polynomial: UInt32 = 0x82f6_3b78

    package static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        var register = UInt32.max
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? Self.polynomial : 0) }
        }
        return ~register
    }
}
