internal import CLinux
internal import Glibc

/// Two ends of a pipe, closed on exec (pipe(2)).
package struct Pipe: ~Copyable, Sendable {
    package let read: OwnedDescriptor
    package let write: OwnedDescriptor

    private init(read: consuming OwnedDescriptor, write: consuming OwnedDescriptor) {
        self.read = read
        self.write = write
    }

    package static func make() throws(LinuxError) -> Pipe {
        var ends: [CInt] = [-1, -1]
        try LinuxError.check(unsafe linux_pipe(&ends), "pipe2")
        return Pipe(read: OwnedDescriptor(takingOwnership: ends[0]), write: OwnedDescriptor(takingOwnership: ends[1]))
    }

    /// Keeps one end and closes the other.
    package consuming func keepReading() -> OwnedDescriptor { self.read }

    /// Puts bytes in, as many as it holds at once.
    borrowing func fill(_ bytes: [UInt8]) throws(LinuxError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(self.write.number, $0.baseAddress, $0.count) }
            if count < 0 {
                let error = LinuxError.last("write")
                guard error.code == EINTR else { throw error }
            } else {
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Takes what is there, at most as many bytes as the array has now; they are its first ones.
    package static func read(
        into buffer: inout [UInt8],
        from pipe: borrowing OwnedDescriptor
    ) throws(LinuxError) -> TransferOutcome {
        while true {
            let count = unsafe Glibc.read(pipe.number, &buffer, buffer.count)
            if count > 0 { return .transferred(count) }
            guard count < 0 else { return .endOfStream }
            let error = LinuxError.last("read")
            switch error.code {
            case EAGAIN: return .wouldBlock
            case EINTR: continue
            default: throw error
            }
        }
    }
}

extension Pipe {
    /// What is there now, as text.
    package static func readAvailable(from pipe: borrowing OwnedDescriptor) throws(LinuxError) -> String {
        try TCPSocket.setNonBlocking(pipe)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 1 << 20, case .transferred(let count) = try Self.read(into: &chunk, from: pipe) {
            bytes += chunk.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The file that is always empty.
package enum NullDevice {
    package static func open() throws(LinuxError) -> OwnedDescriptor {
        OwnedDescriptor(takingOwnership: try LinuxError.check(linux_open_null(), "open"))
    }
}
