internal import CLinux
internal import Glibc

/// What one non-blocking transfer did.
package enum TransferOutcome: Hashable, Sendable {
    /// That many bytes, more than zero, were taken or given.
    case transferred(Int)
    /// The kernel's buffer is full, or empty; nothing was done.
    case wouldBlock
    /// The peer will send no more (receiving only).
    case endOfStream
}

/// A connection somebody opened to us.
package struct AcceptedSocket: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor
    /// Nil for a socket that has no IP address.
    package let peer: InternetAddress?

    package consuming func release() -> OwnedDescriptor { self.descriptor }
}

/// Stream sockets, all of them non-blocking and closed on exec. (Every function also serves a unix stream socket
/// where it makes sense.)
package enum TCPSocket {
    /// A socket that accepts connections. The address may be in use by connections that are closing, not by a listener.
    /// `[::]` stands for the addresses of IPv4, too, as people expect who write it.
    package static func listen(on address: InternetAddress, backlog: Int = 4096) throws(LinuxError) -> OwnedDescriptor {
        let listener = try Self.make(for: address)
        try Self.set(listener, SOL_SOCKET, SO_REUSEADDR, 1)
        if address.isIPv6 {
            // Whatever the machine's default is.
            try Self.set(listener, CInt(IPPROTO_IPV6), IPV6_V6ONLY, address.host == .anyV6 ? 0 : 1)
        }
        try LinuxError.check(unsafe address.withKernelAddress { unsafe bind(listener.number, $0, $1) }, "bind")
        try LinuxError.check(Glibc.listen(listener.number, CInt(clamping: backlog)), "listen")
        return listener
    }

    /// The next connection waiting, nil when there is none now.
    package static func accept(on listener: borrowing OwnedDescriptor) throws(LinuxError) -> AcceptedSocket? {
        while true {
            let number = listener.number
            let (result, peer) = unsafe InternetAddress.reading { unsafe linux_accept(number, $0, $1) }
            if result >= 0 {
                return AcceptedSocket(descriptor: OwnedDescriptor(takingOwnership: result), peer: peer)
            }
            let error = LinuxError.last("accept4")
            switch error.code {
            case EAGAIN: return nil
            // One that was aborted while it waited says nothing about the next.
            case EINTR, ECONNABORTED, EPROTO: continue
            default: throw error
            }
        }
    }

    /// Starts to open a connection: it is open when the socket is writable and ``connectionError(of:)`` says nil.
    package static func connect(to address: InternetAddress) throws(LinuxError) -> OwnedDescriptor {
        let socket = try Self.make(for: address)
        let result = unsafe address.withKernelAddress { unsafe Glibc.connect(socket.number, $0, $1) }
        if result < 0 {
            let error = LinuxError.last("connect")
            guard error.code == EINPROGRESS || error.code == EINTR else { throw error }
        }
        return socket
    }

    /// Why a connection failed, nil when nothing is known against it. Asking clears it.
    package static func connectionError(of socket: borrowing OwnedDescriptor) throws(LinuxError) -> LinuxError? {
        let code = try Self.get(socket, SOL_SOCKET, SO_ERROR)
        return code == 0 ? nil : LinuxError("connect", code: code)
    }

    /// Two connected sockets in this process.
    package static func pair() throws(LinuxError) -> SocketPair {
        var numbers: (CInt, CInt) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &numbers) {
            unsafe linux_stream_pair($0.baseAddress?.assumingMemoryBound(to: CInt.self))
        }
        try LinuxError.check(result, "socketpair")
        return SocketPair(
            first: OwnedDescriptor(takingOwnership: numbers.0),
            second: OwnedDescriptor(takingOwnership: numbers.1)
        )
    }

    package static func localAddress(of socket: borrowing OwnedDescriptor) throws(LinuxError) -> InternetAddress {
        let number = socket.number
        let (result, address) = unsafe InternetAddress.reading { unsafe getsockname(number, $0, $1) }
        try LinuxError.check(result, "getsockname")
        guard let address else { throw LinuxError("getsockname", code: EAFNOSUPPORT) }
        return address
    }

    package static func peerAddress(of socket: borrowing OwnedDescriptor) throws(LinuxError) -> InternetAddress {
        let number = socket.number
        let (result, address) = unsafe InternetAddress.reading { unsafe getpeername(number, $0, $1) }
        try LinuxError.check(result, "getpeername")
        guard let address else { throw LinuxError("getpeername", code: EAFNOSUPPORT) }
        return address
    }

    private static func make(for address: InternetAddress) throws(LinuxError) -> OwnedDescriptor {
        let number = linux_tcp_socket(address.isIPv6 ? AF_INET6 : AF_INET)
        return OwnedDescriptor(takingOwnership: try LinuxError.check(number, "socket"))
    }
}

/// Two sockets that are connected to each other. Frozen, so that each may go its own way.
@frozen
package struct SocketPair: ~Copyable, Sendable {
    package let first: OwnedDescriptor
    package let second: OwnedDescriptor

    package init(first: consuming OwnedDescriptor, second: consuming OwnedDescriptor) {
        self.first = first
        self.second = second
    }

    /// Gives each of the two an owner of its own.
    package consuming func separate<Result: ~Copyable>(
        _ body: (consuming OwnedDescriptor, consuming OwnedDescriptor) -> Result
    ) -> Result {
        body(self.first, self.second)
    }
}
