import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

/// Media that cannot be written in some format is left out there, whoever watches, and neither its own stream nor another
/// one ends for it.
@Suite("Media errors with viewers", .timeLimit(.minutes(2)))
struct MediaErrorTests {
    /// Asks for every format of a stream, so that each is muxed from here on; viewers of those that go on are returned.
    private static func watch(_ relay: RelayProcess, _ stream: String) async throws -> [TestViewer] {
        let viewers = [
            try TestViewer.rtmp(relay, stream), try TestViewer.flv(relay, stream), try TestViewer.ts(relay, stream),
            try TestViewer.mp4(relay, stream),
        ]
        for ending in [".m3u8", ".ts.m3u8"] {
            _ = try? await HTTP.request(relay.stream(stream, ending), deadline: .seconds(1))
        }
        return viewers
    }

    @Test("A block of AAC of one byte", arguments: [[0x21], [], [0xFF], [0]])
    func aac(_ block: [UInt8]) async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let bystander = try await Bystander(relay)
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(material.whole(marked: 0))
        let viewers = try await Self.watch(relay, "main")
        for round in 1...3 {
            try publisher.send(material.frames(marked: round, round: round))
            let time = UInt32(round + 1) * Material.length - 1
            try publisher.send([FLVTag(kind: .audio, timestamp: time, body: ByteBuffer(bytes: [0xAF, 1] + block))])
        }
        try publisher.send(material.frames(marked: 4, round: 4))
        for viewer in viewers.prefix(3) { try await viewer.wait(for: 4) }
        for viewer in viewers {
            #expect(!viewer.seen.state.isCut && viewer.seen.state.trouble == nil, "\(viewer.name)")
        }
        try await bystander.goesOn("beside bad AAC")
    }

    @Test("A packet of Opus of one byte")
    func opus() async throws {
        let relay = try await RelayProcess.start()
        let bystander = try await Bystander(relay)
        let publisher = try await TestPublisher.onAir(relay)
        let name = Array("Opus".utf8)
        let head = FLVTag(
            kind: .audio,
            timestamp: 0,
            body: ByteBuffer(
                bytes: [0x90] + name + Array("OpusHead".utf8) + [1, 2, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0]
            )
        )
        func frames(_ numbers: Range<UInt32>) -> [FLVTag] {
            numbers.map { number in
                let packet: [UInt8] = number % 5 == 4 ? [0xFF] : [0xFC, 0xFF, 0xFE]
                return FLVTag(kind: .audio, timestamp: 20 * number, body: ByteBuffer(bytes: [0x91] + name + packet))
            }
        }
        try publisher.send([head] + frames(0..<50))
        let viewers = try await Self.watch(relay, "main")
        try publisher.send(frames(50..<300))
        try await viewers[2].seen.wait(for: "a viewer of TS to be sent the sound that is good") { state in
            state.blocks >= 150 || state.isCut
        }
        for viewer in viewers {
            #expect(!viewer.seen.state.isCut && viewer.seen.state.trouble == nil, "\(viewer.name)")
        }
        try await bystander.goesOn("beside bad Opus")
    }

    @Test("A packet of RTP of one byte, pushed as MPEG-TS")
    func datagrams() async throws {
        let ports = try FreePorts.take(4)
        let description = [
            "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio \(ports[0]) RTP/AVP 96",
            "a=rtpmap:96 opus/48000/2", "",
        ].joined(separator: "\\n")
        var configuration = RelayConfiguration()
        configuration.more = [
            "streams:", "  bystander: {}",
            "  ip: { rtp: { sdp: \"\(description)\" }, push: { wall: { to: \"udp://127.0.0.1:\(ports[2])\" } } }",
        ]
        let relay = try await RelayProcess.start(configuration)
        let bystander = try await Bystander(relay)
        let sender = try DatagramSocket(to: ports[0])
        func send(_ numbers: Range<UInt16>, _ payload: [UInt8]) {
            for number in numbers {
                var packet = ByteBuffer(integer: UInt16(0x8060))
                packet.writeInteger(number)
                packet.writeInteger(UInt32(number) * 960)
                packet.writeInteger(UInt32(7))
                sender.send(Array(packet.readableBytesView) + payload)
            }
        }
        send(0..<20, [0xFF])
        let viewers = try await Self.watch(relay, "ip")
        send(20..<120, [0xFC, 0xFF, 0xFE])
        try await viewers[2].seen.wait(for: "a viewer to be sent the sound that is good") { $0.blocks > 10 || $0.isCut }
        #expect(!viewers[2].seen.state.isCut)
        try await bystander.goesOn("beside bad RTP")
    }
}
