internal import CLinux

extension InternetAddress.Host {
    /// The address of IPv4 that a socket for both shows as `::ffff:10.0.0.1` (RFC 4291 section 2.5.5.2), or the same.
    package var unmapped: InternetAddress.Host { self.asIPv4 ?? self }

    private var asIPv4: InternetAddress.Host? {
        guard case .v6(0, let low, _) = self, low >> 32 == 0xffff else { return nil }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    init(_ address: in6_addr, scope: UInt32) {
        let (high, low) = unsafe unsafeBitCast(address, to: (UInt64, UInt64).self)
        self = .v6(UInt64(bigEndian: high), UInt64(bigEndian: low), scope: scope)
    }

    var inet6: in6_addr {
        guard case .v6(let high, let low, _) = self else { return in6_addr() }
        return unsafe unsafeBitCast((high.bigEndian, low.bigEndian), to: in6_addr.self)
    }
}

extension InternetAddress {
    /// The kernel's form of the address, lent to `body`.
    func withKernelAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch self.host {
        case .v4(let bits):
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = self.port.bigEndian
            four.sin_addr.s_addr = bits.bigEndian
            return unsafe withUnsafeBytes(of: &four) { unsafe Self.lend($0, body) }
        case .v6(_, _, let scope):
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = self.port.bigEndian
            six.sin6_addr = self.host.inet6
            six.sin6_scope_id = scope
            return unsafe withUnsafeBytes(of: &six) { unsafe Self.lend($0, body) }
        }
    }

    private static func lend<Result>(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        guard let base = bytes.baseAddress else { preconditionFailure("an address has bytes") }
        return unsafe body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }

    /// The address the kernel wrote, nil when it is of another family.
    init?(reading address: UnsafePointer<sockaddr>, length: socklen_t) {
        let raw = unsafe UnsafeRawPointer(address)
        switch unsafe CInt(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let four = unsafe raw.loadUnaligned(as: sockaddr_in.self)
            self.init(.v4(UInt32(bigEndian: four.sin_addr.s_addr)), port: UInt16(bigEndian: four.sin_port))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let six = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
            let host = Host(six.sin6_addr, scope: six.sin6_scope_id)
            self.init(host.unmapped, port: UInt16(bigEndian: six.sin6_port))
        default:
            return nil
        }
    }

    /// What a call that fills in an address answers, and the address.
    static func reading(
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
    ) -> (result: CInt, address: InternetAddress?) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return (-1, nil) }
            let address = unsafe base.assumingMemoryBound(to: sockaddr.self)
            let result = unsafe call(address, &length)
            return unsafe (result, result < 0 ? nil : InternetAddress(reading: address, length: length))
        }
    }
}
