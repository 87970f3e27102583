import Contract
import Linux
import NIOCore
import RelayServer
import Testing
import Toolkit

/// The relay's memory is full of streams that are on air: what asks for some and is not a connection is told so in the
/// log, and who watches already notices nothing.
@Suite(.ownThread) struct NoRoomTests {
    /// One stream that is watched, and others until there is room for no more.
    private final class FullRelay {
        let scene: RTSPScene
        private let source: RTSPScene.Client
        private let player: RTSPScene.Client
        private var others: [RTSPScene.Client] = []
        private var sent = 200
        private var received = ByteBuffer()

        private static let most = 40

        init(_ spec: RelaySpec) async throws {
            self.scene = try RTSPScene(spec)
            let address = try self.scene.address
            self.source = try await RTSPScene.publish(at: address, stream: "watched")
            self.player = try RTSPScene.Client(address, stream: "watched")
            #expect(try await self.player.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
            let way = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
            #expect(try await self.player.ask("SETUP", "/trackID=0", way).hasPrefix("RTSP/1.0 200"))
            #expect(try await self.player.ask("PLAY").hasPrefix("RTSP/1.0 200"))
        }

        static func spec(
            _ streams: [StreamSpec]? = nil,
            multicast: MulticastSpec? = nil
        ) throws -> RelaySpec {
            let names = ["watched"] + (0..<Self.most).map { "s\($0)" }
            let own = try streams ?? [StreamSpec(name: StreamName("main"))]
            return try RelaySpec(
                name: RelayName("live"),
                publishKey: Secret("key"),
                limits: LimitsSpec(streams: names.count + 1, memory: 32 << 20),
                multicast: multicast,
                streams: own + names.map { StreamSpec(name: try StreamName($0)) }
            )
        }

        /// Publishes until that is refused.
        func fill() async throws {
            while self.others.count < Self.most {
                let client = try RTSPScene.Client(self.scene.address, stream: "s\(self.others.count)")
                let session = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                let sound = session + "m=audio 0 RTP/AVP 0\r\na=control:x\r\n"
                let answers = [
                    try await client.ask("ANNOUNCE", "?key=key", ["Content-Type: application/sdp"], body: sound),
                    try await client.ask("SETUP", "/x", ["Transport: RTP/AVP/TCP;interleaved=0-1;mode=record"]),
                    try await client.ask("RECORD"),
                ]
                if answers.contains(where: { $0.hasPrefix("RTSP/1.0 503") }) { return }
                #expect(answers.allSatisfy { $0.hasPrefix("RTSP/1.0 200") }, "\(answers)")
                self.others.append(client)
            }
            Issue.record("there is room for \(self.others.count) streams")
        }

        /// Waits for a line of the log that has all these words.
        func says(_ words: String...) async throws {
            try await self.scene.lines.wait(for: words.joined(separator: ", ")) { lines in
                lines.contains { line in words.allSatisfy { line.contains($0) } }
            }
        }

        /// Who watches gets what is published, packet by packet.
        func expectPlaying() async throws {
            let numbers = self.sent..<self.sent + 50
            try await RTSPScene.send(numbers, to: self.source)
            self.sent = numbers.upperBound
            var sequence: [UInt16] = []
            // What is interleaved (RFC 2326 section 10.12); those of before are on tape from the join on.
            while sequence.count < numbers.count {
                self.received.writeBytes(try await self.player.socket.receive())
                while let length = self.received.getInteger(at: self.received.readerIndex + 2, as: UInt16.self),
                    var frame = self.received.readSlice(length: 4 + Int(length))
                {
                    let channel: UInt8? = frame.getInteger(at: frame.readerIndex + 1)
                    frame.moveReaderIndex(forwardBy: 6)
                    if channel == 0, let number = frame.readInteger(as: UInt16.self) { sequence.append(number) }
                }
            }
            #expect(zip(sequence, sequence.dropFirst()).allSatisfy { $1 == $0 &+ 1 }, "\(sequence)")
        }
    }

    @Test func aDeclaredSourceIsRefusedInTheLogAndInHealth() async throws {
        let port = try FreePorts.take(2)[0]
        let description = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
        let media = MediaPorts(rtp: try ListenAddress("127.0.0.1:\(port)"), rtcp: nil)
        let camera = try StreamSpec(
            name: StreamName("camera"),
            source: .rtp(RTPSourceSpec(description: description, media: [media]))
        )
        let relay = try await FullRelay(FullRelay.spec([camera]))
        try await relay.expectPlaying()
        try await relay.fill()
        let socket = try DatagramSocket(to: port)
        for number in 0..<50 {
            socket.send(
                [0x80, 0, 0, UInt8(number)] + [0, 0, UInt8(number), 0, 1, 2, 3, 4] + [UInt8](repeating: 255, count: 160)
            )
        }
        try await relay.says("publisher refused", "camera", "limits.memory (32MiB)")
        let streams = relay.scene.server.snapshot(now: relay.scene.clock.read()).streams
        #expect(streams.first { $0.path.stream.rawValue == "camera" }?.refusal?.reason == .noMemory)
        try await relay.expectPlaying()
        await relay.scene.server.drain()
    }

    @Test func aDestinationIsNotSentToAndTheLogSaysWhy() async throws {
        let relay = try await FullRelay(FullRelay.spec())
        let publisher = try await RTSPScene.publish(at: relay.scene.address)
        try await relay.expectPlaying()
        try await relay.fill()
        let push = try PushSpec(
            name: DestinationName("box"),
            to: PushDestination("rtp://127.0.0.1:\(FreePorts.take(2)[0])")
        )
        let main = try StreamSpec(name: StreamName("main"), push: [push])
        #expect(try relay.scene.server.apply(FullRelay.spec([main])).isEmpty)
        try await relay.says("a destination cannot be sent to", "main", "box", "limits.memory (32MiB)")
        try await relay.expectPlaying()
        withExtendedLifetime(publisher) {}
        await relay.scene.server.drain()
    }

    @Test func whoWantsAMulticastGroupIsToldWhy() async throws {
        let ports = try FreePorts.take(4)
        let multicast = try MulticastSpec(
            groups: GroupRange("239.255.42.128/28"),
            ports: PortRange(first: ports[0], last: ports[3]),
            ttl: 0,
            interface: InterfaceSpec("127.0.0.1")
        )
        let relay = try await FullRelay(FullRelay.spec(multicast: multicast))
        let address = try relay.scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let player = try RTSPScene.Client(address)
        #expect(try await player.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
        #expect(try await player.ask("SETUP", "/trackID=0", ["Transport: RTP/AVP;multicast"]).hasPrefix("RTSP/1.0 200"))
        try await relay.expectPlaying()
        try await relay.fill()
        let answer = try await player.ask("PLAY")
        #expect(answer.hasPrefix("RTSP/1.0 453"), "\(answer)")
        try await relay.says("player refused", "limits.memory (32MiB)")
        try await relay.expectPlaying()
        withExtendedLifetime(publisher) {}
        await relay.scene.server.drain()
    }
}
