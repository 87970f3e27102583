import Glibc

/// An IPv4 address and a port.
struct LineAddress: Hashable, Sendable {
    private let host: UInt32
    private let port: UInt16

    init(_ address: sockaddr_in) {
        self.host = address.sin_addr.s_addr
        self.port = address.sin_port
    }

    init(_ text: String) throws(SocketError) {
        let parts = text.split(separator: ":")
        var host = in_addr()
        guard parts.count == 2, let port = UInt16(parts[1]), unsafe inet_pton(AF_INET, String(parts[0]), &host) == 1
        else { throw SocketError(call: "parse", code: EINVAL) }
        self.host = host.s_addr
        self.port = port.bigEndian
    }

    init(boundTo socket: CInt) throws(SocketError) {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
        }
        guard result == 0 else { throw SocketError(call: "getsockname", code: errno) }
        self.init(address)
    }

    var text: String {
        let bits = UInt32(bigEndian: self.host)
        return "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255):\(UInt16(bigEndian: self.port))"
    }

    /// Lends the kernel's form.
    func with<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = self.host
        address.sin_port = self.port
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
