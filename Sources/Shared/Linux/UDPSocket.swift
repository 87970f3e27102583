internal import CLinux
internal import Glibc

/// Sockets of UDP, all of them non-blocking and closed on exec.
package enum UDPSocket {
    /// A network interface, as the kernel counts them.
    package struct Interface: Hashable, Sendable {
        let index: UInt32

        /// The one of that name; nil where there is none.
        package init?(named name: String) {
            self.init(index: unsafe linux_interface_named(name))
        }

        /// The one with that address; nil where there is none.
        package init?(having host: InternetAddress.Host) {
            let address = InternetAddress(host, port: 0)
            self.init(index: unsafe address.withKernelAddress { address, _ in unsafe linux_interface_with(address) })
        }

        private init?(index: UInt32) {
            guard index > 0 else { return nil }
            self.index = index
        }
    }

    /// A socket at an address. One that is shared may be bound to by others too, as all members of a multicast group are; a
    /// port that is shared only by this user's, who says the same (SO_REUSEPORT, socket(7)). One that is for both has what comes by IPv4 at
    /// `[::]`, too, as people expect who write it.
    package static func bind(
        to address: InternetAddress,
        isShared: Bool = false,
        sharesPort: Bool = false,
        isForBoth: Bool = false
    ) throws(LinuxError) -> OwnedDescriptor {
        let number = linux_udp_socket(address.isIPv6 ? AF_INET6 : AF_INET)
        let socket = OwnedDescriptor(takingOwnership: try LinuxError.check(number, "socket"))
        if isShared { try TCPSocket.set(socket, SOL_SOCKET, SO_REUSEADDR, 1) }
        if sharesPort { try TCPSocket.set(socket, SOL_SOCKET, SO_REUSEPORT, 1) }
        if address.isIPv6 {
            // Whatever the machine's default is.
            let isAlone = !isForBoth || address.host != .anyV6
            try TCPSocket.set(socket, CInt(IPPROTO_IPV6), IPV6_V6ONLY, isAlone ? 1 : 0)
        }
        try LinuxError.check(unsafe address.withKernelAddress { unsafe CLinux.bind(socket.number, $0, $1) }, "bind")
        return socket
    }

    /// A socket at any port, which hears nobody but the one at an address and sends to nobody else.
    package static func connect(to address: InternetAddress) throws(LinuxError) -> OwnedDescriptor {
        let number = linux_udp_socket(address.isIPv6 ? AF_INET6 : AF_INET)
        let socket = OwnedDescriptor(takingOwnership: try LinuxError.check(number, "socket"))
        try LinuxError.check(
            unsafe address.withKernelAddress { unsafe CLinux.connect(socket.number, $0, $1) },
            "connect"
        )
        return socket
    }

    /// Has the socket send to one address and no other, and hear only what comes from there.
    package static func connect(_ socket: borrowing OwnedDescriptor, to address: InternetAddress) throws(LinuxError) {
        let number = socket.number
        try LinuxError.check(unsafe address.withKernelAddress { unsafe Glibc.connect(number, $0, $1) }, "connect")
    }

    /// Has what is sent to a multicast group delivered to the socket. Without an interface it is the one that the routing
    /// table says; with a source (RFC 4607) no one else's packets come.
    package static func join(
        _ socket: borrowing OwnedDescriptor,
        _ group: InternetAddress.Host,
        at interface: Interface?,
        from source: InternetAddress.Host?
    ) throws(LinuxError) {
        let index = interface?.index ?? 0
        let number = socket.number
        let result = unsafe InternetAddress(group, port: 0).withKernelAddress { group, length in
            guard let source else { return unsafe linux_join(number, index, group, length, nil, 0) }
            return unsafe InternetAddress(source, port: 0).withKernelAddress { source, sourceLength in
                unsafe linux_join(number, index, group, length, source, sourceLength)
            }
        }
        try LinuxError.check(result, "setsockopt")
    }

    /// Says where multicast leaves the machine, and how many routers it may cross.
    package static func setMulticast(
        _ socket: borrowing OwnedDescriptor,
        isIPv6: Bool,
        at interface: Interface?,
        ttl: Int
    ) throws(LinuxError) {
        let result = linux_multicast_out(
            socket.number,
            isIPv6 ? AF_INET6 : AF_INET,
            interface?.index ?? 0,
            CInt(clamping: ttl)
        )
        try LinuxError.check(result, "setsockopt")
    }

    /// The address of this machine that packets to a multicast group come from: that of the interface, or of the one that the
    /// routing table says.
    package static func source(towards group: InternetAddress, at interface: Interface?) throws(LinuxError)
        -> InternetAddress.Host
    {
        let probe = try Self.bind(to: InternetAddress(group.isIPv6 ? .anyV6 : .anyV4, port: 0))
        try Self.setMulticast(probe, isIPv6: group.isIPv6, at: interface, ttl: 0)
        let number = probe.number
        try LinuxError.check(unsafe group.withKernelAddress { unsafe Glibc.connect(number, $0, $1) }, "connect")
        return try Self.localAddress(of: probe).host
    }

    /// Sends one datagram now, or not at all.
    package static func send(
        _ bytes: [UInt8],
        by socket: HeldDescriptor,
        to address: InternetAddress
    ) throws(LinuxError) {
        let result = socket.withNumber { number in
            unsafe address.withKernelAddress { address, length in
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe sendto(number, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT), address, length)
                }
            }
        }
        try LinuxError.check(CInt(truncatingIfNeeded: result), "sendto")
    }

    /// Sends one datagram now, or not at all, to whom the socket is connected to.
    package static func send(_ bytes: [UInt8], by socket: HeldDescriptor) throws(LinuxError) {
        let result = socket.withNumber { number in
            // Whoever sent by it before may have had the kernel cut what it sent.
            guard linux_cut(number, 0) == 0 else { return -1 }
            return unsafe bytes.withUnsafeBytes { unsafe linux_send(number, $0.baseAddress, $0.count) }
        }
        try LinuxError.check(CInt(truncatingIfNeeded: result), "send")
    }

    /// Takes what has come and forgets it: whether anything had.
    package static func drain(_ socket: HeldDescriptor) -> Bool {
        socket.withNumber { number in
            var hasHeard = false
            var byte: UInt8 = 0
            for _ in 0..<Self.drainLimit {
                let count = unsafe linux_receive(number, &byte, 1)
                // The answer to something that was sent is nothing heard.
                if count < 0 && linux_errno() != ECONNREFUSED { break }
                if count >= 0 { hasHeard = true }
            }
            return hasHeard
        }
    }

    /// Datagrams that are taken by one ``drain(_:)``.
    private static let drainLimit = 1024

    /// Asks for room for data that has not been read.
    ///
    /// - Returns: what the kernel gave, in bytes.
    @discardableResult
    package static func setReceiveBuffer(
        _ socket: borrowing OwnedDescriptor,
        bytes: Int
    ) throws(LinuxError) -> Int {
        let given = linux_set_receive_buffer(socket.number, CInt(clamping: bytes))
        return Int(try LinuxError.check(given, "setsockopt"))
    }

    /// Asks for room for what waits to be sent: beyond what `net.core.wmem_max` allows where the process may administer the
    /// network (SO_SNDBUFFORCE, socket(7)), else as much as that.
    package static func setSendBuffer(_ socket: borrowing OwnedDescriptor, bytes: Int) throws(LinuxError) {
        do throws(LinuxError) {
            try TCPSocket.forceSendBuffer(socket, bytes: bytes)
        } catch {
            try TCPSocket.setSendBuffer(socket, bytes: bytes)
        }
    }

    package static func localAddress(of socket: borrowing OwnedDescriptor) throws(LinuxError) -> InternetAddress {
        try TCPSocket.localAddress(of: socket)
    }
}
