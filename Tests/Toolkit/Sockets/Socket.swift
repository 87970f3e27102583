import Foundation
import Glibc

/// A TCP connection on which a test says what it likes, byte for byte. It is closed when the value goes away.
package final class Socket: Sendable {
    private let number: CInt

    /// - Parameters:
    ///   - address: an address and a port: `127.0.0.1:41935`, `[::1]:41935`.
    ///   - own: the IPv4 address to connect from; nil lets the kernel choose.
    ///   - receiveBuffer: bytes the kernel keeps for a reader that does not read.
    /// - Throws: ``SocketError`` where nobody listens.
    package init(to address: String, from own: String? = nil, receiveBuffer: Int? = nil) throws(SocketError) {
        self.number = socket(
            address.hasPrefix("[") ? AF_INET6 : AF_INET,
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue),
            0
        )
        guard self.number >= 0 else { throw SocketError(call: "socket", code: errno) }
        if let receiveBuffer {
            var size = CInt(receiveBuffer)
            unsafe setsockopt(self.number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        // A peer that does not read shall fail a test, not hang it.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(self.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if let own {
            let result = try unsafe Self.with("\(own):0") { unsafe bind(self.number, $0, $1) }
            guard result == 0 else { throw SocketError(call: "bind", code: errno) }
        }
        let result = try unsafe Self.with(address) { unsafe connect(self.number, $0, $1) }
        guard result == 0 else { throw SocketError(call: "connect", code: errno) }
    }

    /// Lends the kernel's form of `192.0.2.1:80` or `[2001:db8::1]:80`.
    private static func with(
        _ text: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(SocketError) -> CInt {
        if text.hasPrefix("[") { return try unsafe Self.withSix(text, body) }
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw SocketError(call: "parse", code: EINVAL) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, String(parts[0]), &address.sin_addr) == 1 else {
            throw SocketError(call: "inet_pton", code: EINVAL)
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func withSix(
        _ text: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(SocketError) -> CInt {
        let parts = text.dropFirst().split(separator: "]:")
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw SocketError(call: "parse", code: EINVAL) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        guard unsafe inet_pton(AF_INET6, String(parts[0]), &address.sin6_addr) == 1 else {
            throw SocketError(call: "inet_pton", code: EINVAL)
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(address, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    /// A connection that somebody else has opened.
    package init(takingOwnership number: CInt) {
        self.number = number
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) & ~O_NONBLOCK)
    }

    deinit {
        close(self.number)
    }

    /// Sends all of the bytes.
    package func send(_ bytes: some Sequence<UInt8>) throws(SocketError) {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: all[sent...])
                return unsafe Glibc.send(self.number, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SocketError(call: "send", code: errno) }
            sent += count
        }
    }

    package func send(_ text: String) throws(SocketError) { try self.send(text.utf8) }

    /// Says that nothing more comes (FIN), and still reads.
    package func finish() {
        shutdown(self.number, CInt(SHUT_WR))
    }

    /// Ends both directions.
    package func hangUp() {
        shutdown(self.number, CInt(SHUT_RDWR))
    }

    /// Ends the connection as a crash of the machine's network stack does (RST).
    package func reset() {
        // Connecting to nowhere is how a socket is reset that another thread may still be reading.
        var nowhere = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: sockaddr().sa_data)
        unsafe connect(self.number, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Whether the peer has neither ended the connection (FIN) nor reset it (RST), as the kernel has it: `tcpi_state`.
    package var isEstablished: Bool {
        var state: UInt8 = 0
        var length = socklen_t(1)
        let result = unsafe getsockopt(self.number, CInt(IPPROTO_TCP), TCP_INFO, &state, &length)
        return result == 0 && state == 1
    }

    /// The bytes that come next; none when the peer has ended the connection.
    package func receive(within deadline: Duration = .seconds(20)) async throws(SocketError) -> [UInt8] {
        let result = await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: self.read(within: deadline)) }
        }
        return try result.get()
    }

    /// All that comes until the peer ends the connection.
    package func rest(within deadline: Duration = .seconds(20), limit: Int = 1 << 20) async throws(SocketError)
        -> [UInt8]
    {
        let end = ContinuousClock.now + deadline
        var all: [UInt8] = []
        while all.count < limit {
            let bytes = try await self.receive(within: max(.zero, end - .now))
            if bytes.isEmpty { return all }
            all += bytes
        }
        throw SocketError(call: "recv", code: EMSGSIZE)
    }

    /// Hands on all that comes, on a thread of its own; nothing is the end.
    package func follow(_ body: @escaping @Sendable ([UInt8]) -> Void) {
        let thread = Thread {
            while true {
                guard case .success(let bytes) = self.read(within: .seconds(3600)), !bytes.isEmpty else { break }
                body(bytes)
            }
            body([])
        }
        thread.name = "socket \(self.number)"
        thread.start()
    }

    private static let queue = DispatchQueue(label: "sockets", attributes: .concurrent)

    private func read(within deadline: Duration) -> Result<[UInt8], SocketError> {
        let milliseconds = deadline.components.seconds * 1000 + deadline.components.attoseconds / 1_000_000_000_000_000
        var polled = pollfd(fd: self.number, events: Int16(POLLIN), revents: 0)
        let count = unsafe poll(&polled, 1, CInt(clamping: milliseconds))
        guard count > 0 else { return .failure(SocketError(call: "recv", code: count == 0 ? ETIMEDOUT : errno)) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let received = unsafe recv(self.number, &bytes, bytes.count, 0)
        // A reset is an end like any other to whoever is told of it.
        return .success(Array(bytes.prefix(max(0, received))))
    }
}

package struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    package let code: CInt

    package var isTimeout: Bool { self.code == ETIMEDOUT || self.code == EAGAIN }

    package var description: String { "\(self.call): \(unsafe String(cString: strerror(self.code)))" }
}
