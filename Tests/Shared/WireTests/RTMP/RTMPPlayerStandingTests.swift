import NIOCore
import Testing
import Toolkit
import Wire

/// A player's session that another process goes on with.
@Suite struct RTMPPlayerStandingTests {
    private static func command(_ name: String, _ transaction: Double, _ arguments: [AMFValue]) -> RTMPCommand {
        var command = RTMPCommand(name, transaction: transaction)
        command.arguments = arguments
        return command
    }

    /// A session that plays.
    private static func playing() throws -> RTMPServerSession {
        var talk = ByteBuffer(bytes: [3]) + ByteBuffer(repeating: 0, count: 2 * 1536)
        let encoder = RTMPChunkEncoder()
        for command in [
            Self.command("connect", 1, [["app": "live", "tcUrl": "rtmp://host/live"]]),
            Self.command("createStream", 2, [nil]), Self.command("play", 3, [nil, "main?token=secret"]),
        ] {
            encoder.write(command.message(), into: &talk)
        }
        var server = RTMPWillingServer()
        try server.receive(talk)
        return server.session
    }

    /// What players say while they play: control messages, chunks of two sizes, headers of all types, media that nobody wants,
    /// a command that is cut by a ping, and the end.
    private static func talk() -> ByteBuffer {
        var bytes = ByteBuffer()
        var encoder = RTMPChunkEncoder()
        encoder.write(RTMPControl.setBufferLength(streamID: 1, milliseconds: 3000).message, into: &bytes)
        encoder.write(RTMPControl.windowAcknowledgementSize(150).message, into: &bytes)
        encoder.write(RTMPControl.acknowledgement(70_000).message, into: &bytes)
        encoder.write(Self.command("pause", 0, [nil, true, 40]).message(streamID: 1), into: &bytes)
        encoder.write(RTMPControl.setChunkSize(20).message, into: &bytes)
        encoder.chunkSize = 20
        encoder.write(Self.command("seek", 0, [nil, 0]).message(streamID: 1), into: &bytes)
        let sound = FLVTag(kind: .audio, timestamp: 40, body: ByteBuffer(repeating: 7, count: 90))
        encoder.write(sound, into: &bytes)
        encoder.write(Self.command("pause", 0, [nil, false, 40]).message(streamID: 1), into: &bytes)
        // Of types 1, 2 and 3: pings on a chunk stream that began with a whole header.
        bytes.writeImmutableBuffer(hex("07 000000 000006 04 00000000 0006 00000001"))
        bytes.writeImmutableBuffer(hex("47 000000 000006 04 0006 00000002") + hex("87 000000 0006 00000003"))
        bytes.writeImmutableBuffer(hex("C7 0006 00000004"))
        // Half of a message, a ping, and the rest.
        bytes.writeImmutableBuffer(hex("08 000000 000020 06") + hex("00000000") + ByteBuffer(repeating: 0, count: 20))
        bytes.writeImmutableBuffer(hex("C7 0006 00000005") + hex("C8") + ByteBuffer(repeating: 0, count: 12))
        encoder.write(Self.command("deleteStream", 0, [nil, 1]).message(), into: &bytes)
        return bytes
    }

    private static func resumed(_ bytes: ByteBuffer) -> RTMPServerSession? {
        RTMPServerSession(player: bytes, configuration: RTMPSessionConfiguration(), nonce: 2)
    }

    @Test func goesOnBehindEveryByte() throws {
        let talk = Self.talk()
        let begun = try Self.playing()
        var whole = begun
        let story = try whole.receive(talk)
        #expect(story.contains(.pause(true)) && story.contains(.pause(false)) && story.contains(.close))
        for end in 0..<talk.readableBytes {
            let said = try #require(talk.getSlice(at: 0, length: end))
            let rest = try #require(talk.getSlice(at: end, length: talk.readableBytes - end))
            var first = begun
            let before = try first.receive(said)
            // Behind the command that ends it nobody plays.
            guard !before.contains(.stopped) else { continue }
            let standing = try #require(first.player, "behind \(end)")
            var second = try #require(Self.resumed(standing), "behind \(end)")
            let (heard, expected) = (try second.receive(rest), try first.receive(rest))
            #expect(heard == expected, "behind \(end)")
        }
    }

    @Test func saysNothingOfWhatItWasLetInBy() throws {
        let session = try Self.playing()
        let standing = try #require(session.player)
        #expect(standing.readableBytes < 200)
        #expect(!String(decoding: standing.readableBytesView, as: UTF8.self).contains("secret"))
    }

    @Test func aLongMessageIsWrittenAsFarAsItHasCome() throws {
        var session = try Self.playing()
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(
            RTMPMessage(type: .commandAMF0, payload: ByteBuffer(repeating: 0, count: 65_536)),
            into: &bytes
        )
        let most = bytes.readSlice(length: 60_000)
        _ = try session.receive(try #require(most))
        // Whoever has less room than that does without.
        #expect(session.player?.readableBytes ?? .max > 50_000)
        var publisher = try RTMPPeer.connected().server
        #expect(publisher.player == nil)
        _ = try publisher.receive(ByteBuffer())
        #expect(publisher.player == nil)
    }

    @Test func whatAnybodyMayHaveWrittenHarmsNobody() throws {
        let talk = Self.talk()
        var session = try Self.playing()
        _ = try session.receive(try #require(talk.getSlice(at: 0, length: 230)))
        let written = try #require(session.player)
        var dice = SeededGenerator(seed: 3)
        var survivors = 0
        for _ in 0..<5000 {
            var bytes = written
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                let value: UInt8 = Bool.random(using: &dice) ? .random(in: 0...255, using: &dice) : 255
                bytes.setInteger(value, at: Int.random(in: 0..<bytes.readableBytes, using: &dice))
            }
            guard var other = Self.resumed(bytes) else { continue }
            survivors += 1
            _ = try? other.receive(talk)
            _ = other.player
        }
        #expect(survivors > 100 && survivors < 5000, "\(survivors)")
        for length in 0..<written.readableBytes {
            let short = try #require(written.getSlice(at: 0, length: length))
            #expect(Self.resumed(short) == nil)
        }
    }
}
