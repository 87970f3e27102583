internal import CLinux

/// Unix stream sockets, which carry descriptors beside bytes (unix(7), SCM_RIGHTS).
package enum UnixSocket {
    /// What one receiving call found.
    package struct Arrival: Sendable {
        package let outcome: TransferOutcome
        /// They came with the bytes, closed on exec.
        package let descriptors: [HeldDescriptor]
        /// Whether more came than are taken, or than the process may have open; those are closed.
        package let hasLostDescriptors: Bool
    }

    /// Gives the kernel as many bytes of the array, from `offset` on, as it takes now. The descriptor goes with the first of
    /// them; its sender keeps its own.
    package static func send(
        _ bytes: [UInt8],
        from offset: Int = 0,
        with descriptor: HeldDescriptor? = nil,
        to socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        guard offset < bytes.count else { return .transferred(0) }
        let number = socket.number
        while true {
            let count = Self.send(bytes, from: offset, with: descriptor, number: number)
            if count >= 0 { return .transferred(count) }
            let error = LinuxError("sendmsg", code: CInt(truncatingIfNeeded: -count))
            switch error.code {
            case EAGAIN: return .wouldBlock
            case EINTR: continue
            default: throw error
            }
        }
    }

    /// The bytes taken, or the negative `errno`.
    private static func send(
        _ bytes: [UInt8],
        from offset: Int,
        with descriptor: HeldDescriptor?,
        number: CInt
    ) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
            func send(_ passed: CInt) -> Int {
                let count = unsafe linux_send_with(number, rest.baseAddress, rest.count, passed)
                return count >= 0 ? count : -Int(linux_errno())
            }
            return descriptor?.withNumber(send) ?? send(-1)
        }
    }

    /// Takes what has arrived, at most as many bytes as the array has now; they are its first ones.
    package static func receive(
        into buffer: inout [UInt8],
        from socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> Arrival {
        try Self.receive(into: &buffer, number: socket.number)
    }

    /// As ``receive(into:from:)``, where the socket is known to stay open meanwhile.
    package static func receive(into buffer: inout [UInt8], number: CInt) throws(LinuxError) -> Arrival {
        guard !buffer.isEmpty else { return Arrival(outcome: .wouldBlock, descriptors: [], hasLostDescriptors: false) }
        var numbers = [CInt](repeating: -1, count: Int(LINUX_DESCRIPTORS))
        var found: CInt = 0
        var lost: CInt = 0
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe numbers.withUnsafeMutableBufferPointer { numbers in
                    unsafe linux_receive_with(
                        number,
                        bytes.baseAddress,
                        bytes.count,
                        numbers.baseAddress,
                        &found,
                        &lost
                    )
                }
            }
            guard count < 0 else {
                let descriptors = numbers.prefix(Int(found)).map {
                    HeldDescriptor(OwnedDescriptor(takingOwnership: $0))
                }
                return Arrival(
                    outcome: count > 0 ? .transferred(count) : .endOfStream,
                    descriptors: descriptors,
                    hasLostDescriptors: lost != 0
                )
            }
            let error = LinuxError.last("recvmsg")
            switch error.code {
            case EAGAIN: return Arrival(outcome: .wouldBlock, descriptors: [], hasLostDescriptors: false)
            case EINTR: continue
            default: throw error
            }
        }
    }

    /// Ends both directions: the peer sees the end after what was sent, and whoever waits here wakes.
    package static func shutDown(_ socket: borrowing OwnedDescriptor) {
        _ = linux_shut_down(socket.number)
    }
}
