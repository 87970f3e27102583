internal import CLinux

/// Stream sockets with a path (unix(7)), which the kernel tells both ends of each other's user by. A path may be as long as
/// that of any file.
extension UnixSocket {
    /// The process at the other end of a connection, as of the moment when it was opened.
    package struct Peer: Hashable, Sendable {
        /// 0 where it cannot be seen from here, as from another container.
        package let process: Int32
        package let user: UInt32

        package init(process: Int32, user: UInt32) {
            self.process = process
            self.user = user
        }
    }

    /// Makes the socket's file and listens there; it must not be there. Only its owner may connect unless `mode` says
    /// otherwise.
    package static func listen(at path: String, mode: UInt32 = 0o600) throws(LinuxError) -> OwnedDescriptor {
        OwnedDescriptor(takingOwnership: try LinuxError.check(unsafe linux_local_socket(path, 1, mode), "bind"))
    }

    /// A connection to who listens there.
    package static func connect(to path: String) throws(LinuxError) -> OwnedDescriptor {
        OwnedDescriptor(takingOwnership: try LinuxError.check(unsafe linux_local_socket(path, 0, 0), "connect"))
    }

    /// The next connection that waits at a socket that listens; nil where there is none now.
    package static func accept(on listener: HeldDescriptor) throws(LinuxError) -> OwnedDescriptor? {
        while true {
            let number = listener.withNumber { linux_accept($0, nil, nil) }
            if number >= 0 { return OwnedDescriptor(takingOwnership: number) }
            let error = LinuxError.last("accept4")
            switch error.code {
            case EAGAIN: return nil
            case EINTR, ECONNABORTED: continue
            default: throw error
            }
        }
    }

    package static func peer(of socket: borrowing OwnedDescriptor) throws(LinuxError) -> Peer {
        var process: Int32 = 0
        var user: UInt32 = 0
        try LinuxError.check(unsafe linux_local_peer(socket.number, &process, &user), "getsockopt")
        return Peer(process: process, user: user)
    }
}
