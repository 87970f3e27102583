internal import Linux

/// Two UDP ports that follow each other, the first of them even, as RTP and its reports have them (RFC 3550 section 11).
final class DatagramPair {
    let media: OwnedDescriptor
    /// Nobody reads what comes here, but it must not be told that nobody is there.
    private let reports: OwnedDescriptor
    /// Of the media.
    let port: UInt16

    /// Pairs of which one port was taken before it is given up.
    private static let tries = 64
    /// Bytes that may wait: pictures that decoders can start at come all at once.
    static let room = 1 << 20

    init(isIPv6: Bool) throws(LinuxError) {
        let host = isIPv6 ? InternetAddress.Host.anyV6 : .anyV4
        var left = Self.tries
        while true {
            left -= 1
            let media = try UDPSocket.bind(to: InternetAddress(host, port: 0))
            let port = try UDPSocket.localAddress(of: media).port
            do throws(LinuxError) {
                guard port.isMultiple(of: 2) else { throw LinuxError.portTaken }
                self.reports = try UDPSocket.bind(to: InternetAddress(host, port: port + 1))
                self.media = media
                self.port = port
                break
            } catch {
                guard left > 0, error.isAddressInUse else { throw error }
            }
        }
        try UDPSocket.joinSegments(self.media)
        try UDPSocket.setReceiveBuffer(self.media, bytes: Self.room)
    }
}
