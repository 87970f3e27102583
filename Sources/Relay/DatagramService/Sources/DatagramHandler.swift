import Linux
import NIOCore
import Sockets

/// Hands the datagrams of one port to their source.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let source: DeclaredSource
    private let place: DeclaredSource.Place
    private var room: DatagramRoom
    /// What the kernel gave since reading began.
    private var datagrams: [DeclaredSource.Datagram] = []
    private var last: (address: SocketAddress, read: InternetAddress)?

    init(_ source: DeclaredSource, _ place: DeclaredSource.Place, _ room: DatagramRoom) {
        self.source = source
        self.place = place
        self.room = room
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        self.room.note(envelope.data, by: context.channel)
        guard let sender = self.address(envelope.remoteAddress) else { return }
        self.datagrams.append(DeclaredSource.Datagram(bytes: envelope.data, sender: sender))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.source.receive(self.datagrams, at: self.place)
        self.datagrams.removeAll(keepingCapacity: true)
    }

    /// An ICMP message that a report of ours did not arrive, and the like.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// Packets come by the thousand from the same sender.
    private func address(_ address: SocketAddress) -> InternetAddress? {
        if let last, last.address == address { return last.read }
        guard let text = address.ipAddress, let host = InternetAddress.Host(text), let port = address.port else {
            return nil
        }
        // A socket at [::] shows whoever comes by IPv4 as an address of IPv6.
        let read = InternetAddress(host.unmapped, port: UInt16(truncatingIfNeeded: port))
        self.last = (address, read)
        return read
    }
}
