internal import CLinux
internal import Glibc

/// What is true of a socket whoever has a descriptor of it, and stays so when somebody else gets one.
extension UDPSocket {
    /// Nothing can be sent by the socket any more, to nobody and for ever. It is not connected, which the kernel says as an
    /// error after it has done it (udp(7) knows no such call; that every send then fails with EPIPE is held by a test).
    package static func endSending(_ socket: borrowing OwnedDescriptor) {
        _ = Glibc.shutdown(socket.number, CInt(SHUT_WR))
    }

    /// Takes away what somebody who had the socket may have left on it to keep packets from the next.
    ///
    /// - Parameters:
    ///   - socket: What is to be handed on.
    ///   - receiveBuffer: Bytes that the kernel may keep unread.
    /// - Returns: Whether it can be used; one whose filter is locked never can again.
    package static func clean(_ socket: borrowing OwnedDescriptor, receiveBuffer: Int) -> Bool {
        guard linux_filter_is_locked(socket.number) == 0 else { return false }
        do throws(LinuxError) {
            try Self.admit(nil, to: socket)
            try Self.setReceiveBuffer(socket, bytes: receiveBuffer)
            // That is the open file's, and so is shared by all who have a descriptor.
            try TCPSocket.setNonBlocking(socket)
            return true
        } catch {
            return false
        }
    }
}
