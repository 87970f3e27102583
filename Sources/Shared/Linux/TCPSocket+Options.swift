internal import CLinux

extension TCPSocket {
    /// Sends small writes at once instead of waiting for the acknowledgement of earlier ones.
    package static func setNoDelay(_ socket: borrowing OwnedDescriptor, _ on: Bool = true) throws(LinuxError) {
        try Self.set(socket, CInt(IPPROTO_TCP), TCP_NODELAY, on ? 1 : 0)
    }

    /// Fixes how much unsent data the kernel keeps, and ends its own tuning of that. The kernel doubles the number for
    /// its bookkeeping and caps it at `net.core.wmem_max` (socket(7)).
    package static func setSendBuffer(_ socket: borrowing OwnedDescriptor, bytes: Int) throws(LinuxError) {
        try Self.set(socket, SOL_SOCKET, SO_SNDBUF, CInt(clamping: bytes))
    }

    /// The same beyond what `net.core.wmem_max` allows, for who may administer the network (SO_SNDBUFFORCE, socket(7)).
    package static func forceSendBuffer(_ socket: borrowing OwnedDescriptor, bytes: Int) throws(LinuxError) {
        try Self.set(socket, SOL_SOCKET, SO_SNDBUFFORCE, CInt(clamping: bytes))
    }

    /// Fixes how much unread data the kernel keeps.
    package static func setReceiveBuffer(_ socket: borrowing OwnedDescriptor, bytes: Int) throws(LinuxError) {
        try Self.set(socket, SOL_SOCKET, SO_RCVBUF, CInt(clamping: bytes))
    }

    /// A poller tells of fewer bytes than that only when no more come; a call that does not wait takes them all the same
    /// (SO_RCVLOWAT, socket(7)). The kernel makes room for that many.
    package static func setReceiveLowWater(number: CInt, bytes: Int) throws(LinuxError) {
        try Self.set(number: number, SOL_SOCKET, SO_RCVLOWAT, CInt(clamping: bytes))
    }

    /// Notices a peer that vanished without a word after `idle + interval × probes` (tcp(7)); whole seconds.
    package static func setKeepAlive(
        _ socket: borrowing OwnedDescriptor,
        idle: Duration,
        interval: Duration,
        probes: Int
    ) throws(LinuxError) {
        try Self.set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
        try Self.set(socket, CInt(IPPROTO_TCP), TCP_KEEPIDLE, CInt(clamping: max(idle.components.seconds, 1)))
        try Self.set(socket, CInt(IPPROTO_TCP), TCP_KEEPINTVL, CInt(clamping: max(interval.components.seconds, 1)))
        try Self.set(socket, CInt(IPPROTO_TCP), TCP_KEEPCNT, CInt(clamping: max(probes, 1)))
    }

    /// Has the kernel send in its own time what is left when the last descriptor is closed. Another process that had one may
    /// have set it so that the close waits for the peer (SO_LINGER, socket(7)).
    package static func clearLinger(of socket: borrowing OwnedDescriptor) {
        var off = linger(l_onoff: 0, l_linger: 0)
        // One that is no socket has nothing to wait for.
        _ = unsafe setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &off, socklen_t(MemoryLayout<linger>.size))
    }

    /// Takes away what chooses the packets that a connection gets: another process that had it may have left that behind
    /// (SO_ATTACH_FILTER, socket(7)). False where it was locked for ever.
    package static func detachFilter(of socket: borrowing OwnedDescriptor) -> Bool {
        linux_admit_all(socket.number) == 0
    }

    /// Whether bytes that are written still go to the peer, as far as the kernel knows. False of what is no TCP connection.
    package static func takesBytes(_ socket: borrowing OwnedDescriptor) -> Bool {
        linux_takes_bytes(socket.number) != 0
    }

    /// Makes a descriptor from elsewhere non-blocking.
    package static func setNonBlocking(_ socket: borrowing OwnedDescriptor) throws(LinuxError) {
        try LinuxError.check(linux_set_nonblocking(socket.number), "fcntl")
    }

    /// Tells the peer that no more bytes come, after those already sent.
    package static func shutDownSending(_ socket: borrowing OwnedDescriptor) throws(LinuxError) {
        try LinuxError.check(shutdown(socket.number, CInt(SHUT_WR)), "shutdown")
    }

    /// Ends the connection for its peer, who gets what was sent before, whoever else has a descriptor of it.
    package static func hangUp(_ socket: borrowing OwnedDescriptor) {
        // One that the peer has ended needs no end.
        _ = linux_shut_down(socket.number)
    }

    static func set(
        _ socket: borrowing OwnedDescriptor,
        _ level: CInt,
        _ name: CInt,
        _ value: CInt
    ) throws(LinuxError) {
        try Self.set(number: socket.number, level, name, value)
    }

    private static func set(number: CInt, _ level: CInt, _ name: CInt, _ value: CInt) throws(LinuxError) {
        var value = value
        let size = socklen_t(MemoryLayout<CInt>.size)
        try LinuxError.check(unsafe setsockopt(number, level, name, &value, size), "setsockopt")
    }

    static func get(_ socket: borrowing OwnedDescriptor, _ level: CInt, _ name: CInt) throws(LinuxError) -> CInt {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        try LinuxError.check(unsafe getsockopt(socket.number, level, name, &value, &size), "getsockopt")
        return value
    }
}
