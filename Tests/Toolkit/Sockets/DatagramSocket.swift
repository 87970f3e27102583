import Glibc

/// A UDP socket on which a test says what it likes.
package final class DatagramSocket: Sendable {
    private let number: CInt
    private let address: LineAddress

    /// - Parameter port: of 127.0.0.1, where everything goes.
    /// - Throws: ``SocketError`` where there is none to be had.
    package init(to port: UInt16) throws(SocketError) {
        self.number = socket(AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard self.number >= 0 else { throw SocketError(call: "socket", code: errno) }
        self.address = try LineAddress("127.0.0.1:\(port)")
    }

    deinit {
        close(self.number)
    }

    /// Sends one datagram. Nobody need listen: an earlier one's echo of that is passed over.
    package func send(_ bytes: [UInt8]) {
        _ = unsafe self.address.with { unsafe sendto(self.number, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, $1) }
    }
}
