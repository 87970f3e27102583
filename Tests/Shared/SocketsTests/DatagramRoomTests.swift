import NIOCore
import NIOPosix
import Sockets
import Testing

@Suite struct DatagramRoomTests {
    private final class Lengths: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private var room: DatagramRoom
        private let lengths: AsyncStream<Int>.Continuation

        init(_ room: DatagramRoom, _ lengths: AsyncStream<Int>.Continuation) {
            self.room = room
            self.lengths = lengths
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let datagram = self.unwrapInboundIn(data).data
            self.room.note(datagram, by: context.channel)
            self.lengths.yield(datagram.readableBytes)
        }
    }

    /// ffmpeg sends `udp://…?pkt_size=40000` to a relay on the same machine.
    @Test func largeDatagramsAreTakenWholeAfterTheFirst() async throws {
        let (lengths, continuation) = AsyncStream.makeStream(of: Int.self)
        let room = DatagramRoom(usual: 2048)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let receiver = try await room.apply(to: DatagramBootstrap(group: loop))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Lengths(room, continuation))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let sender = try await DatagramBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(receiver.localAddress)
        var got: [Int] = []
        var all = lengths.makeAsyncIterator()
        for length in [1316, 2047, 40_000, 65_507, 1, 9000, 65_507] {
            let envelope = AddressedEnvelope(
                remoteAddress: address,
                data: ByteBuffer(repeating: 0x47, count: length)
            )
            try await sender.writeAndFlush(envelope).get()
            got.append(try #require(await all.next()))
        }
        #expect(got == [1316, 2047, 2048, 65_507, 1, 9000, 65_507])
        try await sender.close().get()
        try await receiver.close().get()
    }
}
