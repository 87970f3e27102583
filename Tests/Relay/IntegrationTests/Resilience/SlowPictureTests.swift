import Foundation
import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

/// A keyframe that takes longer to arrive than its source may be silent.
@Suite("Pictures that arrive slowly", .timeLimit(.minutes(2)))
struct SlowPictureTests {
    private static let chunkSize = 4096

    private static func relay() async throws -> RelayProcess {
        var configuration = RelayConfiguration()
        configuration.sourceTimeout = "2s"
        configuration.stall = "2s"
        return try await RelayProcess.start(configuration)
    }

    /// A keyframe made large by filler data (ITU-T H.264 section 7.3.2.7), and what follows it.
    private static func pictures(_ material: Material, marked number: Int) throws -> (large: FLVTag, rest: [FLVTag]) {
        let tags = material.frames(marked: number, round: 1)
        var large = try #require(tags.first { $0.kind == .video })
        let filler = 600_000
        large.body.writeInteger(UInt32(filler + 2))
        large.body.writeInteger(0x0C as UInt8)
        large.body.writeRepeatingByte(0xFF, count: filler)
        large.body.writeInteger(0x80 as UInt8)
        let rest = tags.filter { $0.kind == .video }.dropFirst()
        return (large, Array(rest))
    }

    /// A message's bytes in that many pieces, each of whole chunks.
    private static func pieces(_ tag: FLVTag, _ count: Int) -> [[UInt8]] {
        var bytes = ByteBuffer()
        RTMPChunkEncoder(chunkSize: Self.chunkSize).write(tag, into: &bytes)
        // The first chunk has the message's header, of 12 bytes, and each of the others one of a byte.
        let chunks = (tag.body.readableBytes + Self.chunkSize - 1) / Self.chunkSize
        let perPiece = max(1, (chunks + count - 1) / count)
        var pieces: [[UInt8]] = []
        var size = perPiece * (Self.chunkSize + 1) + 11
        while bytes.readableBytes > 0 {
            pieces.append(bytes.readBytes(length: min(size, bytes.readableBytes)) ?? [])
            size = perPiece * (Self.chunkSize + 1)
        }
        return pieces
    }

    private static func bytes(_ message: RTMPMessage) -> [UInt8] {
        var bytes = ByteBuffer()
        RTMPChunkEncoder(chunkSize: Self.chunkSize).write(message, into: &bytes)
        return Array(bytes.readableBytesView)
    }

    @Test("A keyframe that comes over five seconds costs nobody the stream", arguments: [false, true])
    func slow(withSound: Bool) async throws {
        let material = try await Material.usual()
        let relay = try await Self.relay()
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay)]
        let publisher = try await TestPublisher.onAir(relay, chunkSize: Self.chunkSize)
        try publisher.send(material.whole(marked: 1))
        for viewer in viewers { try await viewer.wait(for: 1) }

        let (large, rest) = try Self.pictures(material, marked: 2)
        var sound = material.frames(marked: 2, round: 1).filter { $0.kind == .audio }[...]
        var answers: [StreamHealthAnswer] = []
        for piece in Self.pieces(large, 25) {
            try publisher.send(piece)
            if withSound, let frame = sound.popFirst() { try publisher.send([frame]) }
            try await Task.sleep(for: .milliseconds(200))
            answers.append(try await relay.health())
        }
        #expect(answers.count >= 20)
        for answer in answers {
            #expect(["starting", "live"].contains(answer.state), "\(answer)")
            #expect(!answer.sentence.contains("silent"), "\(answer)")
        }
        #expect(withSound || answers.contains { $0.sentence.contains("The next picture is still arriving") })
        try publisher.send(rest)
        for viewer in viewers {
            try await viewer.wait(for: 2)
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil && state.regressions.isEmpty, "\(viewer.name): \(state)")
            #expect(state.marks == [1, 2] && state.bytes > 600_000, "\(viewer.name): \(state)")
        }
        #expect(!publisher.seen.state.isClosed)
        #expect(!relay.log.contains("source silent"))
        #expect(!(try await relay.health().sentence.contains("arriving")))
    }

    @Test("What keeps a connection open beside half a picture is silence")
    func control() async throws {
        let material = try await Material.usual()
        let relay = try await Self.relay()
        let viewer = try TestViewer.flv(relay)
        let publisher = try await TestPublisher.onAir(relay, chunkSize: Self.chunkSize)
        try publisher.send(material.whole(marked: 1))
        try await viewer.wait(for: 1)
        let (large, _) = try Self.pictures(material, marked: 2)
        let pieces = Self.pieces(large, 2)
        try publisher.send(pieces[0])
        let acknowledgement = RTMPMessage(type: .acknowledgement, payload: ByteBuffer(bytes: [0, 0, 1, 0]))
        let ping = RTMPMessage(type: .userControl, payload: ByteBuffer(bytes: [0, 6, 0, 0, 0, 1]))
        var state = ""
        for _ in 0..<40 where state != "stale" {
            try publisher.send(Self.bytes(acknowledgement) + Self.bytes(ping))
            try await Task.sleep(for: .milliseconds(100))
            state = try await relay.health().state
        }
        #expect(state == "stale")
        try await relay.program.line(containing: "source silent")
        // The rest of it brings the stream back.
        for piece in pieces.dropFirst() { try publisher.send(piece) }
        try await viewer.wait(for: 2)
        #expect(!viewer.seen.state.isCut)
    }

    @Test("A declared source that sends null packets and tables alone is silent")
    func padding() async throws {
        let port = try FreePorts.take(2)[0]
        let relay = try await RelayProcess.quick { configuration in
            configuration.more = ["streams:", "  main: { rtp: { listen: 127.0.0.1:\(port), format: mpegts } }"]
        }
        let path = try await Sample(.h264, .aac, seconds: 3, container: "ts").path()
        var bytes = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: path)))
        let encoder = try DatagramSocket(to: port)
        var tables: [UInt8] = []
        while let packet = bytes.readBytes(length: 188) {
            encoder.send(packet)
            // PID 0 has the list of programmes; ffmpeg sends nothing else on low ones but the description of its service.
            if packet[1] & 0x1F == 0, packet[2] == 0 { tables = packet }
            try await Task.sleep(for: .milliseconds(1))
        }
        try await relay.health(isOneOf: ["starting", "live", "degraded"])
        let null = [0x47, 0x1F, 0xFF, 0x10] + [UInt8](repeating: 0xFF, count: 184)
        var state = ""
        for _ in 0..<100 where state != "stale" {
            encoder.send(null + tables + null)
            try await Task.sleep(for: .milliseconds(50))
            state = try await relay.health().state
        }
        #expect(state == "stale")
        for _ in 0..<20 {
            encoder.send(null + tables + null)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await relay.health().state == "stale")
        }
    }
}
