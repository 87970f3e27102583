internal import CLinux

extension UDPSocket {
    /// What one call took: datagrams that came one after the other.
    package struct Received: Hashable, Sendable {
        /// Of all of them.
        package var bytes: Int
        /// Bytes of each; the last may have fewer.
        package var segment: Int

        package init(bytes: Int, segment: Int) {
            self.bytes = bytes
            self.segment = segment
        }
    }

    /// Has datagrams of one size from one sender be taken with one call, as the kernel has them (UDP_GRO). It need not cut
    /// them apart then, which on this machine the sender would be charged for.
    package static func joinSegments(_ socket: borrowing OwnedDescriptor) throws(LinuxError) {
        try LinuxError.check(linux_join_segments(socket.number), "setsockopt")
    }

    /// Takes what has arrived: one datagram, or several that were joined. Nil where nothing has.
    package static func receive(
        into buffer: inout [UInt8],
        from socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> Received? {
        let number = socket.number
        while true {
            var segment: CInt = 0
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe linux_receive_segments(number, bytes.baseAddress, bytes.count, &segment)
            }
            guard count < 0 else { return Received(bytes: count, segment: segment > 0 ? Int(segment) : count) }
            let error = LinuxError.last("recvmsg")
            switch error.code {
            case EAGAIN: return nil
            // The second is the answer to something sent, which is no matter here.
            case EINTR, ECONNREFUSED: continue
            default: throw error
            }
        }
    }

    /// Sends a datagram to the one the socket is connected to. False where it is lost: the line is full, or nobody is there.
    package static func send(_ bytes: [UInt8], to socket: borrowing OwnedDescriptor) throws(LinuxError) -> Bool {
        let number = socket.number
        while true {
            let count = unsafe bytes.withUnsafeBytes { unsafe linux_send(number, $0.baseAddress, $0.count) }
            guard count < 0 else { return true }
            let error = LinuxError.last("send")
            switch error.code {
            case EINTR: continue
            case EAGAIN, ENOBUFS, ECONNREFUSED: return false
            default: throw error
            }
        }
    }
}
