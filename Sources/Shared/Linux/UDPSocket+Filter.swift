internal import CLinux

extension UDPSocket {
    /// The senders whose packets a socket takes.
    package struct Admission: Hashable, Sendable {
        package let host: InternetAddress.Host
        /// Nil: any of the host's.
        package let port: UInt16?

        package init(_ host: InternetAddress.Host, port: UInt16? = nil) {
            self.host = host
            self.port = port
        }
    }

    /// Has the kernel drop the packets of all others as they come, so that they take no room from what has not been read.
    /// What came before stays. It is the socket's, whoever holds it, until it is changed; nil lets everybody in again.
    package static func admit(_ wanted: Admission?, to socket: borrowing OwnedDescriptor) throws(LinuxError) {
        guard let wanted else {
            try LinuxError.check(linux_admit_all(socket.number), "setsockopt")
            return
        }
        let bytes = wanted.host.bytes
        let port = wanted.port.map(CInt.init) ?? -1
        let result = unsafe linux_admit_only(socket.number, bytes, CInt(bytes.count), port)
        try LinuxError.check(result, "setsockopt")
    }

    /// Packets that the kernel dropped at the socket since it was made, by ``admit(_:to:)`` or because nobody read what
    /// was there; the number wraps. Nil where the kernel does not tell.
    package static func dropped(at socket: borrowing OwnedDescriptor) -> UInt32? {
        var dropped: UInt32 = 0
        return unsafe linux_dropped(socket.number, &dropped) == 0 ? nil : dropped
    }
}

extension InternetAddress.Host {
    /// As on the wire.
    fileprivate var bytes: [UInt8] {
        func parts<Word: FixedWidthInteger>(of word: Word) -> [UInt8] {
            stride(from: Word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        return switch self {
        case .v4(let bits): parts(of: bits)
        case .v6(let high, let low, _): parts(of: high) + parts(of: low)
        }
    }
}
