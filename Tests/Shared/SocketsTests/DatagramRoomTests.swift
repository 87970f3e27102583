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
    @Test func largeDatagramsAreTakenWhole() async throws {
        let lengths = [1316, 40_000, 65_507] + Array(repeating: 1, count: 100) + [65_507]
        #expect(try await Self.taken(lengths) == lengths)
    }

    @Test func afterManySmallOnesNoMoreThanOneIsCut() async throws {
        let small = Array(repeating: 1316, count: 100) + [2047]
        var got = try await Self.taken(small + [40_000, 65_507, 1, 9000])
        // At what length depends on the memory that is at hand.
        #expect((2048...40_000).contains(got.remove(at: small.count)))
        #expect(got == small + [65_507, 1, 9000])
    }

    /// Lengths that arrive of datagrams that are sent one after the other.
    private static func taken(_ sent: [Int]) async throws -> [Int] {
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
        for length in sent {
            let envelope = AddressedEnvelope(
                remoteAddress: address,
                data: ByteBuffer(repeating: 0x47, count: length)
            )
            try await sender.writeAndFlush(envelope).get()
            got.append(try #require(await all.next()))
        }
        try await sender.close().get()
        try await receiver.close().get()
        return got
    }
}
