internal import CLinux

extension TCPSocket {
    /// Gives the kernel as many of the bytes as it takes now.
    package static func send(
        _ bytes: UnsafeRawBufferPointer,
        to socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        try unsafe Self.send(bytes, to: socket.number)
    }

    private static func send(
        _ bytes: UnsafeRawBufferPointer,
        to number: CInt
    ) throws(LinuxError) -> TransferOutcome {
        guard bytes.count > 0 else { return .transferred(0) }
        while true {
            let count = unsafe linux_send(number, bytes.baseAddress, bytes.count)
            if count >= 0 { return .transferred(count) }
            let error = LinuxError.last("send")
            switch error.code {
            case EAGAIN: return .wouldBlock
            case EINTR: continue
            default: throw error
            }
        }
    }

    /// Takes what has arrived, at most as much as `buffer` holds.
    package static func receive(
        into buffer: UnsafeMutableRawBufferPointer,
        from socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        try unsafe Self.receive(into: buffer, from: socket.number)
    }

    private static func receive(
        into buffer: UnsafeMutableRawBufferPointer,
        from number: CInt
    ) throws(LinuxError) -> TransferOutcome {
        // An empty buffer would read zero bytes, which is how the end of the stream looks.
        guard buffer.count > 0 else { return .wouldBlock }
        return try Self.receiving { unsafe linux_receive(number, buffer.baseAddress, buffer.count) }
    }

    private static func receiving(_ call: () -> Int) throws(LinuxError) -> TransferOutcome {
        while true {
            let count = call()
            if count > 0 { return .transferred(count) }
            guard count < 0 else { return .endOfStream }
            let error = LinuxError.last("recv")
            switch error.code {
            case EAGAIN: return .wouldBlock
            case EINTR: continue
            default: throw error
            }
        }
    }

    /// Looks at what has arrived without taking it: from its first byte on, at most as many bytes as the array has.
    package static func peek(
        into buffer: inout [UInt8],
        at socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        guard !buffer.isEmpty else { return .wouldBlock }
        let number = socket.number
        let outcome = unsafe buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(LinuxError) in
                try Self.receiving { unsafe linux_peek(number, bytes.baseAddress, bytes.count) }
            }
        }
        return try outcome.get()
    }

    package static func send(
        _ bytes: RawSpan,
        to socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        let number = socket.number
        let outcome = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(LinuxError) in try unsafe Self.send(bytes, to: number) }
        }
        return try outcome.get()
    }

    /// Gives the kernel as many bytes of the array, from `offset` on, as it takes now.
    package static func send(
        _ bytes: [UInt8],
        from offset: Int = 0,
        to socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        try unsafe Self.send(bytes.span.extracting(droppingFirst: offset).bytes, to: socket)
    }

    package static func receive(
        into buffer: inout MutableRawSpan,
        from socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        let number = socket.number
        let outcome = unsafe buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(LinuxError) in try unsafe Self.receive(into: bytes, from: number) }
        }
        return try outcome.get()
    }

    /// Takes what has arrived, at most as many bytes as the array has now; they are its first ones.
    package static func receive(
        into buffer: inout [UInt8],
        from socket: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        let number = socket.number
        let outcome = unsafe buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(LinuxError) in try unsafe Self.receive(into: bytes, from: number) }
        }
        return try outcome.get()
    }

    /// As ``send(_:to:)`` without any of its comfort, for a loop that does nothing else: the bytes taken, or the negative
    /// `errno`.
    @unsafe
    package static func send(_ bytes: UnsafeRawPointer, count: Int, number: CInt) -> Int {
        let result = unsafe linux_send(number, bytes, count)
        return result >= 0 ? result : -Int(linux_errno())
    }

    /// As ``receive(into:from:)``, likewise; 0 is the end of the stream.
    @unsafe
    package static func receive(_ bytes: UnsafeMutableRawPointer, count: Int, number: CInt) -> Int {
        let result = unsafe linux_receive(number, bytes, count)
        return result >= 0 ? result : -Int(linux_errno())
    }
}
