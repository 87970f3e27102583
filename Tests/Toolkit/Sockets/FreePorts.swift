import Glibc

/// Ports of UDP that were free a moment ago.
package enum FreePorts {
    package struct None: Error {}

    /// As many in a row, the first of them even.
    package static func take(_ count: Int) throws -> [UInt16] {
        for _ in 0..<200 {
            let first = UInt16.random(in: 10_000...32_000) & 0xfffe
            let ports = (0..<count).map { first + UInt16($0) }
            if ports.allSatisfy(Self.isFree) { return ports }
        }
        throw None()
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, length) == 0 }
        }
    }
}
